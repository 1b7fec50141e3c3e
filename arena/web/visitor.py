"""Reads from a request which voter sends it, and which battle it is about."""

import re
from collections.abc import Mapping

from arena.db.states import Handle, VoterKey
from arena.errors import ArenaError, UnknownBattle
from arena.web.security import voter_key
from arena.web.texts import say

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


def handle_of(battle: object) -> Handle:
    """Return the handle in a request.

    Raises:
        UnknownBattle: the value cannot be a handle.
    """
    if not (isinstance(battle, str) and HANDLE.fullmatch(battle)):
        raise UnknownBattle(say("battle.no_battle"))
    return Handle(battle)
