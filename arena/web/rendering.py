"""HTML from the files in `templates/`. Every value is escaped, and a missing value is an error rather than a gap."""

import json
import re
from collections.abc import Callable
from functools import cache
from typing import cast

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from arena.web.root import rooted_html
from arena.web.texts import current_catalogue, say, word
from arena.web.texts.dates import day, moment

# The menu of the masthead: each page's path, and its name in the section `pages` of the catalogue.
PAGES = {"/": "battle", "/leaderboard": "leaderboard", "/about": "about", "/privacy": "privacy"}


def render(template: str, /, **values: object) -> Markup:
    """Return a template filled with values."""
    return Markup(rooted_html(_environment().get_template(template).render(**values)))  # noqa: S704


def macro(template: str, name: str) -> Callable[..., Markup]:
    """Return a macro of a template: a function that gives HTML for its arguments, in the language of the call."""
    made = cast("Callable[..., Markup]", getattr(_environment().get_template(template).module, name))
    return lambda *args, **values: Markup(rooted_html(made(*args, **values)))  # noqa: S704


def with_code(sentence: str) -> Markup:
    """Return a sentence as HTML; what stands in backticks becomes code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(sentence))))  # noqa: S704


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("arena.web"),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        pages=PAGES, say=say, word=word, language=lambda: current_catalogue().language, script_words=_script_words
    )
    environment.filters.update(with_code=with_code, day=day, moment=moment)
    return environment


def _script_words() -> str:
    """Return the sentences of the pages' scripts as JSON."""
    catalogue = current_catalogue()
    return json.dumps(
        {key: catalogue.sentences[f"scripts.{key}"] for key in catalogue.keys("scripts")}, allow_nan=False
    )
