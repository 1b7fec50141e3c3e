"""Upkeep of voters: what must happen in time though nobody asks for it.

Keys of networks are destroyed after a month and cookies get a new key each month; counts, proofs and hours that are
over are forgotten; and the votes of voters whose trial is over begin to count.
"""

import asyncio
from datetime import datetime, timedelta

from arena.clock import now
from arena.db import tallies
from arena.db.session import Database
from arena.db.states import Held
from arena.voters import queries
from arena.voters.admission import REASONS, Admission
from arena.voters.identity import Identities

EVERY_S = 60.0
COUNTS_KEPT_FOR = timedelta(days=2)
REACHED_KEPT_FOR = timedelta(days=8)  # the operators' page shows a week


class Upkeep:
    """One round of it is `work`, to be done every `EVERY_S` seconds. Several processes may do it at the same time."""

    def __init__(self, database: Database, admission: Admission) -> None:
        self._database = database
        self._admission = admission
        self._identities = Identities(admission.keys)

    async def work(self) -> None:
        """Do what is due now."""
        await asyncio.to_thread(self.do, now())

    def do(self, moment: datetime) -> None:
        """Do what is due at a moment."""
        self._admission.quotas.store_reached(self._database, moment)
        end_trials(self._database, moment - self._admission.trial)
        self._admission.networks.destroy_old_keys(moment)
        self._identities.rotate_if_due(moment)
        with self._database.writing() as session:
            queries.forget_counts(session, before=moment - COUNTS_KEPT_FOR, reached_before=moment - REACHED_KEPT_FOR)


def end_trials(database: Database, seen_before: datetime) -> int:
    """Count the votes of voters who were first seen before a moment and are not held; return how many there are."""
    with database.reading() as session:
        if not queries.on_trial(session):
            return 0
    with database.writing() as session:
        tallies.lock(session)
        deltas = queries.end_trials(session, seen_before=seen_before, reason=REASONS[Held.TRIAL])
        tallies.add(session, deltas)
    return sum(delta.count for delta in deltas)
