"""What a reader may see of the standings. `Standings` makes it, the leaderboard page shows it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from arena.battle_view import ContenderCard

if TYPE_CHECKING:
    from leaderboard import Ranking


@dataclass(frozen=True, slots=True)
class StandingsView:
    """The current ranking and who its contenders are.

    Attributes:
        ranking: ratings by slug.
        cards: what is known of each contender, by slug; one may be missing.
        counted_at: when the votes were counted, in UTC.
    """

    ranking: "Ranking"
    cards: Mapping[str, ContenderCard]
    counted_at: datetime
