"""The scale of a board: places ratings between the lowest and the highest end of all intervals."""

from collections.abc import Iterable
from dataclasses import dataclass

from leaderboard import Standing


@dataclass(frozen=True, slots=True)
class Scale:
    """A section of the Elo scale. Positions and lengths on it are percentages of its length."""

    lowest: float
    highest: float

    @classmethod
    def of(cls, standings: Iterable[Standing]) -> "Scale":
        """Return the scale that holds the intervals of all standings."""
        ends = [(standing.lower, standing.upper) for standing in standings]
        lowest = min((lower for lower, _ in ends), default=0.0)
        return cls(lowest, max(max((upper for _, upper in ends), default=0.0), lowest + 1.0))

    def left(self, standing: Standing) -> float:
        """Return where the interval begins, in percent."""
        return self._percent(standing.lower - self.lowest)

    def width(self, standing: Standing) -> float:
        """Return the width of the interval, in percent."""
        return self._percent(standing.upper - standing.lower)

    def dot(self, standing: Standing) -> float:
        """Return where the rating is, in percent."""
        return self._percent(standing.rating - self.lowest)

    def _percent(self, length: float) -> float:
        return 100 * length / (self.highest - self.lowest)
