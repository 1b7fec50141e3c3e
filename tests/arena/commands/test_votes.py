"""`arena votes`: hand votes out, take votes in, and say which of them count."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from arena.db import tallies
from arena.db.session import Database
from arena.db.states import Held
from arena.db.tables import Vote
from arena.voters.admission import take_out
from leaderboard import Verdict
from tests.arena.conftest import Enter, scripted
from tests.arena.exchange.test_imports import VOTES
from tests.arena.recorded_votes import MORNING, Ballot, record


@pytest.fixture
def recorded(database: Database, enter: Enter) -> list[int]:
    """Six votes, two each of ann and bob that are decisive, and two of cyd that are not."""
    enter(scripted("one"), scripted("two"))
    tomorrow = MORNING + timedelta(days=1)
    return record(
        database,
        Ballot("one", "two", Verdict.A, voter="ann"),
        Ballot("one", "two", Verdict.A, voter="bob"),
        Ballot("two", "one", Verdict.B, voter="bob", at=tomorrow),
        Ballot("one", "two", Verdict.B, voter="ann", at=tomorrow),
        Ballot("one", "two", Verdict.TIE, voter="cyd", at=tomorrow),
        Ballot("two", "one", Verdict.BOTH_BAD, voter="cyd", at=tomorrow),
    )


def test_votes_are_excluded_restored_and_listed(
    arena: Callable[..., int], recorded: list[int], capsys: pytest.CaptureFixture[str]
):
    assert arena("votes", "list-exclusions") == 0
    assert "No vote was ever excluded" in capsys.readouterr().err
    assert arena("votes", "exclude", "--battle", str(recorded[0]), "--reason", "spam") == 0
    assert arena("votes", "exclude", "--voter-of", str(recorded[1]), "--reason", "a robot") == 0
    assert arena("votes", "restore", "--battle", str(recorded[1]), "--reason", "human after all") == 0
    assert capsys.readouterr().out == "Votes excluded: 1.\nVotes excluded: 2.\nVotes restored: 1.\n"
    assert arena("votes", "list-exclusions") == 0
    shown = capsys.readouterr().out
    assert "human after all" in shown
    assert "Excluded now: 2" in shown
    assert arena("votes", "exclude", "--reason", "nothing named") == 2
    assert arena("votes", "exclude", "--battle", "12345", "--reason", "no such") == 1
    assert "battle 12345" in capsys.readouterr().err


def test_held_votes_are_listed_and_counted_again(
    arena: Callable[..., int], recorded: list[int], database: Database, capsys: pytest.CaptureFixture[str]
):
    assert arena("votes", "held") == 0
    assert "No vote is held." in capsys.readouterr().err
    with database.writing() as session:
        for vote in session.scalars(select(Vote).where(Vote.battle_id.in_(recorded[1:3]))):
            tallies.add(session, [replace(tallies.Delta.of(vote.battle, vote), count=-1)])
            take_out(vote, Held.NETWORK_DAY)
            vote.network_hash = "0123456789abcdef" * 2
    assert arena("votes", "held") == 0
    shown = capsys.readouterr().out
    assert re.search(r"network-day +01234567 +1 +2 ", shown)
    assert arena("votes", "held", "--json") == 0
    (group,) = json.loads(capsys.readouterr().out)
    assert (group["why"], group["votes"], group["battle"]) == ("network-day", 2, recorded[2])
    assert arena("votes", "restore", "--held", "network-day", "--network", "99", "--reason", "a class") == 1
    assert "No vote is held for this reason" in capsys.readouterr().err
    restored = ("votes", "restore", "--held", "network-day", "--network", "01234567", "--reason", "a class")
    assert arena(*restored) == 0
    assert "Votes restored: 2." in capsys.readouterr().out
    assert arena("votes", "held") == 0
    assert "No vote is held." in capsys.readouterr().err


def test_an_export_to_nowhere_is_a_sentence(
    arena: Callable[..., int], recorded: list[int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    assert arena("votes", "export", "--format", "csv", "--out", str(tmp_path / "no" / "such" / "folder.csv")) == 2
    assert "No such file or directory." in capsys.readouterr().err


def test_an_export_can_be_piped(
    arena: Callable[..., int], recorded: list[int], capfdbinary: pytest.CaptureFixture[bytes]
):
    assert arena("votes", "export", "--format", "csv") == 0
    assert capfdbinary.readouterr().out.startswith(b"question_id,model_a,model_b,winner,judge,")


def test_an_export_of_preferences_says_what_it_left_out(
    arena: Callable[..., int], recorded: list[int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    assert arena("votes", "export", "--format", "preference", "--out", str(tmp_path / "p.jsonl")) == 0
    said = capsys.readouterr().err
    assert "4 pairs written." in said
    assert "2 votes left out: not decisive" in said
    assert arena("votes", "export", "--format", "preference") == 2
    assert "--out FILE" in capsys.readouterr().err


def test_a_series_is_imported_and_rated(
    arena: Callable[..., int], recorded: list[int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    file = tmp_path / "votes.csv"
    file.write_text(VOTES)
    assert arena("votes", "import", str(file), "--series", "field", "--dry-run") == 0
    assert "4 votes on 3 contenders would be stored" in capsys.readouterr().out
    assert arena("votes", "import", str(file), "--series", "field") == 0
    assert "Not contenders of this arena: gpt-x." in capsys.readouterr().out
    assert arena("leaderboard", "--series", "field", "--json") == 0
    ours = json.loads(capsys.readouterr().out)
    assert arena("leaderboard", "--votes", str(file), "--json") == 0
    assert json.loads(capsys.readouterr().out) == ours
    assert arena("leaderboard", "--series", "other") == 1
