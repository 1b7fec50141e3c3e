"""The page that says how the arena works and what it keeps."""

from arena.web.masthead import masthead
from arena.web.quick_gradio import gr
from arena.web.rendering import render

TOPICS = ("battle", "vote", "ratings", "kept")


def about_page(*, title: str, published: bool) -> None:
    """Lay out the page in the current Blocks; `published` says that everybody may read conversations."""
    masthead(title, "/about")
    topics = (*TOPICS, "published") if published else TOPICS
    gr.HTML(render("about.html", topics=topics), js_on_load=None, apply_default_css=False)
