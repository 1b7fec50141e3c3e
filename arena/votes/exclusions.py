"""Exclusions: decide which votes count. A vote is never deleted; it is excluded for a reason, and can be restored."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import replace

from arena.audit_log.acts import Act
from arena.audit_log.log import record
from arena.clock import now
from arena.db import tallies
from arena.db.session import Database, Session
from arena.db.tables import Exclusion, ExclusionAction
from arena.errors import BadConfiguration, UnknownBattle
from arena.votes import queries


class VoteExclusions:
    """Takes votes out of the count and puts them back, each time with a stored reason.

    Votes are chosen by the ids of their battles, or by those of voters, which means all votes that these have cast so
    far. Later votes of such a voter count; restoring voters whom the quotas hold ends that too. Returned rows are
    detached from the database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def exclude(self, *, battles: Sequence[int] = (), voters: Sequence[int] = (), reason: str) -> Exclusion:
        """Exclude those of the chosen votes that count, and return the log's entry. Excluded ones keep their reason.

        Raises:
            BadConfiguration: the reason is empty.
            UnknownBattle: a chosen battle or voter has no vote. Nothing was changed.
        """
        return self._change(ExclusionAction.EXCLUDE, battles, voters, reason)

    def restore(self, *, battles: Sequence[int] = (), voters: Sequence[int] = (), reason: str) -> Exclusion:
        """Count those of the chosen votes again that were excluded, for any reason, and return the log's entry.

        What the quotas held of these voters' later votes counts again too.

        Raises:
            BadConfiguration: the reason is empty.
            UnknownBattle: a chosen battle or voter has no vote. Nothing was changed.
        """
        return self._change(ExclusionAction.RESTORE, battles, voters, reason)

    def voters_of(self, battles: Sequence[int]) -> tuple[int, ...]:
        """Return the ids of the voters who voted in these battles.

        Raises:
            UnknownBattle: one of the battles has no vote.
        """
        with self._database.reading() as session:
            voters = queries.voters_by_battle(session, battles)
        _refuse_unknown(battles=set(battles) - voters.keys())
        return tuple(sorted(set(voters.values())))

    def list(self) -> tuple[Exclusion, ...]:
        """Return the log of all exclusions and restorations, the oldest first."""
        with self._database.reading() as session:
            return tuple(queries.all_exclusions(session))

    def votes_by_reason(self) -> Mapping[str, int]:
        """Return how many votes are excluded now for each reason."""
        with self._database.reading() as session:
            return queries.excluded_by_reason(session)

    def _change(self, action: ExclusionAction, battles: Sequence[int], voters: Sequence[int], reason: str) -> Exclusion:
        reason = reason.strip()
        if not reason:
            raise BadConfiguration("An exclusion needs a reason.", hint="The reason is stored and shown.")
        with self._database.writing() as session:
            tallies.lock(session)  # no other vote is committed between the count and the change
            _refuse_unknown(
                battles=set(battles) - queries.voters_by_battle(session, battles).keys(),
                voters=set(voters) - queries.voters_with_votes(session, voters),
            )
            return change(session, action, battles=battles, voters=voters, reason=reason)


def change(
    session: Session,
    action: ExclusionAction,
    *,
    battles: Sequence[int] = (),
    voters: Sequence[int] = (),
    reason: str,
    at_a_time: int = 10_000,
) -> Exclusion:
    """Exclude or restore votes within a transaction that holds the lock of the tallies; return the log's entry.

    SQLite takes 32,766 ids in one statement, so battles are changed `at_a_time`.
    """
    excluding = action is ExclusionAction.EXCLUDE
    row = Exclusion(at=now(), action=action, reason=reason, chosen={"battles": [*battles], "voters": [*voters]})
    deltas: list[tallies.Delta] = []
    for begin in range(0, max(1, len(battles)), at_a_time):
        part = battles[begin : begin + at_a_time]
        if excluding:
            deltas += queries.exclude(session, battles=part, voters=voters, reason=reason, at=row.at)
        else:
            deltas += queries.restore(session, battles=part, voters=voters)
    sign = -1 if excluding else 1
    tallies.add(session, [replace(delta, count=sign * delta.count) for delta in deltas])
    row.num_votes = sum(delta.count for delta in deltas)
    session.add(row)
    # Which battles and whose votes is for the maintainers; how many and why is for everybody.
    record(
        session,
        Act.VOTES_EXCLUDED if excluding else Act.VOTES_RESTORED,
        details={"reason": reason, "votes": row.num_votes, "battles": len(battles), "voters": len(voters)},
        withheld=row.chosen,
    )
    return row


def _refuse_unknown(*, battles: Set[int], voters: Set[int] = frozenset()) -> None:
    unknown = [f"{what} {id_}" for what, ids in (("battle", battles), ("voter", voters)) for id_ in sorted(ids)]
    if unknown:
        raise UnknownBattle(f"There is no vote of {', '.join(unknown)}.", hint="Nothing was changed.")
