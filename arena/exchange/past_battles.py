"""Past battles: battles with a vote, which show readers what a rating rests on.

A battle is listed only after its vote is committed. Its prompts and replies are shown only if the arena publishes
conversations, its voter allows it, the vote counts, and moderation flagged nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from arena.db.queries import contender_slugs
from arena.db.session import Database
from arena.db.tables import Battle, Slice, Turn
from arena.errors import UnknownBattle, UnknownContender
from arena.exchange import queries
from arena.exchange.queries import FLAGGED
from arena.voters.queries import texts_permitted
from leaderboard import Verdict

PAGE = 50
# The outcomes of a battle for the contender in question.
OUTCOMES = ("won", "lost", "tie", "both_bad")


@dataclass(frozen=True, slots=True)
class PastTurn:
    """A prompt and the two replies that counted."""

    prompt: str
    a: str
    b: str


@dataclass(frozen=True, slots=True)
class PastBattle:
    """A battle with its vote; `a` and `b` are slugs. `turns` is empty if they may not be shown."""

    id: int
    voted_at: datetime
    a: str
    b: str
    verdict: Verdict
    excluded: str
    category: str
    language: str
    num_turns: int
    turns: tuple[PastTurn, ...]

    @property
    def winner(self) -> str | None:
        """The slug of the side that won, or None."""
        return {Verdict.A: self.a, Verdict.B: self.b}.get(self.verdict)


@dataclass(frozen=True, slots=True, kw_only=True)
class BattleSearch:
    """Which battles to find: of `a`, against `b`, with an outcome for `a`, in a category, older than `before`."""

    a: str = ""
    b: str = ""
    outcome: str = ""
    category: str = ""
    before: int | None = None


@dataclass(frozen=True, slots=True)
class PastBattles:
    """Finds battles that were voted on."""

    database: Database
    publish: bool = field(kw_only=True)

    def find(self, search: BattleSearch) -> list[PastBattle]:
        """Return the newest battles that match: a page, and one more if there are more.

        Raises:
            UnknownContender: `a` or `b` is no contender.
        """
        with self.database.reading() as session:
            ids = {slug: id_ for id_, slug in contender_slugs(session).items()}
            if unknown := [slug for slug in (search.a, search.b) if slug and slug not in ids]:
                raise UnknownContender(f"There is no contender `{unknown[0]}`.")
            battles = queries.newest_battles(
                session,
                a=ids.get(search.a),
                b=ids.get(search.b),
                outcome=search.outcome,
                category=search.category,
                before=search.before,
                limit=PAGE + 1,
            )
            permitted = texts_permitted(session, [battle.id for battle in battles])
            return [self._past(battle, permitted=battle.id in permitted) for battle in battles]

    def get(self, battle_id: int) -> PastBattle:
        """Return one battle.

        Raises:
            UnknownBattle: there is none with this number that was voted on.
        """
        with self.database.reading() as session:
            battle = queries.voted_battle(session, battle_id)
            if battle is None:
                raise UnknownBattle("There is no battle with this number that was voted on.")
            return self._past(battle, permitted=bool(texts_permitted(session, [battle.id])))

    def _past(self, battle: Battle, *, permitted: bool) -> PastBattle:
        vote, label = battle.vote, battle.label
        assert vote
        slice_ = label.slice if label else Slice(category="", language="")
        return PastBattle(
            id=battle.id,
            voted_at=vote.cast_at,
            a=battle.contender_a.slug,
            b=battle.contender_b.slug,
            verdict=vote.verdict,
            excluded=vote.excluded,
            category=slice_.category,
            language=slice_.language,
            num_turns=len(battle.turns),
            turns=_texts(battle.turns) if self.publish and permitted and not vote.excluded else (),
        )


def _texts(turns: Sequence[Turn]) -> tuple[PastTurn, ...]:
    """Return all turns, or none if moderation flagged one of them."""
    if any(map(_has_flag, turns)):
        return ()
    return tuple(PastTurn(turn.prompt, turn.current("a").text, turn.current("b").text) for turn in turns)


def is_flagged(battle: Battle) -> bool:
    """Return whether moderation, or a person at its desk, withholds a prompt or a current reply of a battle."""
    return any(map(_has_flag, battle.turns))


def _has_flag(turn: Turn) -> bool:
    return FLAGGED in {turn.moderation, turn.current("a").moderation, turn.current("b").moderation}
