"""The tables of releases: which battles each one held, and which texts a person held back."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from arena.db.table import Table


class Release(Table):
    """A release that was made. From `label` and the operator's key follow its random ids."""

    __tablename__ = "releases"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    made_at: Mapped[datetime]
    label: Mapped[str] = mapped_column(String(32))
    num_votes: Mapped[int]
    num_texts: Mapped[int]


class ReleasedBattle(Table):
    """A battle of a release, and whether its texts were in it; the next release's list of changes is made from these.

    `battle` is the battle's number. It is no foreign key, because the row has to outlast an erasure.
    """

    __tablename__ = "released_battles"

    release: Mapped[str] = mapped_column(ForeignKey("releases.name"), primary_key=True)
    battle: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    text: Mapped[bool]


class HeldText(Table):
    """A battle whose texts a person found private when reading a sample; no release holds them."""

    __tablename__ = "held_texts"

    battle_id: Mapped[int] = mapped_column(ForeignKey("battles.id"), primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    by: Mapped[str]
