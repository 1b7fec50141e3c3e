"""Imports Gradio faster than a plain import does. All pages take `gr` from here.

At each import Gradio writes a type stub for editors beside the source of every component. That takes two fifths of the
import's time, so this module keeps Gradio from finding the sources.
"""

import inspect

from arena.settings import silence_gradio

_getfile = inspect.getfile


def _getfile_outside_gradio(item: object) -> str:
    # Gradio writes no stub for a component whose source is in no file.
    if isinstance(item, type) and item.__module__.startswith("gradio."):
        raise OSError
    return _getfile(item)  # type: ignore[arg-type]


silence_gradio()
inspect.getfile = _getfile_outside_gradio  # type: ignore[assignment]
try:
    import gradio as gr
finally:
    inspect.getfile = _getfile

__all__ = ["gr"]
