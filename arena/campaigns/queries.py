"""Database queries of campaigns. Each takes a session and returns rows or plain values; none commits."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from arena.db.campaign_tables import StoredPromptSet


def prompt_set(session: Session, name: str, version: str) -> StoredPromptSet | None:
    """Return a version of a prompt set, or None."""
    return session.scalar(select(StoredPromptSet).filter_by(name=name, version=version))
