"""Opens the database for a command, by the settings of its environment, and closes it afterwards."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from arena.db.migrate import open_database
from arena.db.session import Database
from arena.settings import Settings


@contextmanager
def opened_database(environment: Mapping[str, str]) -> Iterator[Database]:
    """Yield the arena's database.

    Raises:
        ArenaError: the settings are wrong, the database does not answer, or its tables are not this program's.
    """
    database = open_database(Settings.from_env(environment))
    try:
        yield database
    finally:
        database.close()
