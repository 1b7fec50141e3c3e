"""What the tests of the ratings share: small tallies, simulated ones, and the field's reference results if present."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from leaderboard import Tallies, Verdict
from leaderboard.simulation import random_pairs, simulated_votes
from leaderboard.votes import Votes

WINNERS = {"model_a": Verdict.A, "model_b": Verdict.B, "tie": Verdict.TIE}


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20261122)


@pytest.fixture
def votes(rng: np.random.Generator) -> Votes:
    """3,000 votes on eight contenders a hundred points apart."""
    return simulated_votes(np.linspace(2, -2, 8), random_pairs(8, 3000, rng), rng)


@pytest.fixture
def tallies(votes: Votes) -> Tallies:
    return Tallies.from_votes(votes)


@pytest.fixture
def wikipedia() -> Tallies:
    """The worked example of Wikipedia's article on the Bradley–Terry model: row beat column."""
    won = {"A": {"B": 2, "D": 1}, "B": {"A": 3, "C": 5}, "C": {"B": 3, "D": 1}, "D": {"A": 4, "C": 3}}
    return Tallies.from_counts(
        (winner, loser, Verdict.A, count) for winner, row in won.items() for loser, count in row.items()
    )


@pytest.fixture(scope="session")
def reference_folder() -> Path:
    """The shared reference data beside a parent of this checkout."""
    for parent in Path(__file__).resolve().parents:
        if (folder := parent / "shared/data/ranking").is_dir():
            return folder
    pytest.skip("the shared reference data is not here")


@pytest.fixture(scope="session")
def reference(reference_folder: Path) -> dict[str, Any]:
    """Hand-checkable sets of votes with what the field's tools make of them, by name."""
    datasets: dict[str, Any] = json.loads((reference_folder / "reference_bt_small.json").read_text())["datasets"]
    return datasets


def reference_tallies(dataset: dict[str, Any]) -> Tallies:
    return Tallies.from_counts(
        (left, right, WINNERS[winner], count) for left, right, winner, count in dataset["votes_compact"]
    )
