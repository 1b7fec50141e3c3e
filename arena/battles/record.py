"""The rows of a battle: how they are made, the conversation that they hold, and the voter's view of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from arena.battles.race import LiveReply
from arena.battles.views import BattleView, ContenderCard, Effort, ReplyView, Reveal, TurnView
from arena.clock import now
from arena.contenders.costs import Cost, cost_of
from arena.contenders.energy import assumptions_of
from arena.contenders.lineage import Known, licence_note, lineage_note
from arena.db.states import SIDES, BattleStatus, Handle, ReplyStatus, Side
from arena.db.tables import Battle, Contender, Reply, Turn
from arena.moderation.moderation import Flagged, ModerationOutcome
from arena.voters.admission import REASONS
from generation.conversation import Message
from generation.errors import PromptDeclined
from generation.token_counts import count_tokens

CUT_OFF = "length"  # the reason for which a reply ended, as endpoints say it


def new_turn(battle: Battle, prompt: str, moderation: ModerationOutcome) -> Turn:
    """Return the next turn of `battle`, with an empty reply for each side."""
    position = len(battle.turns) + 1
    turn = Turn(position=position, prompt=prompt, attempt=1, asked_at=now(), moderation=moderation)
    turn.replies.extend(new_replies(battle, 1))
    return turn


def new_replies(battle: Battle, attempt: int) -> list[Reply]:
    """Return an empty reply for each side, by the contender of that side."""
    contenders = zip(SIDES, (battle.contender_a_id, battle.contender_b_id), strict=True)
    return [Reply(side=side, attempt=attempt, contender_id=id_, started_at=now()) for side, id_ in contenders]


@dataclass(frozen=True, slots=True)
class Asked:
    """The messages that one side is asked with, after the contender's system prompt."""

    contender: Contender
    messages: Sequence[Message]

    @classmethod
    def of(cls, battle: Battle, side: Side) -> "Asked":
        """Return the question to one side of `battle` in its last turn."""
        contender = battle.contender_a if side == "a" else battle.contender_b
        system = [Message("system", contender.system_prompt)] if contender.system_prompt else []
        return cls(contender, (*system, *conversation(battle, side)))

    @property
    def prompts(self) -> list[str]:
        """All prompts of the voter so far."""
        return [message.content for message in self.messages if message.role == "user"]

    def cost(self, live: LiveReply) -> Cost:
        """Return the cost of a reply to this question."""
        return cost_of(
            self.contender,
            usage=live.usage,
            prompt=self.messages,
            text=live.reasoning + live.text,
            seconds=live.duration_s or 0.0,
        )


def conversation(battle: Battle, side: Side) -> list[Message]:
    """Return the conversation of one side: past prompts with its own replies that count, then the last prompt."""
    *past, last = battle.turns
    messages = []
    for turn in past:
        messages += [Message("user", turn.prompt), Message("assistant", turn.current(side).text)]
    return [*messages, Message("user", last.prompt)]


def store_cost(cost: Cost, row: Reply) -> None:
    """Copy the cost of a reply into its row."""
    row.usd, row.usd_basis = cost.usd, cost.basis
    if cost.energy:
        row.wh_low, row.wh_high = cost.energy.low, cost.energy.high


def store_live(live: LiveReply, row: Reply) -> None:
    """Copy a reply that has ended into its row."""
    row.status = live.status
    row.text = live.text
    row.reasoning = live.reasoning
    row.first_token_s = live.first_token_s
    row.duration_s = live.duration_s
    row.num_bytes = len(live.text.encode())
    row.num_chars = len(live.text)
    row.num_pieces = live.num_pieces
    row.finish_reason = live.finish_reason
    row.failure = live.failure
    row.failure_detail = live.failure_detail
    row.queued_s = live.queued_s
    if live.usage:
        row.prompt_tokens, row.completion_tokens = live.usage.prompt_tokens, live.usage.completion_tokens
        row.reasoning_tokens = live.usage.reasoning_tokens or None


def current_replies(battle: Battle) -> list[Reply]:
    """Return the replies of the latest attempts, two for each turn."""
    return [turn.current(side) for turn in battle.turns for side in SIDES]


def all_finished(battle: Battle) -> bool:
    """Return whether every reply that counts is finished."""
    return all(reply.status is ReplyStatus.FINISHED for reply in current_replies(battle))


def _reply_view(reply: Reply | LiveReply, *, thinking: bool) -> ReplyView:
    withheld = reply.failure == Flagged.kind
    return ReplyView(
        text="" if withheld else reply.text,
        status=reply.status,
        cut_off=reply.finish_reason == CUT_OFF,
        withheld=withheld,
        declined=reply.failure == PromptDeclined.kind,
        thinking=reply.reasoning if thinking and not withheld else None,
    )


def _turn_view(turn: Turn, *, thinking: bool, blind: bool) -> TurnView:
    view = TurnView(
        prompt=turn.prompt,
        a=_reply_view(turn.current("a"), thinking=thinking),
        b=_reply_view(turn.current("b"), thinking=thinking),
        attempt=turn.attempt,
    )
    return _alike(view) if blind else view


def _alike(turn: TurnView) -> TurnView:
    """Return a turn in which the note that an answer was cut off stands on both sides or on neither.

    A length limit is a contender's own, so a note on one side only would tell something about who is there. While one
    side still writes, the note waits.
    """
    sides = (turn.a, turn.b)
    ended = all(reply.status is not ReplyStatus.STREAMING for reply in sides)
    cut_off = ended and any(reply.cut_off for reply in sides)
    return replace(turn, a=replace(turn.a, cut_off=cut_off), b=replace(turn.b, cut_off=cut_off))


def view_of(
    battle: Battle,
    *,
    running: bool,
    max_turns: int,
    max_attempts: int,
    thinking: str = "hidden",
    contenders: Known | None = None,
    erasure_code: str = "",
) -> BattleView:
    """Return what the battle's voter may see, with the names only after the vote.

    `contenders` are those that the lineages may refer to; the cards of the reveal need them, as its receipt needs the
    `erasure_code`. `thinking` says whether the thinking is shown: "hidden", "after the vote", or "folded".
    """
    shown = thinking == "folded" or (thinking == "after the vote" and battle.vote is not None)
    idle_and_open = battle.status is BattleStatus.OPEN and not running
    finished = all_finished(battle)
    return BattleView(
        handle=Handle(battle.handle),
        status=battle.status,
        turns=tuple(_turn_view(turn, thinking=shown, blind=battle.vote is None) for turn in battle.turns),
        running=running,
        votable=idle_and_open and finished,
        askable=idle_and_open and finished and len(battle.turns) < max_turns,
        regenerable=idle_and_open and battle.turns[-1].attempt < max_attempts,
        reveal=_reveal(battle, contenders or {}, erasure_code),
        unchecked=_unchecked(battle),
    )


def _unchecked(battle: Battle) -> bool:
    prompts = [turn.moderation for turn in battle.turns]
    return ModerationOutcome.UNCHECKED in [*prompts, *(reply.moderation for reply in current_replies(battle))]


def with_live_text(view: BattleView, live: Mapping[Side, LiveReply]) -> BattleView:
    """Return `view` with the text that is still in memory; the battle is void as soon as one reply failed."""
    shown = view.turns[-1].a.thinking is not None  # as before: both sides alike
    sides = {side: _reply_view(live[side], thinking=shown) for side in SIDES}
    last = _alike(replace(view.turns[-1], a=sides["a"], b=sides["b"]))
    failed = any(reply.status is ReplyStatus.FAILED for reply in live.values())
    status = BattleStatus.VOID if failed else view.status
    position = max(reply.position for reply in live.values())
    return replace(view, status=status, turns=(*view.turns[:-1], last), queue_position=position)


def _reveal(battle: Battle, contenders: Known, erasure_code: str) -> Reveal | None:
    if battle.vote is None:
        return None
    return Reveal(
        verdict=battle.vote.verdict,
        a=card_of(battle.contender_a, contenders),
        b=card_of(battle.contender_b, contenders),
        efforts={side: effort_of(battle, side) for side in SIDES},
        not_counted=battle.vote.excluded,
        erasure_code=erasure_code,
        held=battle.vote.held if battle.vote.excluded in REASONS.values() else "",
    )


def effort_of(battle: Battle, side: Side) -> Effort:
    """Return time, tokens, cost and energy of one side's replies that count."""
    replies = [turn.current(side) for turn in battle.turns]
    energy = (battle.contender_a if side == "a" else battle.contender_b).energy
    usd = [reply.usd for reply in replies if reply.usd is not None]
    wh = [(reply.wh_low, reply.wh_high) for reply in replies if reply.wh_low is not None and reply.wh_high is not None]
    all_known = len(wh) == len(replies)
    return Effort(
        tokens=sum(
            reply.completion_tokens or round(count_tokens((reply.reasoning or "") + reply.text)) for reply in replies
        ),
        counted=all(reply.completion_tokens is not None for reply in replies),
        seconds=sum(reply.duration_s or 0.0 for reply in replies),
        usd=sum(usd) if len(usd) == len(replies) else None,
        usd_basis=replies[-1].usd_basis,
        wh=(sum(low for low, _ in wh), sum(high for _, high in wh)) if all_known else None,
        wh_basis=assumptions_of(energy) if all_known and energy else "",
    )


def card_of(contender: Contender, contenders: Known | None = None) -> ContenderCard:
    """Return the card of a contender, for readers who may know its name.

    `contenders` are those that its lineage may refer to; their licences bind it too.
    """
    contenders = contenders or {}
    return ContenderCard(
        slug=contender.slug,
        label=contender.label,
        organisation=contender.organisation,
        licence=licence_note(contender, contenders),
        lineage=lineage_note(contender, contenders),
    )
