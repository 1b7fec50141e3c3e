"""The top of every page: the arena's name and the way to the other pages."""

from html import escape

import gradio as gr

from arena.web import texts


def masthead(title: str, here: str) -> None:
    """Lay out the masthead of the page whose path is `here`."""
    links = "".join(
        f'<a href="{path}"{" aria-current=page" if path == here else ""}>{name}</a>'
        for path, name in texts.PAGES.items()
    )
    brand = f'<a class="brand" href="/">{escape(title)}</a>'
    gr.HTML(
        f'<div class="masthead">{brand}<nav aria-label="Pages">{links}</nav></div>',
        js_on_load=None,
        apply_default_css=False,
        elem_id="masthead",
    )
