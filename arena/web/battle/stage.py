"""The stage: everything that the page shows of a battle, as one value of one component.

The component's template says where each part of the value goes. While replies are written, only the parts that changed
are sent (`arena.web.battle.stream`). The attribute `data-can` lists what the voter may do now, and the style sheet
shows the matching controls.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

from markupsafe import escape

from arena.battles.views import BattleView, ContenderCard, Effort, ReplyView, Reveal, TurnView
from arena.db.states import SIDES, BattleStatus, ReplyStatus, Side
from arena.web.battle.markdown import GrowingHtml, to_html
from arena.web.rendering import macro
from arena.web.texts import current_catalogue, say
from arena.web.texts.catalogue import Catalogue

SIDE_PARTS = ("state", "name", "folds", "thought", "done", "tail", "note")
LIVE_THOUGHT_CHARS = 2000  # of thinking that still goes on, its end is shown; it is sent again with each update


def template() -> str:
    """Return the JavaScript template that Gradio fills with the stage's value; it says where each part goes."""
    places = {side: {part: f"${{value.{side}.{part}}}" for part in SIDE_PARTS} for side in SIDES}
    return str(macro("stage.html", "template")("${value.asked}", places))


EMPTY: dict[str, Any] = {
    "battle": "",
    "phase": "start",
    "can": "ask",
    "beat": 0,
    "history": "",
    "asked": "",
    "status": "",
    "reveal": "",
    **{side: dict.fromkeys(SIDE_PARTS, "") for side in SIDES},
}


class Stage:
    """What one viewer sees of one battle. Keeps the HTML made so far, so that an update costs little."""

    def __init__(self) -> None:
        self._shown: dict[str, Any] = {}
        self._beat = 0
        self._earlier: tuple[TurnView, ...] = ()
        self._history = ""
        self._growing: dict[tuple[int, int, Side], GrowingHtml] = {}

    def show(self, view: BattleView) -> dict[str, Any]:
        """Return the stage's value. Its beat differs each time, so that the page notices a lost connection."""
        self._beat += 1
        turn = view.turns[-1]
        return {
            "battle": view.handle,
            "phase": _phase(view),
            "can": " ".join(_moves(view)),
            "beat": self._beat,
            "history": self._show_earlier(view.turns[:-1]),
            "asked": str(escape(turn.prompt)),
            **{side: self._show_side(view, side) for side in SIDES},
            "status": status_of(view),
            "reveal": _reveal(view.reveal) if view.reveal else "",
        }

    def changes(self, view: BattleView) -> dict[str, Any]:
        """Return the parts of the stage's value that changed since the last call; the first call returns all."""
        before, self._shown = self._shown, self.show(view)
        return _difference(before, self._shown)

    def _show_earlier(self, turns: tuple[TurnView, ...]) -> str:
        if turns != self._earlier:
            self._earlier = turns
            show = macro("stage.html", "turn")
            self._history = "".join(
                show(turn.prompt, {side: _side_parts(turn.reply(side)) for side in SIDES}) for turn in turns
            )
        return self._history

    def _show_side(self, view: BattleView, side: Side) -> dict[str, str]:
        turn = view.turns[-1]
        reply = turn.reply(side)
        parts = _side_parts(reply)
        if reply.status is ReplyStatus.STREAMING:
            growing = self._growing.setdefault((len(view.turns), turn.attempt, side), GrowingHtml())
            growing.update(reply.text)
            parts |= {"done": growing.finished, "tail": growing.tail}
        if view.reveal:
            parts |= {"name": str(escape(_card(view.reveal, side).label))}
            parts |= {"state": "picked"} if view.reveal.verdict == side else {}
        return parts


def _difference(before: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
    changed = {}
    for part, value in now.items():
        if isinstance(value, dict):
            if inner := _difference(before.get(part, {}), value):
                changed[part] = inner
        elif part not in before or before[part] != value:
            changed[part] = value
    return changed


def _side_parts(reply: ReplyView) -> dict[str, str]:
    """Return the parts of a side, without the text of an unfinished reply, whose HTML grows elsewhere."""
    streaming = reply.status is ReplyStatus.STREAMING
    state = "waiting" if streaming and not reply.text else reply.status.value
    done = "" if streaming else to_html(reply.text)
    return {"state": state, "name": "", **_thought_parts(reply), "done": done, "tail": "", "note": _note(reply)}


def _thought_parts(reply: ReplyView) -> dict[str, str]:
    """Return the fold with the thinking. Where the arena shows thinking, both sides have a fold, whatever is in it."""
    if reply.thinking is None:
        return {"folds": "no", "thought": ""}
    thought = reply.thinking.strip()
    if reply.status is ReplyStatus.STREAMING:
        return {"folds": "yes", "thought": str(escape(thought[-LIVE_THOUGHT_CHARS:]))}
    return {"folds": "yes", "thought": str(escape(thought)) or say("stage.no_thought")}


def _note(reply: ReplyView) -> str:
    match reply.status:
        case ReplyStatus.STREAMING:
            return "" if reply.text else _thinking(current_catalogue())
        case ReplyStatus.FAILED if reply.withheld:
            return say("stage.withheld")
        case ReplyStatus.FAILED if reply.declined:
            return say("stage.declined")
        case ReplyStatus.FAILED:
            return say("stage.broke_off") if reply.text else say("stage.silent")
        case ReplyStatus.STOPPED:
            return say("stage.stopped")
        case ReplyStatus.INTERRUPTED:
            return say("stage.interrupted")
        case ReplyStatus.FINISHED:
            return say("stage.cut_off") if reply.cut_off else ""


@cache
def _thinking(_language: Catalogue) -> str:
    """Return the note of a side that has no text yet. Cached, because it is needed ten times a second."""
    return str(macro("stage.html", "thinking")())


def _phase(view: BattleView) -> str:
    if view.running:
        return "running"
    return view.status.value


def _moves(view: BattleView) -> list[str]:
    moves = {
        "stop": view.running,
        "ask": view.askable and not view.running,
        "vote": view.votable,
        "regenerate": view.regenerable,
        "report": not view.running and any(view.turns[-1].reply(side).text for side in SIDES),
        "new": True,
    }
    return [move for move, may in moves.items() if may]


def status_of(view: BattleView) -> str:
    """Return the sentence that says how the battle stands, with a warning if it was not moderated."""
    return say("status.unchecked", status=_status(view)) if view.unchecked else _status(view)


def _status(view: BattleView) -> str:
    if view.reveal:
        return _left_out(view.reveal) or say("status.voted", verdict=say(f"verdicts.{view.reveal.verdict}"))
    if view.status is BattleStatus.VOID:
        declined = any(view.turns[-1].reply(side).declined for side in SIDES)
        return say("status.declined" if declined else "status.void", who=_failed_side(view.turns[-1]))
    if view.queue_position:
        return say("status.queued", position=view.queue_position)
    if view.running:
        return say("status.writing")
    if view.votable:
        return say("status.complete") if view.askable else say("status.complete_last")
    return say("status.unfinished") if view.regenerable else say("status.over")


def _failed_side(turn: TurnView) -> str:
    failed = [say(f"stage.name_{side}") for side in SIDES if turn.reply(side).status is ReplyStatus.FAILED]
    return failed[0] if len(failed) == 1 else say("stage.both_sides")


def _card(reveal: Reveal, side: Side) -> ContenderCard:
    return reveal.a if side == "a" else reveal.b


def _left_out(reveal: Reveal) -> str:
    """Return the sentence that says why the vote does not count, or nothing."""
    if reveal.held:
        return say(f"held.{reveal.held}")
    return say("status.not_counted", reason=escape(reveal.not_counted)) if reveal.not_counted else ""


def _reveal(reveal: Reveal) -> str:
    cards = []
    for side in SIDES:
        effort = reveal.efforts.get(side)
        cards.append((side, _card(reveal, side), effort_note(effort) if effort else ""))
    left_out = _left_out(reveal)
    return str(macro("stage.html", "reveal")(reveal.verdict.value, left_out, cards, reveal.erasure_code))


def effort_note(effort: Effort) -> str:
    """Return the tokens, time, cost and energy of a side's answers in one line, as far as they are known."""
    parts = [
        say("reveal.tokens" if effort.counted else "reveal.about_tokens", count=effort.tokens),
        say("reveal.seconds", seconds=effort.seconds),
    ]
    if effort.usd is not None:
        parts.append(say("reveal.usd", usd=effort.usd, basis=effort.usd_basis))
    if effort.wh:
        low, high = effort.wh
        parts.append(say("reveal.watt_hours", low=low, high=high, basis=effort.wh_basis))
    return say("reveal.between").join(parts)
