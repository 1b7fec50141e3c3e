"""The pages. Only this folder imports gradio."""

import inspect

from arena.settings import silence_gradio


def _import_gradio() -> None:
    """Import it without what it does for editors.

    At each import it describes every component in a type stub beside its source: two fifths of the time. It leaves
    out those whose source is in no file.
    """

    def getfile_of_others(item: object) -> str:
        if isinstance(item, type) and item.__module__.startswith("gradio."):
            raise OSError
        return getfile(item)  # type: ignore[arg-type]

    getfile = inspect.getfile
    inspect.getfile = getfile_of_others  # type: ignore[assignment]
    try:
        import gradio  # noqa: F401
    finally:
        inspect.getfile = getfile


silence_gradio()
_import_gradio()
