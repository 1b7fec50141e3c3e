"""Permissions: what may be done with one battle, and the code that erases it."""

import secrets
from dataclasses import dataclass

from arena.db.consent_tables import Permission
from arena.db.session import Session
from arena.db.tables import Battle

# Without letters and digits that people take for each other (Crockford's base 32). 20 of them are 100 bits.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_CHARS, GROUP = 20, 5
MISTAKEN = str.maketrans("OIL", "011")

NOT_ALLOWED = "its voter did not allow its use"  # the stored reason why such a vote is excluded


@dataclass(frozen=True, slots=True)
class Choices:
    """What a voter allows: to run battles, to use their votes, to publish their prompts and the answers."""

    battle: bool
    vote: bool
    text: bool


def everything_allowed() -> Choices:
    """Return the choices of an arena that asks nobody."""
    return Choices(battle=True, vote=True, text=True)


def permit(session: Session, battle: Battle, choices: Choices, *, version: str) -> None:
    """Add the permission of a battle that was just added to the session."""
    session.flush()
    row = Permission(battle_id=battle.id, version=version, vote=choices.vote, text=choices.text, code=new_code())
    session.add(row)


def new_code() -> str:
    """Return a code that nobody can guess."""
    return "".join(secrets.choice(ALPHABET) for _ in range(CODE_CHARS))


def spaced(code: str) -> str:
    """Return a code as people read it, in groups."""
    return "-".join(code[start : start + GROUP] for start in range(0, len(code), GROUP))


def read_code(said: str) -> str:
    """Return the code that somebody typed: without what separates the groups, and with mistaken letters set right."""
    return "".join(letter for letter in said.upper().translate(MISTAKEN) if letter in ALPHABET)[: CODE_CHARS + 1]
