"""The loop that the arena is for, by its commands alone: examples, a checkpoint, a contender that answers."""

import asyncio
import os
import shutil
from pathlib import Path

import pytest

from arena.cli import main
from arena.contenders.opened import OpenContenders
from arena.contenders.register import Contenders
from arena.db.session import Database, sqlite_url
from generation.backends.numpy import NumpyBackend
from generation.conversation import End, Message, Piece


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trained_run: Path) -> Path:
    """Where a run was trained and nothing else happened yet; commands are given there."""
    for name in os.environ:
        if name.startswith("ARENA_"):
            monkeypatch.delenv(name)
    shutil.copytree(trained_run.parent, tmp_path / "runs")
    monkeypatch.chdir(tmp_path)
    return tmp_path


async def answer(database: Database) -> tuple[str, End]:
    """Return what the only active contender streams."""
    (contender,) = Contenders(database).active()
    open_contenders = OpenContenders({})
    opened = open_contenders.get(contender)
    assert isinstance(opened.backend, NumpyBackend)  # where it will do, torch is not loaded
    stream = opened.backend.stream([Message("user", "Why do alpacas hum?")], opened.sampling)
    *pieces, end = [event async for event in stream]
    await open_contenders.aclose()
    assert isinstance(end, End)
    return "".join(piece.text for piece in pieces if isinstance(piece, Piece)), end


def test_what_was_generated_and_trained_here_is_activated_and_answers(home: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["contenders", "add", "runs/mine"]) == 0
    assert main(["contenders", "activate", "--all"]) == 0
    assert "fault" not in capsys.readouterr().out
    database = Database(sqlite_url(home / ".arena" / "arena.db"))
    text, end = asyncio.run(answer(database))
    database.close()
    assert text.strip()
    assert end.usage
    assert end.usage.completion_tokens > 0
