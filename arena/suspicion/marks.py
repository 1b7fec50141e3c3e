"""Marks: what a reader of a vote should know. A marked vote counts; marks are counted apart, with their reason.

| mark | set where |
|---|---|
| too fast | the vote came before both answers could be skimmed, counted from the first word on |
| repeated prompt | the voter had voted on the same first prompt before |
| duplicate | … and on the same two contenders |
| same answers | both sides end with the same text |
| asks for names | a prompt asks who is answering |
| canvassing | an answer asks for the vote |
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from arena.db.session import Database, Session
from arena.db.states import SIDES
from arena.db.suspicion_tables import VoteMark
from arena.db.tables import Battle, Reply, Turn
from arena.suspicion import queries
from arena.suspicion.canvassing import asks_for_names, canvasses
from arena.suspicion.states import Mark
from leaderboard import Ranking, Tallies, rank

# Nobody skims faster: some 700 English words a minute, twice what a fast reader takes in.
CHARS_PER_S = 60.0
# Of long answers so much is enough to judge them.
LONGEST_READ_S = 10.0


def mark_votes(database: Database, *, after: tuple[datetime, int] | None = None) -> tuple[datetime, int] | None:
    """Mark all votes, or those cast after one that is given by its time and battle; return the last.

    Nobody waits for it but for its writing. What is marked already stays, so this may be repeated.
    """
    while True:
        with database.reading() as session:
            battles = queries.next_votes(session, after)
            marks = [mark for battle in battles for mark in marks_of(session, battle)]
        if not battles:
            return after
        with database.writing() as session:
            queries.add_marks(session, marks)
        last = battles[-1].vote
        assert last
        after = (last.cast_at, last.battle_id)


def marks_of(session: Session, battle: Battle) -> Iterator[VoteMark]:
    """Yield the marks of the vote on a battle whose turns and replies are loaded."""
    found: dict[Mark, str] = {}
    turns = [turn for turn in battle.turns if turn.replies]  # none of them, where texts were erased
    last = turns[-1] if turns else None
    if last and (early := _seconds_too_early(battle, last)):
        found[Mark.TOO_FAST] = f"{early:.1f} s before both answers could be skimmed"
    if last and _text(last.current("a")) == _text(last.current("b")):
        found[Mark.SAME_ANSWERS] = "both answers are the same"
    if any(asks_for_names(turn.prompt) for turn in turns):
        found[Mark.ASKS_FOR_NAMES] = "a prompt asks who is answering"
    sides = [side for side in SIDES if any(canvasses(turn.current(side).text) for turn in turns)]
    if sides:
        found[Mark.CANVASSING] = f"side {' and '.join(sides)} asks for the vote"
    if last:
        found |= _repetition(session, battle)
    for mark, reason in found.items():
        yield VoteMark(battle_id=battle.id, mark=mark, reason=reason)


def _seconds_too_early(battle: Battle, turn: Turn) -> float:
    """Return how much earlier than possible a vote came whose voter had skimmed both answers, or 0."""
    assert battle.vote
    replies = [turn.current(side) for side in SIDES]
    first = min(reply.started_at + timedelta(seconds=reply.first_token_s or 0) for reply in replies)
    needed = min(sum(len(reply.text) for reply in replies) / CHARS_PER_S, LONGEST_READ_S)
    return max(0.0, needed - (battle.vote.cast_at - first).total_seconds())


def _repetition(session: Session, battle: Battle) -> dict[Mark, str]:
    assert battle.vote
    prompt = _same(battle.turns[0].prompt)
    pair = {battle.contender_a_id, battle.contender_b_id}
    before = [
        (id_, {a, b})
        for id_, a, b, text in queries.votes_before(session, battle.vote)
        if text and _same(text) == prompt
    ]
    found = {}
    if before and prompt:
        found[Mark.REPEATED_PROMPT] = f"as in battle {before[0][0]}"
        if again := [id_ for id_, met in before if met == pair]:
            found[Mark.DUPLICATE] = f"as in battle {again[0]}"
    return found


def _text(reply: Reply) -> str:
    return _same(reply.text)


def _same(text: str) -> str:
    return " ".join(text.casefold().split())


def marked_votes(database: Database) -> dict[Mark, int]:
    """Return how many votes that count have each mark; a vote may have several."""
    with database.reading() as session:
        counts = queries.num_marked(session)
    return {mark: counts[mark] for mark in Mark if mark in counts}


def ranking_without_marked(database: Database, *, at_once: bool = False) -> Ranking:
    """Return the ratings by the votes without any mark.

    Raises:
        DatabaseUnavailable: the votes cannot be read.
    """
    with database.reading() as session:
        rows = queries.unmarked_tallies(session)
        listed = queries.ranked_slugs(session)
    return rank(Tallies.from_counts(rows), contenders=listed, at_once=at_once)
