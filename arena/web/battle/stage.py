"""The stage: what a page shows of a battle, as the one value that a stream of updates changes.

The whole battle is one component, so that one value says all. Its template says where each part goes and never changes;
while replies are written only the parts that did are sent (`arena.web.battle.stream`). `data-can` on the
stage lists what the voter may do now, and the style sheet shows the matching controls.
"""

from collections.abc import Mapping
from html import escape
from typing import Any

from arena.battles.views import BattleView, ContenderCard, Effort, ReplyView, Reveal, TurnView
from arena.db.states import SIDES, BattleStatus, ReplyStatus, Side
from arena.web import texts
from arena.web.battle.markdown import GrowingHtml, to_html

SIDE_PARTS = ("state", "name", "done", "tail", "note")


def _turn(asked: str, sides: Mapping[Side, Mapping[str, str]]) -> str:
    return f"""
<section class="turn">
  <p class="asked"><span class="unseen">{texts.ASKED} </span>{asked}</p>
  <div class="sides">{"".join(_side(side, sides[side]) for side in SIDES)}</div>
</section>"""


def _side(side: Side, part: Mapping[str, str]) -> str:
    return f"""
<article class="side" data-state="{part["state"]}">
  <h2>{texts.NAMES[side]}<span class="name">{part["name"]}</span></h2>
  <div class="reply">{part["done"]}</div>
  <div class="reply">{part["tail"]}</div>
  <p class="note">{part["note"]}</p>
</article>"""


# A JavaScript template: Gradio fills in the parts of the value, and changes only what differs on the page.
TEMPLATE = f"""
<div class="battle" data-phase="${{value.phase}}" data-can="${{value.can}}" data-beat="${{value.beat}}">
  <header class="hero"><h1>{texts.HERO}</h1><p>{texts.TAGLINE}</p></header>
  <h1 class="unseen">{texts.PAGES["/"]}</h1>
  ${{value.history}}
  {_turn("${value.asked}", {side: {part: f"${{value.{side}.{part}}}" for part in SIDE_PARTS} for side in SIDES})}
  <p class="status" role="status">${{value.status}}</p>
  ${{value.reveal}}
</div>"""

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
    """One viewer's look at one battle. Remembers what it made of the text so far."""

    def __init__(self) -> None:
        self._shown: dict[str, Any] = {}
        self._beat = 0
        self._earlier: tuple[TurnView, ...] = ()
        self._history = ""
        self._growing: dict[tuple[int, int, Side], GrowingHtml] = {}

    def show(self, view: BattleView) -> dict[str, Any]:
        """Return the stage's value. It differs each time, so that the page can tell silence from a lost connection."""
        self._beat += 1
        turn = view.turns[-1]
        return {
            "battle": view.handle,
            "phase": _phase(view),
            "can": " ".join(_possible(view)),
            "beat": self._beat,
            "history": self._show_earlier(view.turns[:-1]),
            "asked": escape(turn.prompt),
            **{side: self._show_side(view, side) for side in SIDES},
            "status": status_of(view),
            "reveal": _reveal(view.reveal) if view.reveal else "",
        }

    def changes(self, view: BattleView) -> dict[str, Any]:
        """Return the parts of the stage's value that differ from those at the last call; at the first, all."""
        before, self._shown = self._shown, self.show(view)
        return _difference(before, self._shown)

    def _show_earlier(self, turns: tuple[TurnView, ...]) -> str:
        if turns != self._earlier:
            self._earlier = turns
            self._history = "".join(
                _turn(escape(turn.prompt), {side: _whole(turn.reply(side)) for side in SIDES}) for turn in turns
            )
        return self._history

    def _show_side(self, view: BattleView, side: Side) -> dict[str, str]:
        turn = view.turns[-1]
        reply = turn.reply(side)
        parts = _whole(reply)
        if reply.status is ReplyStatus.STREAMING:
            growing = self._growing.setdefault((len(view.turns), turn.attempt, side), GrowingHtml())
            growing.update(reply.text)
            parts |= {"done": growing.finished, "tail": growing.tail}
        if view.reveal:
            parts |= {"name": escape(_card(view.reveal, side).label)}
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


def _whole(reply: ReplyView) -> dict[str, str]:
    """Return the parts of a side; a reply that is being written is left out, since its HTML grows by itself."""
    streaming = reply.status is ReplyStatus.STREAMING
    state = "waiting" if streaming and not reply.text else reply.status.value
    done = "" if streaming else to_html(reply.text)
    return {"state": state, "name": "", "done": done, "tail": "", "note": _note(reply)}


def _note(reply: ReplyView) -> str:
    match reply.status:
        case ReplyStatus.STREAMING:
            slow = f'<span class="slow">{texts.SLOW}</span>'
            return "" if reply.text else f'<span class="thinking">{texts.THINKING}</span> {slow}'
        case ReplyStatus.FAILED if reply.withheld:
            return texts.WITHHELD
        case ReplyStatus.FAILED:
            return texts.BROKE_OFF if reply.text else texts.SILENT
        case ReplyStatus.STOPPED:
            return texts.STOPPED
        case ReplyStatus.INTERRUPTED:
            return texts.INTERRUPTED
        case ReplyStatus.FINISHED:
            return texts.CUT_OFF if reply.cut_off else ""


def _phase(view: BattleView) -> str:
    if view.running:
        return "running"
    return view.status.value


def _possible(view: BattleView) -> list[str]:
    moves = {
        "stop": view.running,
        "ask": view.askable and not view.running,
        "vote": view.votable,
        "regenerate": view.regenerable,
        "new": True,
    }
    return [move for move, may in moves.items() if may]


def status_of(view: BattleView) -> str:
    """Return the sentence that says how the battle stands, and another where it was not moderated."""
    return f"{_standing(view)} {texts.UNCHECKED}" if view.unchecked else _standing(view)


def _standing(view: BattleView) -> str:
    if view.reveal:
        return _left_out(view.reveal) or texts.VOTED.format(verdict=texts.VERDICTS[view.reveal.verdict])
    if view.status is BattleStatus.VOID:
        return texts.VOID.format(who=_failed(view.turns[-1]))
    if view.queue_position:
        return texts.QUEUED.format(position=view.queue_position)
    if view.running:
        return texts.WRITING
    if view.votable:
        return texts.COMPLETE if view.askable else texts.COMPLETE_LAST
    return texts.UNFINISHED if view.regenerable else texts.OVER


def _failed(turn: TurnView) -> str:
    failed = [texts.NAMES[side] for side in SIDES if turn.reply(side).status is ReplyStatus.FAILED]
    return failed[0] if len(failed) == 1 else texts.BOTH_SIDES


def _card(reveal: Reveal, side: Side) -> ContenderCard:
    return reveal.a if side == "a" else reveal.b


def _left_out(reveal: Reveal) -> str:
    """Return why the vote does not count, or nothing."""
    return texts.NOT_COUNTED.format(reason=escape(reveal.not_counted)) if reveal.not_counted else ""


def _reveal(reveal: Reveal) -> str:
    left_out = _left_out(reveal)
    return f"""
<section class="reveal">
  <h2 tabindex="-1">{texts.REVEAL.format(verdict=texts.VERDICTS[reveal.verdict])}</h2>
  {f"<p>{left_out}</p>" if left_out else ""}
  <div class="cards">{"".join(_name_card(reveal, side) for side in SIDES)}</div>
</section>"""


def effort_note(effort: Effort) -> str:
    """Return what a side's answers took, in one line; what is not known is left out."""
    tokens = texts.TOKENS if effort.counted else texts.ABOUT_TOKENS
    parts = [tokens.format(tokens=effort.tokens), texts.SECONDS.format(seconds=effort.seconds)]
    if effort.usd is not None:
        parts.append(texts.USD.format(usd=effort.usd, basis=effort.usd_basis))
    if effort.wh:
        low, high = effort.wh
        parts.append(f"{texts.WATT_HOURS.format(low=low, high=high)} ({effort.wh_basis})")
    return " · ".join(parts)


def _name_card(reveal: Reveal, side: Side) -> str:
    card = _card(reveal, side)
    picked = reveal.verdict == side
    badge = f'<span class="badge">{texts.YOUR_PICK}</span>' if picked else ""
    facts = {texts.MADE_BY: card.organisation, texts.LICENCE: card.licence, texts.LINEAGE: card.lineage}
    if effort := reveal.efforts.get(side):
        facts[texts.TOOK] = effort_note(effort)
    return f"""
<article class="card" data-picked="{str(picked).lower()}">
  <p class="who">{texts.NAMES[side]} {badge}</p>
  <h3><a href="/contenders/{escape(card.slug)}">{escape(card.label)}</a></h3>
  <dl>{"".join(f"<dt>{name}</dt><dd>{escape(fact) or texts.UNKNOWN}</dd>" for name, fact in facts.items())}</dl>
</article>"""
