import json
from collections.abc import Callable
from pathlib import Path

import pytest

from arena.releases import presidio_detector, screening
from arena.releases.release_files import rows_of
from tests.arena.releases.conftest import SecondDetector, battles

Arena = Callable[..., int]
__all__ = ["battles"]  # the fixture


@pytest.fixture(autouse=True)
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARENA_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(screening, "second_detector", SecondDetector)


def test_a_release_is_made_read_signed_and_verified(
    arena: Arena, battles: list[int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    folder = str(tmp_path / "2026-11")
    assert arena("release", "make", folder, "--format", "parquet") == 0
    told = capsys.readouterr()
    assert "6 votes and 3 texts" in told.out
    assert "Suspected: e-mail 1, other 1." in told.out
    assert arena("release", "verify", folder) == 0
    assert "Not approved yet" in capsys.readouterr().out
    assert arena("release", "sample", folder, "--number", "2") == 0
    assert capsys.readouterr().out.count("--- prompt") >= 2
    assert arena("release", "approve", folder, "--by", "Mina") == 0
    assert arena("release", "verify", folder) == 0
    assert "Approved by Mina." in capsys.readouterr().out
    assert arena("leaderboard", "--json", "--votes", f"{folder}/votes.parquet") == 0
    assert json.loads(capsys.readouterr().out)["votes"] == 6
    assert arena("release", "list") == 0
    assert "2026-11" in capsys.readouterr().out


def test_a_text_that_is_private_after_all_means_another_release(
    arena: Arena, battles: list[int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    folder = tmp_path / "one"
    assert arena("release", "make", str(folder)) == 0
    assert arena("release", "sample", str(folder)) == 0
    (first, *_) = rows_of(folder, "texts")
    assert arena("release", "approve", str(folder), "--by", "Mina", "--private", first["id"]) == 1
    assert "make the release again" in capsys.readouterr().out
    assert arena("release", "make", str(tmp_path / "two")) == 0
    assert "a person held them back" in capsys.readouterr().out


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_mistakes_are_sentences(arena: Arena, battles: list[int], tmp_path: Path):
    assert arena("release", "verify", str(tmp_path)) == 2
    assert arena("release", "sample", str(tmp_path), "--number", "0") == 2
    assert arena("release", "make", str(tmp_path)) == 2
    assert arena("release", "make", str(tmp_path / "x"), "--without", "nobody") == 2
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_without_presidio_its_extra_is_asked_for(arena: Arena, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def absent() -> None:
        raise ModuleNotFoundError("No module named 'presidio_analyzer'", name="presidio_analyzer")

    monkeypatch.setattr(screening, "second_detector", absent)
    asked: list[str | None] = []
    monkeypatch.setattr("arena.cli.lacking", lambda error, _for: asked.append(error.name))
    with pytest.raises(ModuleNotFoundError):  # told in a sentence where the package is really away
        arena("release", "make", str(tmp_path / "x"))
    assert asked == ["presidio_analyzer"]
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_detectors_are_measured(arena: Arena, capsys: pytest.CaptureFixture[str]):
    assert arena("release", "measure", "--each", "1") == 0
    assert capsys.readouterr().out.count("Recall of") == 3
    assert presidio_detector.ENOUGH < 1
