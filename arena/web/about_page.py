"""The page that says how the arena works and what it keeps."""

from arena.web.gradio_import import gr
from arena.web.masthead import masthead
from arena.web.rendering import render

TOPICS = ("battle", "vote", "ratings", "kept")


def about_page(*, title: str, published: bool) -> None:
    """Lay out the page in the current Blocks; `published`: whether everybody may read past battles."""
    masthead(title, "/about")
    topics = (*TOPICS, "published") if published else TOPICS
    gr.HTML(render("about.html", topics=topics), js_on_load=None, apply_default_css=False)
