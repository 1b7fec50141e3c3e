"""Two arenas for all tests of the pages, each started once: one to have battles in, and one whose board is filled."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from arena.battles import cooldowns
from arena.db.session import Database, sqlite_url
from arena.exchange.benchmark_results import BenchmarkResults
from arena.settings import Settings
from tests.arena.exchange.test_benchmark_files import HARNESS, SOURCE, written
from tests.arena.web.board_arena import fill
from tests.arena.web.served_arena import ServedArena, Visitor, contenders


@pytest.fixture(scope="session")
def arena(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedArena]:
    path = tmp_path_factory.mktemp("web") / "arena.db"
    shutil.copy(migrated_sqlite, path)
    database = Database(sqlite_url(path))
    with database.writing() as session:
        session.add_all(contenders())
    arena = ServedArena(database, Settings(max_prompt_chars=5000, leaderboard_refresh_s=1))
    arena.start()
    yield arena
    arena.stop()
    database.close()


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests of a whole page may make a contender fail often."""
    monkeypatch.setattr(cooldowns, "FAILURES", 1_000)


@pytest.fixture(scope="session")
def http(arena: ServedArena) -> Iterator[httpx.Client]:
    """A program that is no browser."""
    with httpx.Client(base_url=arena.url) as client:
        yield client


@pytest.fixture
def visit(arena: ServedArena) -> Iterator[Callable[..., Visitor]]:
    """Opens a page as somebody new."""
    with ExitStack() as ending:

        def visit(path: str = "/") -> Visitor:
            visitor = Visitor(arena.url, path)
            ending.callback(visitor.http.close)
            return visitor

        yield visit


@pytest.fixture
def visitor(visit: Callable[..., Visitor]) -> Visitor:
    return visit()


@pytest.fixture(scope="session")
def board_arena(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ServedArena, str]]:
    """An arena with votes and benchmarks that publishes conversations, and the id of a snapshot. Tests only read it."""
    path = tmp_path_factory.mktemp("board") / "arena.db"
    shutil.copy(migrated_sqlite, path)
    database = Database(sqlite_url(path))
    snapshot = fill(database)
    harness = written(path.with_name("results.json"), HARNESS)
    BenchmarkResults(database).take(harness, source=SOURCE, contender="alpaca-7b", ran_by="us")
    arena = ServedArena(database, Settings(publish_conversations=True, title="R&D"))
    arena.start()
    yield arena, snapshot
    arena.stop()
    database.close()


@pytest.fixture(scope="session")
def board(board_arena: tuple[ServedArena, str]) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=board_arena[0].url, timeout=30) as client:
        yield client
