"""Days and moments in words. All times are UTC."""

from datetime import datetime

from arena.web.texts import say


def day(at: datetime) -> str:
    """Return a day, such as "29 November 2026"."""
    return say("dates.day", day=at.day, month=say(f"dates.months.{at.month}"), year=at.year)


def moment(at: datetime) -> str:
    """Return a day and a time to the minute."""
    return say("dates.moment", day=day(at), time=f"{at:%H:%M}")
