"""The pages. Only this folder imports gradio."""

from arena.settings import silence_gradio

silence_gradio()
