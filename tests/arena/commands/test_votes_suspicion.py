"""`arena votes suspects`, `detect`, `hold`, `release`, `confirm` and `replay`."""

import json
from collections.abc import Callable

import pytest

from arena.db.session import Database
from leaderboard import Verdict
from tests.arena.conftest import scripted
from tests.arena.recorded_votes import Ballot, record
from tests.arena.suspicion.crowd import fill

Arena = Callable[..., int]


def test_votes_are_found_listed_released_and_replayed(
    arena: Arena, database: Database, capsys: pytest.CaptureFixture[str]
):
    fill(database)
    assert arena("votes", "suspects") == 0
    assert "Nothing stands out" in capsys.readouterr().err
    assert arena("votes", "detect", "--dry-run") == 0
    assert "2 suspicions" in capsys.readouterr().out
    assert arena("votes", "detect") == 0
    told = capsys.readouterr().out
    assert "held: 40 votes of voter 41: the left side is chosen" in told
    assert "Votes left out or put back: 80." in told
    assert "share of wins over share of losses" in told
    assert arena("votes", "suspects", "--json") == 0
    rows = json.loads(capsys.readouterr().out)
    assert [(row["state"], row["votes"], row["left_out"]) for row in rows] == [("held", 40, 40)] * 2
    assert arena("votes", "release", str(rows[0]["id"]), "--reason", "knows no better") == 0
    assert "is released. Votes left out or put back: 40." in capsys.readouterr().out
    assert arena("votes", "confirm", str(rows[1]["id"]), "--reason", "a script") == 0
    capsys.readouterr()
    assert arena("votes", "suspects") == 0
    assert "Nothing stands out" in capsys.readouterr().err
    assert arena("votes", "suspects", "--all") == 0
    assert "knows no better" in capsys.readouterr().out
    assert arena("votes", "replay") == 0
    assert "2 suspicions, the same as on" in capsys.readouterr().out


def test_mistakes_are_told_in_a_sentence(arena: Arena, database: Database, capsys: pytest.CaptureFixture[str]):
    assert arena("votes", "release", "5", "--reason", "so") == 1
    assert "There is no suspicion 5." in capsys.readouterr().err
    assert arena("votes", "replay") == 0
    assert "have not looked yet" in capsys.readouterr().err
    assert arena("votes", "detect") == 0
    assert "0 votes are too few to judge" in capsys.readouterr().err


def test_marks_are_counted_and_the_board_can_do_without_marked_votes(
    arena: Arena, database: Database, enter: Callable[..., None], capsys: pytest.CaptureFixture[str]
):
    enter(scripted("one"), scripted("two"))
    record(database, Ballot("one", "two", Verdict.A, prompts=("Who are you?",)), Ballot("two", "one", Verdict.A))
    assert arena("votes", "marks", "--json") == 0
    assert json.loads(capsys.readouterr().out)["asks_for_names"] == 1
    assert arena("leaderboard", "--unmarked", "--json") == 0
    assert arena("leaderboard", "--unmarked", "--view", "elo") == 2
    assert "--unmarked is for the plain ratings" in capsys.readouterr().err
