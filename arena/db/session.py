"""Sessions on SQLite or PostgreSQL, chosen by URL.

SQLite allows one writer at a time and does not serve waiting writers in order. So writers of this process queue on a
lock of their own, and take SQLite's lock at BEGIN. A transaction that reads first and writes later could else fail.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, InterfaceError, NoSuchModuleError, OperationalError
from sqlalchemy.orm import Session as Session  # re-exported for files that take a session and write no SQL

from arena.errors import BadConfiguration, DatabaseUnavailable
from generation.extras import install_line

BUSY_TIMEOUT_S = 5
WIPE_PATIENCE_MS = 500
ONE_MOMENT = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}


def sqlite_url(path: Path) -> str:
    """Return the URL of the SQLite file at `path`."""
    return f"sqlite:///{path}"


class Database:
    """Opens sessions for reading and for writing.

    Raises:
        BadConfiguration: the URL names no database that this program can use.
    """

    def __init__(self, url: str) -> None:
        self.engine = _open_engine(url)
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        self._writer = threading.Lock() if self.is_sqlite else nullcontext()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Give a session that sees the database as of one moment; its changes are discarded.

        Raises:
            DatabaseUnavailable: the database gave no answer.
        """
        with _translated(), Session(self.engine, expire_on_commit=False) as session:
            if not self.is_sqlite:  # SQLite's readers always see one moment
                session.connection(execution_options=ONE_MOMENT)
            yield session
            if not self.is_sqlite:
                # Not a rollback, after which the driver would drop all its prepared statements.
                session.expunge_all()
                session.commit()

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Give a session that is committed at the end, or rolled back on any exception.

        Raises:
            DatabaseUnavailable: the database did not accept the change.
        """
        with _translated(), self._writer, Session(self.engine, expire_on_commit=False) as session:
            session.connection(execution_options={"sqlite_begin": "BEGIN IMMEDIATE"})
            yield session
            session.commit()

    def wipe_freed(self) -> None:
        """Overwrite what was deleted: in SQLite also in the journal of changes; in PostgreSQL its space is freed.

        Readers may hold SQLite's journal; then it is overwritten the next time.

        Raises:
            DatabaseUnavailable: the database gives no answer.
        """
        with _translated(), self._writer, self.engine.connect() as connection:
            if self.is_sqlite:
                cursor = connection.connection.cursor()
                cursor.execute(f"PRAGMA busy_timeout={WIPE_PATIENCE_MS}")  # voters wait as long
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_S * 1000}")
            else:
                connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("VACUUM")

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        reason = str(error.orig).strip().splitlines() or [type(error).__name__]
        raise DatabaseUnavailable(
            f"The database does not answer: {reason[0]}",
            hint="Check that it runs, that its disk is not full and that this program may write to it.",
        ) from error


def _open_engine(url: str) -> Engine:
    try:
        parsed = make_url(url)
        if parsed.drivername in {"postgresql", "postgres"}:
            parsed = parsed.set(drivername="postgresql+psycopg")
        if parsed.get_backend_name() not in {"sqlite", "postgresql"}:
            raise BadConfiguration(
                f"`{parsed.get_backend_name()}` is not a database that the arena can use.",
                hint="Set ARENA_DATABASE_URL to postgresql://user:password@host/name, or leave it empty for SQLite.",
            )
        # Parameters hold what voters wrote, and errors are logged.
        engine = create_engine(parsed, pool_pre_ping=parsed.get_backend_name() == "postgresql", hide_parameters=True)
    except ArgumentError as error:
        raise BadConfiguration(
            "ARENA_DATABASE_URL is not a database URL.",
            hint="It looks like postgresql://user:password@host/name or sqlite:///path/to/file.db.",
        ) from error
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        if find_spec("psycopg"):
            raise BadConfiguration(
                f"There is no driver for {parsed.drivername}.", hint="Write postgresql://user:password@host/name."
            ) from error
        raise BadConfiguration(
            "PostgreSQL needs psycopg, not installed here.", hint=f"Install it: {install_line('postgres')}"
        ) from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _configure_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _configure_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions are begun below, not guessed by the driver
    # FULL: a vote that was acknowledged survives a power cut. Fewer commits a second are possible; an arena has enough.
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "secure_delete=ON",  # what is deleted is overwritten
        f"busy_timeout={BUSY_TIMEOUT_S * 1000}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("sqlite_begin", "BEGIN"))
