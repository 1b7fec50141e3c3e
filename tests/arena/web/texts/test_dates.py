from datetime import UTC, datetime

from arena.web.texts.dates import day, moment


def test_a_moment_is_told_to_the_minute_in_utc():
    at = datetime(2026, 11, 9, 7, 5, 59, tzinfo=UTC)
    assert day(at) == "9 November 2026"
    assert moment(at) == "9 November 2026, 07:05 UTC"
