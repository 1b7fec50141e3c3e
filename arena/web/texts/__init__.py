"""Every sentence that pages, charts and scripts show, in one file for each language. `en.toml` is the reference.

A second language is one more file. A test (`tests/guards/test_texts.py`) finds the keys that it lacks and the values
that do not exist. A sentence that changes with a number is a list of forms; `plural` at the top of the file is
gettext's rule for choosing one. The sentences of errors are not here but where they are raised (arena/errors.py).

`say` uses the language of the request; to answer in another language, do it inside `in_language`. Gradio's components
are made when the program starts, and keep the language of that moment.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path

from arena.web.texts.catalogue import Catalogue

FOLDER = Path(__file__).parent
DEFAULT = "en"

_current: ContextVar[Catalogue | None] = ContextVar("_current", default=None)


@cache
def catalogue(language: str = DEFAULT) -> Catalogue:
    """Return the catalogue of a language, from its file in this folder."""
    return Catalogue.read(FOLDER / f"{language}.toml")


def current_catalogue() -> Catalogue:
    """Return the catalogue of the language that is in use here."""
    return _current.get() or catalogue()


@contextmanager
def in_language(other: Catalogue) -> Iterator[None]:
    """Use another language inside a `with` block."""
    token = _current.set(other)
    try:
        yield
    finally:
        _current.reset(token)


def say(key: str, /, **values: object) -> str:
    """Return a sentence in the language in use, filled with values (`Catalogue.say`).

    Raises:
        KeyError: there is no such sentence, or a value is missing.
    """
    return current_catalogue().say(key, **values)


def word(section: str, value: str) -> str:
    """Return the word for a value of the data; a value without a word is returned as it is."""
    return current_catalogue().sentences.get(f"{section}.{value}", value)  # type: ignore[return-value]
