"""Who acts, and from where: set once where a command or a page begins, read wherever an act is recorded."""

import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

UNSTATED = "the arena"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, and the command or page that they use."""

    who: str
    origin: str


_actor: ContextVar[Actor | None] = ContextVar("_actor", default=None)


@contextmanager
def acting(origin: str, *, who: str = "") -> Iterator[None]:
    """Record acts inside a `with` block as coming from `origin`; by default the account of this process did them."""
    token = _actor.set(Actor(who.strip() or account(), origin))
    try:
        yield
    finally:
        _actor.reset(token)


def current_actor() -> Actor:
    """Return who acts here."""
    return _actor.get() or Actor(account(), UNSTATED)


def account() -> str:
    """Return the name of the account that this process runs under, or its number where it has no name."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return f"uid {os.geteuid()}"
