"""The pages. Only this folder imports gradio."""
