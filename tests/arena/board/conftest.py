"""A board with something to show: three contenders that met, one without a vote, and one that is private."""

import pytest

from arena.board.standings import StandingsView, standings_of
from arena.db.session import Database
from tests.arena.web.board_arena import fill


@pytest.fixture
def filled(database: Database) -> Database:
    fill(database)
    return database


@pytest.fixture
def view(filled: Database) -> StandingsView:
    return standings_of(filled)
