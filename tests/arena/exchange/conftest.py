"""Votes that exports and published schemas are tested on."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from arena.db import queries
from arena.db.session import Database
from arena.exchange.random_ids import RandomIds
from leaderboard import Verdict
from tests.arena.conftest import scripted
from tests.arena.recorded_votes import MORNING, Ballot, record

Enter = Callable[..., None]


@pytest.fixture
def recorded(database: Database, enter: Enter, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Seven votes, three of them ann's, one of two turns; written in batches of three, in the order of the battles."""
    monkeypatch.setattr(queries, "BATCH", 3)
    monkeypatch.setattr(RandomIds, "shuffled", lambda _, numbers: sorted(numbers))
    enter(scripted("one"), scripted("two"), scripted("007"))
    return record(
        database,
        Ballot("one", "two", Verdict.A, voter="ann", prompts=("=1+1", 'Say "ü",\nplease')),
        Ballot("two", "one", Verdict.A, voter="bob"),
        Ballot("one", "007", Verdict.TIE, voter="ann", at=MORNING + timedelta(seconds=1.5)),
        Ballot("007", "two", Verdict.BOTH_BAD, voter="cyd"),
        Ballot("007", "two", Verdict.B, voter="bob"),
        Ballot("two", "007", Verdict.B, voter="bob"),
        Ballot("one", "007", Verdict.A, voter="ann"),
    )
