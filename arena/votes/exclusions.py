"""Exclusions: which votes count. A vote is never deleted; it is excluded for a reason, and can be restored."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import replace

from sqlalchemy import ColumnElement, func, or_, select, update

from arena.clock import now
from arena.db import tallies
from arena.db.session import Database
from arena.db.tables import Exclusion, ExclusionAction, Vote
from arena.errors import BadConfiguration, UnknownBattle


class VoteExclusions:
    """Takes votes out of the count and puts them back, each time with a reason that is kept.

    Votes are named by battle, or all at once by voter; both by the database's ids. What such a voter casts later
    counts. Rows that come back are detached.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def exclude(self, *, battles: Sequence[int] = (), voters: Sequence[int] = (), reason: str) -> Exclusion:
        """Exclude the votes that count so far; the others keep their reason.

        Raises:
            BadConfiguration: the reason is empty.
            UnknownBattle: battles without a vote are named, or voters without one; nothing was changed.
        """
        return self._change(ExclusionAction.EXCLUDE, battles, voters, reason)

    def restore(self, *, battles: Sequence[int] = (), voters: Sequence[int] = (), reason: str) -> Exclusion:
        """Count the votes again that were excluded, whatever for.

        Raises:
            BadConfiguration: the reason is empty.
            UnknownBattle: battles without a vote are named, or voters without one; nothing was changed.
        """
        return self._change(ExclusionAction.RESTORE, battles, voters, reason)

    def voters_of(self, battles: Sequence[int]) -> tuple[int, ...]:
        """Return the voters who voted in these battles.

        Raises:
            UnknownBattle: battles without a vote are named.
        """
        with self._database.reading() as session:
            rows = session.execute(select(Vote.battle_id, Vote.voter_id).where(Vote.battle_id.in_(battles)))
            voters = dict(rows.all())
        _refuse_unknown(battles=set(battles) - voters.keys())
        return tuple(sorted(set(voters.values())))

    def list(self) -> tuple[Exclusion, ...]:
        """Return all that was ever excluded or restored, the oldest first."""
        with self._database.reading() as session:
            return tuple(session.scalars(select(Exclusion).order_by(Exclusion.id)))

    def votes_by_reason(self) -> Mapping[str, int]:
        """Return how many votes are excluded now for each reason."""
        query = select(Vote.excluded, func.count()).where(Vote.excluded != "").group_by(Vote.excluded)
        with self._database.reading() as session:
            return dict(session.execute(query.order_by(Vote.excluded)).all())

    def _change(self, action: ExclusionAction, battles: Sequence[int], voters: Sequence[int], reason: str) -> Exclusion:
        reason = reason.strip()
        if not reason:
            raise BadConfiguration("An exclusion needs a reason.", hint="It is kept, and counted where people see it.")
        excluding = action is ExclusionAction.EXCLUDE
        counts = Vote.excluded == ""
        meant = [_chosen(battles, voters), counts if excluding else ~counts]
        row = Exclusion(at=now(), action=action, reason=reason, chosen={"battles": [*battles], "voters": [*voters]})
        with self._database.writing() as session:
            tallies.lock(session)  # no other vote is committed between the count and the change
            _refuse_unknown(
                battles=set(battles).difference(session.scalars(select(Vote.battle_id).where(_chosen(battles, ())))),
                voters=set(voters).difference(session.scalars(select(Vote.voter_id).where(_chosen((), voters)))),
            )
            deltas = tallies.counting(session, *meant)
            values = {"excluded": reason, "excluded_at": row.at} if excluding else {"excluded": "", "excluded_at": None}
            session.connection().execute(update(Vote).where(*meant).values(values))
            tallies.add(session, [replace(delta, count=-delta.count) for delta in deltas] if excluding else deltas)
            row.num_votes = sum(delta.count for delta in deltas)
            session.add(row)
        return row


def _chosen(battles: Sequence[int], voters: Sequence[int]) -> ColumnElement[bool]:
    return or_(Vote.battle_id.in_(battles), Vote.voter_id.in_(voters))


def _refuse_unknown(*, battles: Set[int], voters: Set[int] = frozenset()) -> None:
    unknown = [f"{what} {id_}" for what, ids in (("battle", battles), ("voter", voters)) for id_ in sorted(ids)]
    if unknown:
        raise UnknownBattle(f"There is no vote of {', '.join(unknown)}.", hint="Nothing was changed.")
