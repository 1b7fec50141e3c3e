"""The masthead of the pages that Gradio serves: the arena's name and the menu."""

from arena.web.gradio_import import gr
from arena.web.rendering import render


def masthead(title: str, here: str) -> None:
    """Lay out the masthead of the page whose path is `here`."""
    gr.HTML(
        render("masthead.html", arena_title=title, here=here),
        js_on_load=None,
        apply_default_css=False,
        elem_id="masthead",
    )
