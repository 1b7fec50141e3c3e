"""An arena in which two voters always choose the left."""

import pytest

from arena.db.session import Database
from arena.suspicion.suspects import Suspects
from tests.arena.suspicion.crowd import fill


@pytest.fixture
def suspects(database: Database) -> Suspects:
    fill(database)
    return Suspects(database)
