"""The page that says how the arena works and what it keeps."""

import gradio as gr

from arena.web import texts
from arena.web.masthead import masthead


def about_page(*, title: str, published: bool) -> None:
    """Lay out the page in the current Blocks; `published` says that everybody may read conversations."""
    masthead(title, "/about")
    about = texts.ABOUT | ({texts.PUBLISHED: texts.ABOUT_PUBLISHED} if published else {})
    sections = "".join(f"<section><h2>{heading}</h2><p>{words}</p></section>" for heading, words in about.items())
    gr.HTML(
        f'<article class="about"><h1>{texts.PAGES["/about"]}</h1>{sections}</article>',
        js_on_load=None,
        apply_default_css=False,
    )
