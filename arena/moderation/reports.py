"""Reports by voters: either answer of one's own battle can be reported, before or after the vote.

A report is a flag like those of moderators, and waits for a person's decision. It changes nothing by itself: neither
what is published nor which votes count, so nobody can silence a contender by reporting it. The voter learns nothing
about who wrote the answer.
"""

import asyncio
from datetime import timedelta

from arena.clock import now
from arena.db.queries import battle_of
from arena.db.session import Database
from arena.db.states import Handle, ReplyStatus, Side, VoterKey
from arena.db.tables import Flag
from arena.errors import NothingToReport, TooBusy, UnknownBattle
from arena.moderation import queries

BY_VOTER = "voter"  # the moderator of such a flag
REPORTED = "reported by a voter"
MOST_A_DAY = 20  # by one voter


class Reports:
    """Takes reports."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def report(self, handle: Handle, voter: VoterKey, side: Side) -> None:
        """Flag the last answer of one side. A second report of the same answer changes nothing.

        Raises:
            UnknownBattle: the battle does not exist, or belongs to another voter.
            NothingToReport: the answer is being written, or there is none.
            TooBusy: this voter has reported as much as one may in a day.
            DatabaseUnavailable: the report is not saved.
        """
        await asyncio.to_thread(self._report, handle, voter, side)

    def _report(self, handle: Handle, voter: VoterKey, side: Side) -> None:
        with self._database.writing() as session:
            battle = battle_of(session, handle, voter, for_change=True)
            if battle is None:
                raise UnknownBattle("This battle is not known here.", hint="Begin a new battle.")
            reply = battle.turns[-1].current(side)
            if reply.status is ReplyStatus.STREAMING or not reply.text:
                raise NothingToReport("There is no answer to report yet.", hint="Wait for it to end.")
            if queries.has_report(session, reply.id, moderator=BY_VOTER):
                return
            since = now() - timedelta(days=1)
            if queries.num_reports(session, battle.voter_id, moderator=BY_VOTER, since=since) >= MOST_A_DAY:
                raise TooBusy(f"{MOST_A_DAY} reports a day are the most.", hint="Thank you; try again tomorrow.")
            session.add(
                Flag(
                    at=now(),
                    voter_id=battle.voter_id,
                    turn_id=reply.turn_id,
                    reply_id=reply.id,
                    moderator=BY_VOTER,
                    categories=[REPORTED],
                )
            )
