"""`arena serve`: from an empty folder to pages with contenders, in one line; what is wrong is said before that."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import select, update

from arena.cli import main
from arena.commands.serve import close_left_over, enter_first_contenders
from arena.contenders.demo import demo_contenders
from arena.contenders.opened import OpenContenders
from arena.contenders.register import Contenders
from arena.db.session import Database, sqlite_url
from arena.db.states import ReplyStatus
from arena.db.tables import Reply
from arena.operations.http_server import listen
from arena.settings import Settings
from leaderboard import Verdict
from tests.arena.conftest import scripted
from tests.arena.recorded_votes import Ballot, record

TWO = """
[[contender]]
slug = "short"
label = "Short"
backend = "scripted"
reply = "Yes."

[[contender]]
slug = "silent"
label = "Silent"
backend = "scripted"
fail = "server_fault"
"""
DEMO = {entry.slug for entry in demo_contenders()}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def arena(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[subprocess.Popen[str], str, Path]]:
    """`arena serve` as started in an empty folder, the line that it printed, and the folder."""
    folder = tmp_path_factory.mktemp("empty")
    process = subprocess.Popen(
        [sys.executable, "-m", "arena", "serve", "--port", "0"],
        cwd=folder,
        env={name: value for name, value in os.environ.items() if not name.startswith("ARENA_")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    yield process, process.stdout.readline(), folder
    process.kill()
    process.communicate()


def test_an_empty_folder_becomes_an_arena_whose_page_answers_when_the_line_is_printed(
    arena: tuple[subprocess.Popen[str], str, Path],
):
    _, line, folder = arena
    address = line.removeprefix("Alpaca Arena is ready: ").strip()
    assert "<html" in urllib.request.urlopen(address, timeout=60).read().decode()
    database = Database(sqlite_url(folder / ".arena" / "arena.db"))
    assert {row.slug for row in Contenders(database).active()} == DEMO
    database.close()
    assert json.load(urllib.request.urlopen(f"{address}/healthz", timeout=60)) == {"status": "ready"}


def test_a_signal_ends_the_arena_with_nothing_more_said(arena: tuple[subprocess.Popen[str], str, Path]):
    process, *_ = arena
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=60)
    talk = [line for line in err.splitlines() if "arena contenders add" not in line and "Found on this" not in line]
    assert (process.returncode, out, talk) == (0, "", ["Starting Alpaca Arena …"])


def test_a_port_in_use_is_said_at_once(folder: Path, capsys: pytest.CaptureFixture[str]):
    with listen("127.0.0.1", 0) as taken:
        port = str(taken.getsockname()[1])
        assert main(["serve", "--port", port]) == 2
    assert f"Port {port} is in use" in capsys.readouterr().err
    assert list(folder.iterdir()) == []


def test_a_port_that_is_none_is_refused(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit, match="2"):
        main(["serve", "--port", "70000"])
    assert "give a number from 0 to 65535" in capsys.readouterr().err


def test_a_faulty_contenders_file_stops_a_first_start_before_anything_is_registered(
    folder: Path, capsys: pytest.CaptureFixture[str]
):
    (folder / "contenders.toml").write_text(TWO + "speed = 3")
    assert main(["serve", "--port", "0"]) == 2
    assert 'contenders.toml:13: [[contender]] 2 ("silent"): speed' in capsys.readouterr().err
    database = Database(sqlite_url(folder / ".arena" / "arena.db"))
    assert Contenders(database).list() == ()
    database.close()


def test_a_database_by_url_without_tables_is_not_touched(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("ARENA_DATABASE_URL", sqlite_url(folder / "own.db"))
    assert main(["serve", "--port", "0"]) == 1
    assert "arena db upgrade" in capsys.readouterr().err


@pytest_asyncio.fixture
async def open_contenders() -> AsyncIterator[OpenContenders]:
    opened = OpenContenders({})
    yield opened
    await opened.aclose()


@pytest.fixture
def contenders(database: Database) -> Contenders:
    return Contenders(database)


async def test_an_empty_arena_takes_the_contenders_file_and_says_who_failed(
    folder: Path, contenders: Contenders, open_contenders: OpenContenders, capsys: pytest.CaptureFixture[str]
):
    (folder / "contenders.toml").write_text(TWO)
    await enter_first_contenders(contenders, Settings(), open_contenders)
    assert {row.slug: row.status.value for row in contenders.list()} == {"short": "active", "silent": "candidate"}
    assert "silent stays a candidate: The script fails here." in capsys.readouterr().err


async def test_an_empty_arena_without_a_file_takes_the_demo(
    folder: Path, contenders: Contenders, open_contenders: OpenContenders, capsys: pytest.CaptureFixture[str]
):
    await enter_first_contenders(contenders, Settings(), open_contenders)
    assert {row.slug for row in contenders.active()} == DEMO
    assert capsys.readouterr().err == ""


async def test_an_arena_that_has_contenders_keeps_them_and_mentions_those_of_a_newer_file(
    folder: Path, contenders: Contenders, open_contenders: OpenContenders, capsys: pytest.CaptureFixture[str]
):
    contenders.add(replace(demo_contenders()[0], slug="mine"))
    (folder / "contenders.toml").write_text(TWO)
    await enter_first_contenders(contenders, Settings(), open_contenders)
    assert [row.slug for row in contenders.list()] == ["mine"]
    assert "Not registered yet: short, silent of contenders.toml." in capsys.readouterr().err


async def test_a_file_that_went_bad_later_is_a_warning_and_no_reason_not_to_serve(
    folder: Path, contenders: Contenders, open_contenders: OpenContenders, capsys: pytest.CaptureFixture[str]
):
    contenders.add(demo_contenders()[0])
    (folder / "contenders.toml").write_text("[[contender]")
    await enter_first_contenders(contenders, Settings(), open_contenders)
    assert "warning: contenders.toml is not TOML" in capsys.readouterr().err


def test_what_a_killed_process_was_writing_is_ended_at_the_next_start(
    database: Database, enter: Callable[..., None], capsys: pytest.CaptureFixture[str]
):
    enter(scripted("one"), scripted("two"))
    record(database, Ballot("one", "two", Verdict.A), Ballot("one", "two", Verdict.B))
    with database.writing() as session:
        session.execute(
            update(Reply)
            .where(Reply.id.in_(select(Reply.id).order_by(Reply.id).limit(3)))
            .values(status=ReplyStatus.STREAMING, text="so far")
        )
    close_left_over(database)
    close_left_over(database)
    assert capsys.readouterr().err == "3 replies of the last run had not ended; now interrupted.\n"
    with database.reading() as session:
        replies = session.scalars(select(Reply).order_by(Reply.id)).all()
    assert [reply.status for reply in replies] == [ReplyStatus.INTERRUPTED] * 3 + [ReplyStatus.FINISHED] * (
        len(replies) - 3
    )
    assert replies[0].text == "so far"
