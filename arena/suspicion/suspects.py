"""Suspects: what the detectors find among the votes, what is left out because of it, and what a maintainer decides.

A vote that is held does not count until a maintainer has decided, and counts again at once when the suspicion is
released. Votes are taken out as every exclusion is: for a reason that the pages count, reversibly, with the tallies
updated in the same transaction. A suspicion that would cost a contender mostly honest votes holds nothing by itself.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import date, datetime

from arena.clock import now
from arena.db import tallies
from arena.db.session import Database, Session
from arena.db.suspicion_tables import DetectorRun, Suspicion, SuspicionState
from arena.db.tables import ExclusionAction
from arena.errors import BadConfiguration, UnknownSuspicion
from arena.suspicion import queries
from arena.suspicion.opened_battles import Seen, opened_battles
from arena.suspicion.states import SUSPECT
from arena.version import program_version
from arena.votes.exclusions import change
from leaderboard.suspicion.holds import DEFAULT, Hold, find_holds
from leaderboard.suspicion.opened import UNKNOWN
from leaderboard.suspicion.two_sided import Sides, needs_a_person, sides

LEAST_VOTES = 100  # in an arena with fewer nothing is judged: its board is no board yet
BACK = "a maintainer decided about the suspicion"
WHAT = {
    "target": "they favour {about}",
    "against": "they go against {about}",
    "left": "the left side is chosen whatever it says",
    "right": "the right side is chosen whatever it says",
    "contrary": "they go against what all others say, or are thrown",
    "influence": "they move {about} past the next above it",
    "aligned": "they all help {about} past the next above it",
    "selective": "battles with {about} get a vote and others do not",
    "courting": "battles with {about} get a vote, for it, and others do not",
    "shunning": "battles with {about} get a vote, against it, and others do not",
    "hasty": "they are cast before the answers can be read",
}


@dataclass(frozen=True, slots=True)
class StoodOut:
    """A hold in words that outlive the numbers of one look.

    Attributes:
        subject: the same in every look that finds it.
        reason: a sentence for maintainers.
        contender: id of the one that it is about, or None.
        battles: whose votes it holds.
        waits: whether a person must decide first.
    """

    subject: str
    reason: str
    contender: int | None
    score: str
    chance: float
    excess: float
    battles: tuple[int, ...]
    waits: bool


@dataclass(frozen=True, eq=False, slots=True)
class DetectorLook:
    """What the detectors find in the votes until a moment.

    Attributes:
        sides: what all that is found would cost each contender, in the order of `contenders`.
    """

    until: datetime
    num_battles: int
    num_votes: int
    found: tuple[StoodOut, ...]
    contenders: tuple[str, ...]
    sides: Sides

    @property
    def sha256(self) -> str:
        """A hash of what was found."""
        told = [[one.subject, one.waits, *one.battles] for one in self.found]
        return hashlib.sha256(json.dumps(told, allow_nan=False).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Listed:
    """A suspicion with the number of its votes, and of those that are left out now."""

    suspicion: Suspicion
    num_votes: int
    num_left_out: int


@dataclass(frozen=True, slots=True)
class RepeatedLook:
    """A look that was repeated: what it found then and now, and how many votes there were."""

    run: DetectorRun
    look: DetectorLook

    @property
    def same(self) -> bool:
        """Whether it found the same."""
        return self.run.holds_sha256 == self.look.sha256


def look(session: Session, *, until: datetime) -> DetectorLook:
    """Return what stands out among the votes until a moment. The same rows always give the same."""
    seen = opened_battles(session, until=until)
    count = int(seen.battles.voted.sum())
    holds = find_holds(seen.battles, DEFAULT) if count >= LEAST_VOTES else ()
    found = tuple(_found(hold, seen) for hold in holds)
    return DetectorLook(until, len(seen.ids), count, found, tuple(seen.contenders.values()), sides(seen.battles, holds))


def _found(hold: Hold, seen: Seen) -> StoodOut:
    about = None if hold.subject == UNKNOWN else seen.contender(hold.subject)
    slug = "" if about is None else seen.contenders[about]
    whose = _whose(hold, seen)
    what = WHAT[hold.score].format(about=f"`{slug}`")
    votes = len(hold.votes)
    which = f"{votes} vote{'' if votes == 1 else 's'}" + (f" about `{slug}`" if slug and hold.of != "voter" else "")
    share = f"; about {hold.excess:.0f} of them would have to be an attacker's" if hold.of != "voter" else ""
    return StoodOut(
        subject=whose + (f": {slug}" if slug and hold.of != "voter" else ""),
        reason=f"{which} of {whose}: {what} (chance {hold.chance:.0e}{share})",
        contender=about,
        score=hold.score,
        chance=hold.chance,
        excess=hold.excess,
        battles=tuple(sorted(seen.ids[hold.votes].tolist())),
        waits=needs_a_person(hold, seen.battles),
    )


def _whose(hold: Hold, seen: Seen) -> str:
    """Return the voters of a hold in words."""
    if hold.of == "voter":
        return f"voter {seen.voters[hold.label]}"
    few = 2**hold.octave if hold.octave != UNKNOWN else 0
    size = "" if not few else f" with {few} vote" if few == 1 else f" with {few} to {2 * few - 1} votes each"
    if hold.of.startswith("first seen"):
        days = int(hold.of.split()[3])
        first = date.fromordinal(hold.label - days)
        return f"voters{size} first seen in {days} day{'' if days == 1 else 's'} from {first}"
    if hold.of.endswith("shared with held votes"):
        return f"voters who share a {hold.of.split()[0]} with votes that are held"
    if hold.of == "share of battles voted on":
        return f"voters{size} who leave more battles without a vote than others (quarter {hold.label} of 4)"
    return f"voters of the {hold.of} first met in battle {hold.label}"


class Suspects:
    """Keeps what the detectors find, and leaves out what is held. Returned rows are detached from the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def look(self, *, until: datetime | None = None) -> DetectorLook:
        """Return what stands out, and change nothing."""
        with self._database.reading() as session:
            return look(session, until=until or now())

    def keep(self, looked: DetectorLook) -> int:
        """Store what a look found, leave out what is held, and return how many votes that changes."""
        with self._database.writing() as session:
            tallies.lock(session)
            newest = queries.newest_run(session)
            if newest is None or newest.holds_sha256 != looked.sha256:
                session.add(_run(looked))
            known = queries.suspicions_by_subject(session)
            for found in looked.found:
                row = known.get(found.subject)
                if row is None:
                    row = _suspicion(found, looked.until)
                    session.add(row)
                    session.flush()
                if row.state is not SuspicionState.RELEASED:
                    row.reason, row.score, row.chance, row.excess = (
                        found.reason,
                        found.score,
                        found.chance,
                        found.excess,
                    )
                    queries.add_suspect_votes(session, row.id, found.battles)
            session.flush()
            return _settle(session)

    def list(self) -> tuple[Listed, ...]:
        """Return all suspicions, the newest first."""
        with self._database.reading() as session:
            return tuple(Listed(*row) for row in queries.suspicions(session))

    def decide(self, id_: int, state: SuspicionState, *, decision: str) -> int:
        """Hold, release or confirm a suspicion, and return how many votes that takes out or puts back.

        Raises:
            BadConfiguration: no reason is given for the decision.
            UnknownSuspicion: there is no such suspicion.
        """
        decision = decision.strip()
        if not decision:
            raise BadConfiguration("A decision needs a reason.", hint="The reason is stored and shown.")
        with self._database.writing() as session:
            tallies.lock(session)
            row = queries.suspicion(session, id_)
            if row is None:
                raise UnknownSuspicion(f"There is no suspicion {id_}.", hint="`arena votes suspects` lists them.")
            row.state, row.decided_at, row.decision = state, now(), decision
            session.flush()
            return _settle(session)

    def replay(self, run: int | None = None) -> RepeatedLook | None:
        """Repeat a look, by default the last that found something new, on the rows as they are; None if there is none.

        Raises:
            UnknownSuspicion: there is no such look.
        """
        with self._database.reading() as session:
            row = queries.newest_run(session) if run is None else queries.run_of(session, run)
            if row is None and run is not None:
                raise UnknownSuspicion(f"There is no look {run}.", hint="Leave the number out for the last one.")
            return RepeatedLook(row, look(session, until=row.until)) if row else None

    def num_votes(self) -> int:
        """Return how many votes there are, counted or not."""
        with self._database.reading() as session:
            return queries.num_votes(session)


def _run(looked: DetectorLook) -> DetectorRun:
    return DetectorRun(
        at=now(),
        until=looked.until,
        code_version=program_version(),
        thresholds=asdict(DEFAULT),
        num_battles=looked.num_battles,
        num_votes=looked.num_votes,
        holds_sha256=looked.sha256,
    )


def _suspicion(found: StoodOut, at: datetime) -> Suspicion:
    return Suspicion(
        subject=found.subject,
        found_at=at,
        state=SuspicionState.WAITING if found.waits else SuspicionState.HELD,
        contender_id=found.contender,
        score=found.score,
        chance=found.chance,
        excess=found.excess,
        reason=found.reason,
    )


def _settle(session: Session) -> int:
    """Leave out exactly the votes that the suspicions hold, and return how many votes change.

    What a maintainer released is not held by any other suspicion, unless a maintainer confirmed it.
    """
    votes = queries.suspect_votes(session)
    released = {battle for _, state, battle in votes if state is SuspicionState.RELEASED}
    wanted: dict[int, str] = {}
    for _, state, battle in votes:
        if state is SuspicionState.CONFIRMED:
            wanted[battle] = SUSPECT[state]
        elif state is SuspicionState.HELD and battle not in released:
            wanted.setdefault(battle, SUSPECT[state])
    for battle in queries.uncounted_otherwise(session, sorted(wanted)):
        del wanted[battle]
    present = queries.excluded_as_suspect(session)
    changed = 0
    if back := sorted(battle for battle, reason in present.items() if wanted.get(battle) != reason):
        changed += change(session, ExclusionAction.RESTORE, battles=back, reason=BACK).num_votes
    for reason in SUSPECT.values():
        if out := sorted(battle for battle, why in wanted.items() if why == reason != present.get(battle)):
            changed += change(session, ExclusionAction.EXCLUDE, battles=out, reason=reason).num_votes
    return changed
