"""What other programs show of a link to the arena: our name and a sentence, where Gradio would show its own.

Gradio's page names Gradio, its site and a picture at GitHub, and asks for a manifest at the root of the host, where
another application may live. So its template is read with other lines. (`head` comes too late: a script adds it.)
"""

import re
from collections.abc import Callable

import gradio.routes
from jinja2 import BaseLoader, Environment
from markupsafe import Markup

from arena.web.rendering import render

PAGE = "frontend/index.html"
GRADIOS = re.compile(r"""<meta\s+(?:property="og:|name="twitter:)[^>]*>|<link rel="manifest"[^>]*>""")


class _OurPreview(BaseLoader):
    def __init__(self, loader: BaseLoader) -> None:
        self._loader = loader

    def get_source(self, environment: Environment, template: str) -> tuple[str, str | None, Callable[[], bool] | None]:
        source, path, fresh = self._loader.get_source(environment, template)
        if template == PAGE:
            ours = render("preview.html", title=Markup("{{ config['title'] }}"))
            source = GRADIOS.sub("", source).replace("<head>", f"<head>{ours}", 1)
        return source, path, fresh


def show_our_preview() -> None:
    """Have Gradio's pages say what they are; does nothing the second time."""
    environment = gradio.routes.templates.env
    if environment.loader and not isinstance(environment.loader, _OurPreview):
        environment.loader = _OurPreview(environment.loader)
