"""Votes to release, and detectors that need no other package."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from arena.db.session import Database
from arena.releases.own_detector import OwnRules
from arena.releases.private_spans import PrivateKind, PrivateSpan
from arena.releases.release import ReleaseOrder, Releases
from leaderboard import Verdict
from tests.arena.conftest import scripted
from tests.arena.recorded_votes import Ballot, record

KEY = b"the key of the tests"
Make = Callable[..., dict[str, Any]]


class SecondDetector:
    """In the place of Presidio, which is asked for itself in test_presidio_detector.py."""

    name = "second"

    def find(self, text: str) -> list[PrivateSpan]:
        place = text.find("xyzzy")
        return [] if place < 0 else [PrivateSpan(place, place + 5, PrivateKind.OTHER)]


@pytest.fixture
def battles(database: Database, enter: Callable[..., None]) -> list[int]:
    """Six votes: two of them with personal data in the texts, one with a contender whose terms forbid publication."""
    secretive = scripted("secretive")
    secretive.restrictions = "Outputs may not be published or shared with third parties."
    training = scripted("two")
    training.restrictions = "Not for use that competes with us."
    enter(scripted("one"), training, secretive)
    return record(
        database,
        Ballot("one", "two", Verdict.A, voter="ann", prompts=("tell a joke", "and another")),
        Ballot("two", "one", Verdict.TIE, voter="ann", prompts=("what is the capital of a country",)),
        Ballot("one", "two", Verdict.B, voter="bob", prompts=("write to me at jo@example.org",)),
        Ballot("one", "two", Verdict.BOTH_BAD, voter="bob", prompts=("is xyzzy a word",)),
        Ballot("one", "secretive", Verdict.A, voter="cyd", prompts=("why is it so quiet",)),
        Ballot("two", "one", Verdict.A, voter="cyd", prompts=("sort three numbers",)),
    )


@pytest.fixture
def make(database: Database, battles: list[int], tmp_path: Path) -> Make:
    """Make a release in a folder of this name."""

    def make(name: str = "first", **order: Any) -> dict[str, Any]:
        releases = Releases(database, [OwnRules(), SecondDetector()], key=KEY)
        return releases.make(tmp_path / "out" / name, ReleaseOrder("The test", **order))

    return make
