"""`arena moderation`: what was flagged, and a late check of what was left."""

from collections.abc import Callable

import pytest

from arena.clock import now
from arena.db.session import Database
from arena.db.tables import Flag


def test_flags_are_listed_and_what_was_left_is_checked(
    arena: Callable[..., int], database: Database, capsys: pytest.CaptureFixture[str]
):
    with database.writing() as session:
        session.add(Flag(at=now(), moderator="local", categories=["API key"]))
    assert arena("moderation", "list") == 0
    assert "refused prompt  1   local  API key" in capsys.readouterr().out
    assert arena("moderation", "recheck") == 0
    assert capsys.readouterr().out == "0 judged, 0 of them flagged.\n"
