"""The moderation desk: a person decides on what was flagged or reported.

Taking down withholds a prompt or an answer from the archive, from exports and from whatever is published later;
dismissing a flag lets it be published again. Neither changes whether a vote counts. A decision can be changed by a
later one; each is kept, and recorded in the audit log without the text.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from arena.audit_log.acts import Act
from arena.audit_log.log import record
from arena.clock import now
from arena.db.moderation_tables import DeskDecision, FlagDecision
from arena.db.session import Database, Session
from arena.db.tables import Flag, Reply, Turn
from arena.errors import BadConfiguration, UnknownFlag
from arena.moderation import queries
from arena.moderation.moderation import ModerationOutcome
from arena.moderation.reports import BY_VOTER

BY_MAINTAINER = "maintainer"  # the moderator of a flag that begins with a takedown
TAKEN_DOWN = "taken down by a maintainer"
PROMPT, ANSWER, REFUSED_PROMPT = "prompt", "answer", "refused prompt"


@dataclass(frozen=True, slots=True)
class FlagCase:
    """A flag on the desk, with the text that it is about.

    Attributes:
        id: the flag's.
        at: when it was flagged.
        what: a prompt, an answer, or a prompt that was refused and never sent.
        battle: the battle's id, or None.
        moderator: who flagged it.
        categories: why.
        text: what was flagged; empty where it was too private to keep.
        prompt: the prompt before a flagged answer.
        decision: the last one, or None.
        reason: of that decision.
    """

    id: int
    at: datetime
    what: str
    battle: int | None
    moderator: str
    categories: tuple[str, ...]
    text: str
    prompt: str
    decision: DeskDecision | None
    reason: str


class ModerationDesk:
    """The desk of an arena."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def cases(self, *, decided: bool | None = False, limit: int = 100) -> list[FlagCase]:
        """Return flags with their texts, the newest first: those that wait, those decided, or all (None)."""
        with self._database.reading() as session:
            rows = queries.flags_with_decisions(session, decided=decided, limit=limit)
            return [_case(session, flag, decision) for flag, decision in rows]

    def num_waiting(self) -> int:
        """Return how many flags wait for a decision."""
        with self._database.reading() as session:
            return queries.num_waiting(session)

    def decide(self, flags: Sequence[int], decision: DeskDecision, *, reason: str) -> int:
        """Decide on flags, all or none; return how many.

        Raises:
            UnknownFlag: one of them does not exist. Nothing was changed.
            BadConfiguration: the reason is empty.
        """
        _refuse_empty(reason)
        chosen = list(dict.fromkeys(flags))
        with self._database.writing() as session:
            found = queries.flags_by_id(session, chosen)
            if unknown := [str(id_) for id_ in chosen if id_ not in found]:
                raise UnknownFlag(f"There is no flag {', '.join(unknown)}.", hint="Nothing was changed.")
            for id_ in chosen:
                _decide(session, found[id_], decision, reason)
        return len(chosen)

    def take_down(self, battles: Sequence[int], *, reason: str) -> int:
        """Take down whole battles, whether or not anything in them was flagged; return how many prompts that is.

        Raises:
            UnknownFlag: one of the battles does not exist. Nothing was changed.
            BadConfiguration: the reason is empty.
        """
        _refuse_empty(reason)
        with self._database.writing() as session:
            turns = queries.turns_of(session, battles)
            if unknown := sorted(set(battles) - {turn.battle_id for turn in turns}):
                names = ", ".join(map(str, unknown))
                raise UnknownFlag(f"There is no battle {names}.", hint="Nothing was changed.")
            for turn in turns:
                flag = Flag(at=now(), turn_id=turn.id, moderator=BY_MAINTAINER, categories=[TAKEN_DOWN])
                session.add(flag)
                session.flush()
                _decide(session, flag, DeskDecision.TAKE_DOWN, reason)
        return len(turns)


def _refuse_empty(reason: str) -> None:
    if not reason.strip():
        raise BadConfiguration("A decision needs a reason.", hint="It is kept for the other maintainers.")


def _decide(session: Session, flag: Flag, decision: DeskDecision, reason: str) -> None:
    session.add(FlagDecision(flag_id=flag.id, at=now(), decision=decision, reason=reason.strip()))
    session.flush()
    judged = _judged(session, flag)
    if judged is not None:
        # One text may have several flags: it stands only if none of them holds.
        flags = queries.decisions_about(session, turn_id=flag.turn_id, reply_id=flag.reply_id)
        holds = any(_holds(moderator, decided) for moderator, decided in flags)
        judged.moderation = ModerationOutcome.FLAGGED if holds else ModerationOutcome.PASSED
    record(
        session,
        Act.MODERATION_DECIDED,
        f"flag {flag.id}",
        details={
            "decision": decision,
            "about": _what(flag),
            "flagged_by": flag.moderator,
            "categories": flag.categories,
        },
        withheld={"reason": reason.strip(), "turn": flag.turn_id, "reply": flag.reply_id},
    )


def _holds(moderator: str, decision: DeskDecision | None) -> bool:
    """Return whether a flag withholds its text: a moderator's until it is dismissed, a voter's once it is upheld."""
    return moderator != BY_VOTER if decision is None else decision is DeskDecision.TAKE_DOWN


def _judged(session: Session, flag: Flag) -> Turn | Reply | None:
    """Return the prompt's or the answer's row; None for a prompt that was never sent."""
    if flag.reply_id is not None:
        return session.get_one(Reply, flag.reply_id)
    return session.get_one(Turn, flag.turn_id) if flag.turn_id is not None else None


def _what(flag: Flag) -> str:
    if flag.reply_id is not None:
        return ANSWER
    return PROMPT if flag.turn_id is not None else REFUSED_PROMPT


def _case(session: Session, flag: Flag, decision: FlagDecision | None) -> FlagCase:
    judged = _judged(session, flag)
    turn = judged.turn if isinstance(judged, Reply) else judged
    text = judged.text if isinstance(judged, Reply) else judged.prompt if judged else flag.text
    return FlagCase(
        id=flag.id,
        at=flag.at,
        what=_what(flag),
        battle=turn.battle_id if turn else None,
        moderator=flag.moderator,
        categories=tuple(map(str, flag.categories)),
        text=text,
        prompt=turn.prompt if turn and isinstance(judged, Reply) else "",
        decision=decision.decision if decision else None,
        reason=decision.reason if decision else "",
    )
