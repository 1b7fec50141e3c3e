"""Battles as detectors see them: every one that could have been voted on, with or without a vote."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Self

import numpy as np

from leaderboard.arrays import BoolArray, FloatArray, IntArray

UNKNOWN = -1


@dataclass(frozen=True, eq=False)
class OpenedBattles:
    """Battles that could have been voted on, in any order. Arrays are never changed in place.

    Whoever recognises answers votes on some battles and leaves others: that shows only beside the battles without a
    vote. What is not known of a battle is `UNKNOWN`, and no detector draws a conclusion from it.

    Attributes:
        num_contenders: contenders are the numbers below it; called M.
        left: contender on the left [N].
        right: contender on the right [N].
        voter: who opened the battle, as numbers from 0 [N].
        outcome: what the vote counts for the left side (1, ½ or 0), not-a-number without a vote [N].
        first_seen: day on which the voter was first seen [N].
        cohorts: other ways to gather battles, by name: a number for each battle's network, prompt, … [N].
        too_fast: whether the vote came sooner than the answers can be read, by name of the mark [N].
    """

    num_contenders: int
    left: IntArray
    right: IntArray
    voter: IntArray
    outcome: FloatArray
    first_seen: IntArray
    cohorts: Mapping[str, IntArray] = field(default_factory=dict)
    too_fast: BoolArray | None = None

    def __len__(self) -> int:
        return len(self.left)

    @cached_property
    def voted(self) -> BoolArray:
        """Which battles have a vote [N]."""
        return ~np.isnan(self.outcome)

    @cached_property
    def num_voters(self) -> int:
        """Voters are the numbers below it; called U."""
        return int(self.voter.max(initial=-1)) + 1

    def where(self, chosen: BoolArray | IntArray) -> Self:
        """Return the chosen battles, chosen by truth or by place; voters and contenders keep their numbers."""
        return type(self)(
            self.num_contenders,
            self.left[chosen],
            self.right[chosen],
            self.voter[chosen],
            self.outcome[chosen],
            self.first_seen[chosen],
            {name: label[chosen] for name, label in self.cohorts.items()},
            None if self.too_fast is None else self.too_fast[chosen],
        )
