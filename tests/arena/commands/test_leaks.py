import json
from collections.abc import Callable

import pytest

from arena.db.session import Database
from tests.arena.conftest import scripted
from tests.arena.leaks.test_meter import FEWEST_REPLIES, answers

Arena = Callable[..., int]
Enter = Callable[..., None]


def test_a_month_is_measured_and_printed(
    arena: Arena, database: Database, enter: Enter, capsys: pytest.CaptureFixture[str]
):
    enter(scripted("one"), scripted("three"))
    assert arena("leaks", "measure", "--month", "2026-11") == 0
    assert capsys.readouterr().out.startswith("Not yet: in 2026-11")
    answers(database, FEWEST_REPLIES)
    assert arena("leaks", "measure", "--month", "2026-11") == 0
    assert "guessing is right half of the time" in capsys.readouterr().out
    assert arena("leaks", "measure", "--month", "2026-11", "--json") == 0
    assert set(json.loads(capsys.readouterr().out)["recognised"]) == {"one", "three"}
    assert arena("leaks", "measure", "--month", "soon") == 2
