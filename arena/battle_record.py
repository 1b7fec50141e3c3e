"""A battle's rows: how they begin, what conversation they hold, and the view that its voter gets of them."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from arena.battle_view import (
    SIDES,
    BattleStatus,
    BattleView,
    ContenderCard,
    Handle,
    ReplyStatus,
    ReplyView,
    Reveal,
    Side,
    TurnView,
)
from arena.db.tables import Battle, Contender, Reply, Turn
from arena.racing import LiveReply
from generation.backends import Message


def now() -> datetime:
    """Return the time, with its zone."""
    return datetime.now(UTC)


def new_turn(battle: Battle, prompt: str) -> Turn:
    """Return the next turn of `battle`, with a reply to be written on each side."""
    turn = Turn(position=len(battle.turns) + 1, prompt=prompt, attempt=1, asked_at=now())
    turn.replies.extend(new_replies(battle, 1))
    return turn


def new_replies(battle: Battle, attempt: int) -> list[Reply]:
    """Return a reply to be written for each side."""
    contenders = zip(SIDES, (battle.contender_a_id, battle.contender_b_id), strict=True)
    return [Reply(side=side, attempt=attempt, contender_id=id_, started_at=now()) for side, id_ in contenders]


def conversation(battle: Battle, side: Side) -> list[Message]:
    """Return what one side is asked: all turns so far as it saw them, the last prompt at the end."""
    *past, last = battle.turns
    messages = []
    for turn in past:
        messages += [Message("user", turn.prompt), Message("assistant", turn.current(side).text)]
    return [*messages, Message("user", last.prompt)]


def store_live(live: LiveReply, row: Reply) -> None:
    """Copy the end of a reply into its row."""
    row.status = live.status
    row.text = live.text
    row.first_token_s = live.first_token_s
    row.duration_s = live.duration_s
    row.num_bytes = len(live.text.encode())
    row.num_chars = len(live.text)
    row.num_pieces = live.num_pieces
    row.finish_reason = live.finish_reason
    row.failure = live.failure
    row.failure_detail = live.failure_detail
    if live.usage:
        row.prompt_tokens, row.completion_tokens = live.usage.prompt_tokens, live.usage.completion_tokens


def current_replies(battle: Battle) -> list[Reply]:
    """Return the replies that count, two a turn."""
    return [turn.current(side) for turn in battle.turns for side in SIDES]


def all_whole(battle: Battle) -> bool:
    """Return whether every reply that counts is finished."""
    return all(reply.status is ReplyStatus.FINISHED for reply in current_replies(battle))


def _reply_view(reply: Reply | LiveReply) -> ReplyView:
    return ReplyView(text=reply.text, status=reply.status, cut_off=reply.finish_reason == "length")


def view_of(battle: Battle, *, running: bool, max_turns: int, max_attempts: int) -> BattleView:
    """Return what the battle's voter may see; the names only once a vote is there."""
    idle_and_open = battle.status is BattleStatus.OPEN and not running
    whole = all_whole(battle)
    return BattleView(
        handle=Handle(battle.handle),
        status=battle.status,
        turns=tuple(
            TurnView(
                prompt=turn.prompt,
                a=_reply_view(turn.current("a")),
                b=_reply_view(turn.current("b")),
                attempt=turn.attempt,
            )
            for turn in battle.turns
        ),
        running=running,
        votable=idle_and_open and whole,
        askable=idle_and_open and whole and len(battle.turns) < max_turns,
        regenerable=idle_and_open and battle.turns[-1].attempt < max_attempts,
        reveal=_reveal(battle),
    )


def with_live_text(view: BattleView, live: Mapping[Side, LiveReply]) -> BattleView:
    """Return `view` with the last turn's replies as they are in memory; void as soon as one failed."""
    last = replace(view.turns[-1], a=_reply_view(live["a"]), b=_reply_view(live["b"]))
    failed = any(reply.status is ReplyStatus.FAILED for reply in live.values())
    status = BattleStatus.VOID if failed else view.status
    return replace(view, status=status, turns=(*view.turns[:-1], last))


def _reveal(battle: Battle) -> Reveal | None:
    if battle.vote is None:
        return None
    return Reveal(verdict=battle.vote.verdict, a=card_of(battle.contender_a), b=card_of(battle.contender_b))


def card_of(contender: Contender) -> ContenderCard:
    """Return what is shown of a contender once its name may be known."""
    return ContenderCard(
        slug=contender.slug,
        label=contender.label,
        organisation=contender.organisation,
        licence=contender.licence,
        lineage=contender.lineage,
    )
