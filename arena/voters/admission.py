"""Admission: what is asked before a question is answered, and before a vote counts.

A question that exceeds a quota is refused. A vote is never refused: it is kept, with the reason why it does not count
until somebody decides. Every check has three ends. What could not be checked goes through and is marked, so that an
outage on our side never costs an honest vote.

A new voter earns weight. For a day, the votes count on trust: if the voter exceeds a quota of its own in this time,
they are all taken out of the count together. Where strangers vote, they also begin to count only when the voter has
been known for some time (`ARENA_TRIAL_MINUTES`). A vote counts wholly or not at all, so tallies stay whole numbers.
"""

import asyncio
import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from arena.clock import now
from arena.db import tallies
from arena.db.session import Database, Session
from arena.db.states import Checked, Held, VoterKey
from arena.db.tables import Battle, Exclusion, ExclusionAction, Vote, Voter
from arena.db.voter_tables import KeyUse
from arena.errors import DatabaseUnavailable, ProofNeeded
from arena.settings import Settings
from arena.voters import queries
from arena.voters.keys import Keys
from arena.voters.networks import Networks
from arena.voters.proof_of_work import Proofs
from arena.voters.quotas import Counts, LimitedAct, Per, Quotas, Span, Subjects, prompt_hash

log = logging.getLogger(__name__)

NEW_FOR = timedelta(days=1)  # after the first question, a voter's votes count on trust
# What is stored as the reason of an exclusion, and shown beside the vote.
REASONS = {
    Held.VOTER_HOUR: "more votes than one voter may cast in an hour",
    Held.VOTER_DAY: "more votes than one voter may cast in a day",
    Held.NETWORK_HOUR: "more votes than one network may cast in an hour",
    Held.NETWORK_DAY: "more votes than one network may cast in a day",
    Held.PROMPT_HOUR: "more votes on this prompt than count in an hour",
    Held.PROMPT_DAY: "more votes on this prompt than count in a day",
    Held.NEWCOMERS_HOUR: "more new voters from this network than count in an hour",
    Held.NEWCOMERS_DAY: "more new voters from this network than count in a day",
    Held.TRIAL: "its voter is new; it counts when the trial is over",
    Held.NEW_VOTER: "its voter was new and then cast more votes than one voter may",
}


@dataclass(frozen=True, slots=True)
class Visit:
    """From where somebody comes: the address of the connection, or of the client that a trusted proxy names.

    It is never stored. Empty where it is not known, as with a socket that is a file.
    """

    address: str = ""


NOWHERE = Visit()


class Admission:
    """Asks the quotas and the proofs of work. Safe to use from several threads."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self.keys = Keys(database)
        self.networks = Networks(self.keys)
        self.proofs = Proofs(database, self.keys)
        self.quotas = Quotas(settings)
        self.trial = timedelta(minutes=settings.limit_of("trial_minutes"))
        self._hot_network = settings.limit_of("hot_network")

    def network_of(self, visit: Visit) -> str:
        """Return the hash of a visit's network; empty where it cannot be told. Not to be called while writing.

        Raises:
            DatabaseUnavailable: the key of the day can be neither read nor made.
        """
        try:
            return self.networks.hash(visit.address, now())
        except DatabaseUnavailable:
            raise
        except Exception:
            log.exception("a network cannot be told")
            return ""

    async def network_now(self, visit: Visit) -> str:
        """As `network_of`, from the event loop: a thread asks the database where the day has no key yet."""
        if self.keys.known(KeyUse.NETWORK, now().date()):
            return self.network_of(visit)
        return await asyncio.to_thread(self.network_of, visit)

    async def arrive(self, visit: Visit, voter: VoterKey, prompt: str) -> str:
        """Return the hash of a visit's network, for a question.

        Raises:
            QuotaReached: it is known already that the question exceeds a quota.
            DatabaseUnavailable: the key of the day can be neither read nor made.
        """
        network = await self.network_now(visit)
        self.quotas.refuse_exhausted(LimitedAct.QUESTION, subjects_of(voter, network, prompt_hash(prompt)), now())
        return network

    def open_battle(self, session: Session, voter: VoterKey, network: str, prompt: str, *, waived: bool) -> Battle:
        """Return a new battle of a voter with what is known of the visit; count its first question.

        Args:
            session: where all is counted.
            voter: who asks.
            network: the hash of the voter's network.
            prompt: the first prompt.
            waived: no proof of work can be asked for at the moment.

        Raises:
            QuotaReached: the question exceeds a quota.
            ProofNeeded: the network is hot, the voter is new and has no proof of work left.
        """
        moment = now()
        arrival = queries.arrive(session, voter, moment=moment)
        counts = self.count_question(session, voter, network, prompt)
        if arrival.is_new:
            self._count_newcomer(session, arrival.voter, network, moment)
        proof = self._proof(session, arrival.voter, counts, moment, waived=waived)
        return Battle(
            voter=arrival.voter,
            opened_at=moment,
            network_hash=network,
            prompt_hash=prompt_hash(prompt),
            proof=proof or "",
        )

    def count_question(self, session: Session, voter: VoterKey, network: str, prompt: str) -> Counts | None:
        """Count a question; return the counts, or None where they cannot be told.

        Raises:
            QuotaReached: the question exceeds a quota.
        """
        moment, subjects = now(), subjects_of(voter, network, prompt_hash(prompt))
        counts = self._counted(session, LimitedAct.QUESTION, subjects, moment)
        if counts and counts.exceeded:
            raise self.quotas.refuse(counts.exceeded[0], subjects, moment)
        return counts

    def judge(self, session: Session, battle: Battle, vote: Vote, network: str) -> None:
        """Count a vote, and mark it with how the check ended. If a quota is exceeded, take it out of the count.

        The vote is not part of the session yet, and nor are its tallies.
        """
        vote.network_hash = network
        subjects = subjects_of(VoterKey(battle.voter.key), network, battle.prompt_hash)
        counts = self._counted(session, LimitedAct.VOTE, subjects, vote.cast_at)
        exceeded = counts.exceeded[0] if counts and counts.exceeded else None
        if exceeded:
            vote.checked = Checked.FAILED
        else:
            vote.checked = Checked.PASSED if counts and network else Checked.UNCHECKED
        voter = battle.voter
        if exceeded and exceeded.per is Per.VOTER and not voter.held_at and is_new(voter, vote.cast_at):
            self._hold(session, voter, vote.cast_at)
        if voter.held_at:
            take_out(vote, Held(voter.held))
        elif exceeded:
            take_out(vote, Held(f"{exceeded.per}-{exceeded.span}"))
        elif vote.cast_at < voter.first_seen_at + self.trial:
            take_out(vote, Held.TRIAL)

    def challenge(self, voter: VoterKey, needed: ProofNeeded) -> str | None:
        """Return a challenge for a voter's browser as JSON, or None where none can be made."""
        return self.proofs.challenge(voter, heat=needed.heat)

    def _counted(self, session: Session, act: LimitedAct, subjects: Subjects, moment: datetime) -> Counts | None:
        """Count an act; return None if that fails, and leave the rest of the transaction as it was."""
        try:
            session.flush()  # what stands in it already is no part of what may be taken back here
            with session.connection().begin_nested():
                return self.quotas.count(session, act, subjects, moment)
        except Exception:
            log.exception("quotas cannot be checked act=%s", act)
            return None

    def _count_newcomer(self, session: Session, voter: Voter, network: str, moment: datetime) -> None:
        counts = self._counted(session, LimitedAct.NEWCOMER, {Per.NETWORK: network}, moment)
        if counts and counts.exceeded:
            span = counts.exceeded[0].span
            voter.held_at = moment
            voter.held = Held.NEWCOMERS_HOUR if span is Span.HOUR else Held.NEWCOMERS_DAY

    def _proof(
        self, session: Session, voter: Voter, counts: Counts | None, moment: datetime, *, waived: bool
    ) -> Checked | None:
        """Return how the proof of work ended, or None where none is asked for."""
        questions = counts.of(Per.NETWORK, Span.HOUR) if counts else 0
        if questions <= self._hot_network or not is_new(voter, moment):
            return None
        if waived:
            return Checked.UNCHECKED
        proof = queries.spend_proof(session, VoterKey(voter.key), moment)
        if proof is None:
            raise ProofNeeded(heat=questions / self._hot_network)
        return proof

    def _hold(self, session: Session, voter: Voter, moment: datetime) -> None:
        """Take the votes of a voter out of the count, those so far and those to come, until somebody decides."""
        voter.held_at, voter.held = moment, Held.NEW_VOTER
        session.flush()
        tallies.lock(session)
        deltas = queries.hold(session, voter, reason=REASONS[Held.NEW_VOTER], at=moment)
        tallies.add(session, [replace(delta, count=-delta.count) for delta in deltas])
        session.add(
            Exclusion(
                at=moment,
                action=ExclusionAction.EXCLUDE,
                reason=REASONS[Held.NEW_VOTER],
                chosen={"battles": [], "voters": [voter.id]},
                num_votes=sum(delta.count for delta in deltas),
            )
        )
        log.warning("votes of a new voter are held voter=%s", voter.id)


def subjects_of(voter: VoterKey, network: str, prompt: str) -> Subjects:
    """Return for whom a question or a vote is counted: the voter's key, and the hashes of network and prompt."""
    return {Per.VOTER: voter, Per.NETWORK: network, Per.PROMPT: prompt}


def is_new(voter: Voter, moment: datetime) -> bool:
    """Return whether a voter's votes count on trust at a moment."""
    return moment < voter.first_seen_at + NEW_FOR


def take_out(vote: Vote, held: Held) -> None:
    """Take a vote out of the count, with its reason."""
    vote.held, vote.excluded, vote.excluded_at = held, REASONS[held], vote.cast_at
