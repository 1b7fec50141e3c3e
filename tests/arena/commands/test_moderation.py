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


def test_what_was_flagged_is_shown_and_decided_on(
    arena: Callable[..., int], database: Database, capsys: pytest.CaptureFixture[str]
):
    with database.writing() as session:
        session.add(Flag(at=now(), moderator="llama-guard", categories=["S10 hate"], text="Something\nhateful"))
        session.add(Flag(at=now(), moderator="local", categories=["API key"]))
    assert arena("moderation", "desk") == 0
    told = capsys.readouterr()
    assert "refused prompt: S10 hate" in told.out
    assert "  Something hateful\n" in told.out
    assert "(too private to keep)" in told.out
    assert told.err.startswith("2 wait for a decision")
    assert arena("moderation", "decide", "1", "2", "--dismiss", "--reason", "a test") == 0
    assert capsys.readouterr().out == "2 flags are decided: dismiss.\n"
    assert arena("moderation", "desk", "--all") == 0
    assert "dismiss: a test" in capsys.readouterr().out
    assert arena("moderation", "decide", "3", "--take-down", "--reason", "a test") == 1
    assert arena("moderation", "take-down", "7", "--reason", "a test") == 1
    assert "There is no battle 7." in capsys.readouterr().err
    assert arena("moderation", "desk", "--all", "--json") == 0
    assert '"text": "Something\\nhateful"' in capsys.readouterr().out
