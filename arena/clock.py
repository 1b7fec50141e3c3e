"""The clock of the arena. Every stored time comes from here."""

from datetime import UTC, datetime


def now() -> datetime:
    """Return the current time in UTC, with its zone."""
    return datetime.now(UTC)
