"""Flags: the findings of moderation, and a later check of prompts and replies that were left unchecked."""

from collections.abc import Sequence
from dataclasses import dataclass

from arena.clock import now
from arena.db.session import Database
from arena.db.tables import Flag, Reply, Turn
from arena.moderation import queries
from arena.moderation.moderation import Moderation, ModerationOutcome, Ruling


@dataclass(frozen=True, slots=True)
class Recheck:
    """How many prompts and replies a recheck judged, how many of these it flagged, and how many are still unchecked."""

    judged: int
    flagged: int
    still_unchecked: int


class Flags:
    """The flags of an arena. Returned rows are detached from the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list(self) -> Sequence[Flag]:
        """Return all flags, the newest first."""
        with self._database.reading() as session:
            return queries.all_flags(session)

    def num_unchecked(self) -> int:
        """Return how many prompts and replies moderation could not check."""
        with self._database.reading() as session:
            return queries.num_unchecked(session)

    async def recheck(self, moderation: Moderation) -> Recheck:
        """Judge all unchecked prompts and replies, and return how many.

        A flag that comes so late takes the battle out of exports, but not out of the ratings.

        Raises:
            DatabaseUnavailable: the database does not answer. Rulings stored before that stay.
        """
        prompts, replies = self._unchecked()
        rulings: list[Ruling] = []
        for turn in prompts:
            rulings.append(await moderation.of_prompt(turn.prompt))
            self._note(rulings[-1], turn_id=turn.id)
        for reply in replies:
            rulings.append(await moderation.of_reply(reply.turn.prompt, reply.text))
            self._note(rulings[-1], turn_id=reply.turn_id, reply_id=reply.id)
        outcomes = [ruling.outcome for ruling in rulings]
        away = outcomes.count(ModerationOutcome.UNCHECKED)
        return Recheck(len(outcomes) - away, outcomes.count(ModerationOutcome.FLAGGED), away)

    def _unchecked(self) -> tuple[Sequence[Turn], Sequence[Reply]]:
        with self._database.reading() as session:
            return queries.unchecked_prompts(session), queries.unchecked_replies(session)

    def _note(self, ruling: Ruling, *, turn_id: int, reply_id: int | None = None) -> None:
        with self._database.writing() as session:
            judged = session.get_one(Turn, turn_id) if reply_id is None else session.get_one(Reply, reply_id)
            judged.moderation = ruling.outcome
            if ruling.outcome is ModerationOutcome.FLAGGED:
                flag = Flag(at=now(), turn_id=turn_id, reply_id=reply_id, moderator=ruling.moderator)
                flag.categories = list(ruling.categories)
                session.add(flag)
