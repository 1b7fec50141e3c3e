"""Every sentence that pages, charts and scripts show, in one file a language: `en.toml` has them all.

A second language is one more file. A key that is missing from it, and a value that a sentence cannot have, is found by
a test (`tests/guards/test_texts.py`). What changes with a number is a list of forms; `plural` at the top of the file is
gettext's rule of which form goes with which number. Errors say themselves what went wrong (arena/errors.py).

`say` speaks the language of the request; whoever answers requests in another one does it inside `speaking`. Gradio's
own parts are made when the program starts, and keep the language of that moment.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path

from arena.web.texts.catalogue import Catalogue

FOLDER = Path(__file__).parent
DEFAULT = "en"

_spoken: ContextVar[Catalogue | None] = ContextVar("_spoken", default=None)


@cache
def catalogue(language: str = DEFAULT) -> Catalogue:
    """Return the sentences of a language that this folder has a file of."""
    return Catalogue.read(FOLDER / f"{language}.toml")


def spoken() -> Catalogue:
    """Return the catalogue of the language that is spoken here."""
    return _spoken.get() or catalogue()


@contextmanager
def speaking(other: Catalogue) -> Iterator[None]:
    """Speak another language for a while."""
    token = _spoken.set(other)
    try:
        yield
    finally:
        _spoken.reset(token)


def say(key: str, /, **values: object) -> str:
    """Return a sentence in the language that is spoken here, with its values (`Catalogue.say`).

    Raises:
        KeyError: there is no such sentence, or a value is missing.
    """
    return spoken().say(key, **values)


def word(section: str, value: str) -> str:
    """Return what a value of the data is called; one that the language has no word for is shown as it is."""
    return spoken().sentences.get(f"{section}.{value}", value)  # type: ignore[return-value]
