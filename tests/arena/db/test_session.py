from collections.abc import Callable

import pytest
from sqlalchemy import select, text

from arena.db.session import Database
from arena.db.tables import Contender
from tests.arena.conftest import scripted

Enter = Callable[..., None]


def test_what_a_reader_changes_is_thrown_away(database: Database, enter: Enter):
    enter(scripted("one"))
    with database.reading() as session:
        contender = session.scalars(select(Contender)).one()
        label, contender.label = contender.label, "changed"
    with database.reading() as session:
        assert session.scalars(select(Contender.label)).one() == label


def test_what_was_prepared_for_one_reader_is_there_for_the_next(database: Database):
    if database.is_sqlite:
        pytest.skip("SQLite prepares nothing in a server")
    for _ in range(7):  # the driver prepares what it has seen five times
        with database.reading() as session:
            session.scalars(select(Contender)).all()
    with database.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM pg_prepared_statements"))
