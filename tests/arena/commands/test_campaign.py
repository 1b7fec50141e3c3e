"""`arena campaign`: from a file to links, as an organiser types it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from arena.campaigns.answers import AnswersProgress
from arena.commands.campaign import AnswersLine
from arena.db.session import Database
from tests.arena.campaigns.conftest import TWO, campaign_text
from tests.arena.conftest import Enter, scripted

Arena = Callable[..., int]


@pytest.fixture
def file(enter: Enter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ARENA_HOME", str(tmp_path))
    enter(scripted("one"), scripted("two"))
    path = tmp_path / "trial.toml"
    path.write_text(campaign_text(contenders=TWO, prompts={"first": 4}, raters={"open_to_all": True}), "utf-8")
    return path


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_from_a_file_to_the_end(arena: Arena, database: Database, file: Path, capsys: pytest.CaptureFixture[str]):
    assert arena("campaign", "new", str(file), "--dry-run") == 0
    assert arena("campaign", "status") == 0
    assert "No campaign yet." in capsys.readouterr().out
    assert arena("campaign", "new", str(file)) == 0
    assert "Needed to find 55%: 783" in capsys.readouterr().out
    assert arena("campaign", "open", "trial") == 1
    assert "arena campaign answers trial" in capsys.readouterr().err
    assert arena("campaign", "answers", "trial") == 0
    assert "8 of 8 answers are there, 0 failed" in capsys.readouterr().out
    assert arena("campaign", "open", "trial", "--raters", "2", "--address", "https://arena.example/") == 0
    told = capsys.readouterr().out
    assert told.count("https://arena.example/rate/") == 2
    assert "https://arena.example/join/" in told
    digest = told.split("design: ")[1].split()[0]
    assert arena("campaign", "status", "trial", "--json") == 0
    assert json.loads(capsys.readouterr().out)["design_hash"] == digest
    assert arena("campaign", "status", "trial", "--results", "") == 1 + 1
    assert arena("campaign", "status", "trial", "--results", "a rater reports nonsense") == 0
    assert arena("campaign", "invite", "trial") == 0
    assert arena("campaign", "status", "trial") == 0
    told = capsys.readouterr().out
    assert "a rater reports nonsense" in told
    assert "0 of 8 places are judged." in told
    assert arena("campaign", "close", "trial") == 0
    assert arena("campaign", "close", "trial") == 1


def test_a_file_to_begin_with_and_the_meaning_of_its_keys(arena: Arena, capsys: pytest.CaptureFixture[str]):
    assert arena("campaign", "new", "--example") == arena("campaign", "new", "--keys") == 0
    assert "raters_per_item" in capsys.readouterr().out
    assert arena("campaign", "new") == 2


@pytest.mark.parametrize("number", ["0", "-1", "x", "1001"])
def test_numbers_of_raters_are_checked(arena: Arena, number: str):
    with pytest.raises(SystemExit):
        arena("campaign", "invite", "trial", number)


def test_where_nobody_watches_a_tenth_is_a_line(capsys: pytest.CaptureFixture[str]):
    line = AnswersLine()
    for done in range(1, 101):
        line(AnswersProgress(total=100, answered=done))
    assert len(capsys.readouterr().err.splitlines()) == 11
