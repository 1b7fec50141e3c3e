"""Gradio, imported without what it does for editors. Our pages take it from here.

At each import it describes every component in a type stub beside its source: two fifths of the time.
"""

import inspect

from arena.settings import silence_gradio

_getfile = inspect.getfile


def _getfile_of_others(item: object) -> str:
    # Gradio leaves out the components whose source is in no file.
    if isinstance(item, type) and item.__module__.startswith("gradio."):
        raise OSError
    return _getfile(item)  # type: ignore[arg-type]


silence_gradio()
inspect.getfile = _getfile_of_others  # type: ignore[assignment]
try:
    import gradio as gr
finally:
    inspect.getfile = _getfile

__all__ = ["gr"]
