"""Held votes: what the quotas took out of the count and nobody has decided about, for maintainers."""

from dataclasses import asdict, dataclass
from datetime import datetime

from arena.db.session import Database
from arena.errors import UnknownBattle
from arena.voters import queries

NETWORK_CHARS = 8  # of a network's hash: enough to tell those of a day apart


@dataclass(frozen=True, slots=True)
class HeldVotes:
    """Votes that are held for one reason and came from one network.

    Attributes:
        why: the reason, a `Held`.
        network: the hash of the network on one day; empty where it is not known.
        voters: number of voters.
        votes: number of votes.
        first: when the first of them was cast.
        last: when the last of them was cast.
        battle: the id of the newest battle, by which its voter can be named.
    """

    why: str
    network: str
    voters: int
    votes: int
    first: datetime
    last: datetime
    battle: int

    def as_json(self) -> dict[str, object]:
        """Return the values as JSON has them."""
        return asdict(self) | {"first": self.first.isoformat(), "last": self.last.isoformat()}

    def as_row(self) -> tuple[str, ...]:
        """Return the values as a table shows them."""
        times = (f"{moment:%Y-%m-%d %H:%M}" for moment in (self.first, self.last))
        network = self.network[:NETWORK_CHARS] or "not known"
        return (self.why, network, str(self.voters), str(self.votes), *times, str(self.battle))


def held_battles(database: Database, why: str, *, network: str = "") -> list[int]:
    """Return the ids of the battles whose votes are held for a reason; those from one network, if its hash is begun.

    Raises:
        UnknownBattle: there is no such vote.
    """
    with database.reading() as session:
        found = [*queries.held_battles(session, why=why, network=network)]
    if not found:
        raise UnknownBattle("No vote is held for this reason and from there.", hint="See `arena votes held`.")
    return found


def held_votes(database: Database) -> tuple[HeldVotes, ...]:
    """Return the votes that are held now, the largest group first."""
    with database.reading() as session:
        return tuple(HeldVotes(*row) for row in queries.held_votes(session))
