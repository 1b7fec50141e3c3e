"""The clock of the arena: every time that is stored comes from here."""

from datetime import UTC, datetime


def now() -> datetime:
    """Return the time, with its zone."""
    return datetime.now(UTC)
