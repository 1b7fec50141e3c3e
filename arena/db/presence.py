"""Which arena processes use a database now. Only the first may say of what was left undone that nobody does it.

On PostgreSQL each process holds a lock as long as it lives, and the server frees it when the process is killed. A
SQLite file has one process.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import func, select

from arena.db.session import Database

PRESENT_LOCK = 7_232_021  # any number that nobody else locks in this database


@contextmanager
def present(database: Database, *, if_alone: Callable[[], None]) -> Iterator[None]:
    """Be one of the processes of a database inside a `with` block; first do `if_alone` where there is no other."""
    if database.is_sqlite:
        if_alone()
        yield
        return
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if connection.scalar(select(func.pg_try_advisory_lock(PRESENT_LOCK))):
            if_alone()
            connection.execute(select(func.pg_advisory_lock_shared(PRESENT_LOCK)))
            connection.execute(select(func.pg_advisory_unlock(PRESENT_LOCK)))
        else:
            connection.execute(select(func.pg_advisory_lock_shared(PRESENT_LOCK)))
        yield
        connection.invalidate()  # back to no pool, which would keep the lock
