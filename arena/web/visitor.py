"""Reads from a request which voter sends it, from where, and which battle it is about."""

import re
from collections.abc import Mapping
from typing import Any, Protocol

from arena.db.states import Handle, VoterKey
from arena.errors import ArenaError, UnknownBattle
from arena.voters.admission import Visit
from arena.web.security import voter_key
from arena.web.texts import say


class HasClient(Protocol):
    """A request of Starlette, or of Gradio around one."""

    @property
    def client(self) -> Any:
        """The client's address with its port, or None where it is not known."""


HANDLE = re.compile(r"[A-Za-z0-9_-]{1,64}")


def voter_of(cookies: Mapping[str, str]) -> VoterKey:
    """Return the voter whose browser sent these cookies.

    Raises:
        ArenaError: the browser sent no cookie of ours.
    """
    voter = voter_key(cookies)
    if voter is None:
        raise ArenaError(say("battle.no_cookie"))
    return voter


def visit_of(request: HasClient) -> Visit:
    """Return from where a request comes: the client that the server names, which no header of a stranger changes."""
    return Visit(request.client.host if request.client else "")


def handle_of(battle: object) -> Handle:
    """Return the handle in a request.

    Raises:
        UnknownBattle: the value cannot be a handle.
    """
    if not (isinstance(battle, str) and HANDLE.fullmatch(battle)):
        raise UnknownBattle(say("battle.no_battle"))
    return Handle(battle)
