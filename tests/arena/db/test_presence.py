"""Who is alone on a database may end what others left undone, and nobody else may."""

from contextlib import closing

import pytest

from arena.db.presence import present
from arena.db.session import Database


def test_the_first_process_is_alone_and_after_the_last_the_next_is(database: Database, database_url: str):
    if database.is_sqlite:
        pytest.skip("a SQLite file has one process")
    told = []
    with closing(Database(database_url)) as second, closing(Database(database_url)) as third:
        with present(database, if_alone=lambda: told.append("first")):
            with present(second, if_alone=lambda: told.append("second")):
                pass
            with present(third, if_alone=lambda: told.append("third")):
                pass
        with present(second, if_alone=lambda: told.append("second again")):
            pass
    assert told == ["first", "second again"]


def test_a_process_on_a_sqlite_file_is_alone(database: Database):
    if not database.is_sqlite:
        pytest.skip("PostgreSQL has many")
    told = []
    with present(database, if_alone=lambda: told.append("alone")):
        assert told == ["alone"]
