"""Database queries of releases. Each takes a session and returns rows or plain values; none commits."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from arena.db.release_tables import HeldText, Release, ReleasedBattle


def newest_release(session: Session) -> Release | None:
    """Return the release that was made last."""
    return session.scalar(select(Release).order_by(Release.made_at.desc()).limit(1))


def release_named(session: Session, name: str) -> Release | None:
    """Return the release of this name."""
    return session.get(Release, name)


def all_releases(session: Session) -> Sequence[Release]:
    """Return all releases, the newest first."""
    return session.scalars(select(Release).order_by(Release.made_at.desc())).all()


def battles_of(session: Session, release: str) -> dict[int, bool]:
    """Return whether its texts were in a release, by the number of each battle in it."""
    query = select(ReleasedBattle.battle, ReleasedBattle.text).where(ReleasedBattle.release == release)
    return dict(session.execute(query).all())


def add_release(session: Session, row: Release, battles: Mapping[int, bool]) -> None:
    """Add a release with its battles."""
    session.add(row)
    session.flush()
    rows = [{"release": row.name, "battle": battle, "text": text} for battle, text in battles.items()]
    if rows:
        session.connection().execute(insert(ReleasedBattle), rows)


def held_texts(session: Session) -> set[int]:
    """Return the battles whose texts a person held back."""
    return set(session.scalars(select(HeldText.battle_id)))


def hold_texts(session: Session, battles: Iterable[int], *, by: str, at: datetime) -> None:
    """Hold back the texts of battles that exist and are not held back yet."""
    held = held_texts(session)
    session.add_all(HeldText(battle_id=battle, by=by, at=at) for battle in battles if battle not in held)
