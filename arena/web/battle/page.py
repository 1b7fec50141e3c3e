"""The battle page: ask, read two anonymous replies, vote, learn the names.

The page holds only a battle's handle, in its address and in a hidden field. Anybody can send any event with any texts,
so each handler passes the handle and the voter to `Battles`, which checks every rule.
"""

import asyncio
import json
import logging
import secrets
from collections.abc import Awaitable, Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import Any

from markupsafe import escape

from arena.battles.battles import Battles
from arena.battles.views import BattleView
from arena.contenders.demo import Suggestions
from arena.db.states import SIDES, BattleStatus, Handle, Side
from arena.errors import ArenaError, ConsentNeeded, DatabaseUnavailable, ProofNeeded
from arena.voters.proof_of_work import MAX_CHARS
from arena.web.battle.stage import EMPTY, Stage, template
from arena.web.gradio_import import gr
from arena.web.masthead import masthead
from arena.web.notice import SWITCHES, choices_in
from arena.web.rendering import macro
from arena.web.texts import say
from arena.web.visitor import handle_of, visit_of, voter_of
from leaderboard import Verdict

log = logging.getLogger(__name__)

# JavaScript that runs in the browser alone: it keeps the handle in the page's address, and an unsent prompt in the tab.
READ_ADDRESS = "() => [new URLSearchParams(location.search).get('battle') ?? '']"
WRITE_ADDRESS = (
    "(handle) => history.replaceState(null, '', handle ? '?battle=' + encodeURIComponent(handle) : location.pathname)"
)
READ_DRAFT = "() => [sessionStorage.getItem('draft') ?? '']"
WRITE_DRAFT = "(prompt) => { sessionStorage.setItem('draft', prompt ?? '') }"
# What is ticked on the panel, by name; the prompt and the handle stay as they are.
READ_CHOICES = (
    "(_, prompt, handle) => "
    "[[...document.querySelectorAll('.consent input:checked')].map((box) => box.name).join(' '), prompt, handle]"
)
ALL_CHOICES = f"(_, prompt, handle) => ['{' '.join(SWITCHES)}', prompt, handle]"
CHOICES_CHARS = 40
# Gradio sends no event after it changed the page (see stage.js).
ANNOUNCE_PANEL = (
    "new MutationObserver(() => element.dispatchEvent(new Event('panelchange', { bubbles: true })))"
    ".observe(element, { childList: true, subtree: true })"
)

# Longer than any handle: a link that was mangled on its way is still read, so that the page can say what is wrong.
ADDRESS_CHARS = 1000

BALLOT = (Verdict.A, Verdict.TIE, Verdict.BOTH_BAD, Verdict.B)  # in the order of the buttons
STAGE_SCRIPT = Path(__file__).parents[1] / "static" / "stage.js"

Shown = dict[Any, Any]  # component → its new value
PLAIN: dict[str, Any] = {"js_on_load": None, "apply_default_css": False}


def guarded(handler: Callable[..., Awaitable[Shown]]) -> Callable[..., Awaitable[Shown]]:
    """Show an error of a handler as a notice, and ask for consent where it is needed; the rest of the page stays."""

    @wraps(handler)
    async def careful(page: "BattlePage", *args: Any) -> Shown:
        try:
            return await handler(page, *args)
        except ConsentNeeded:
            return {page.notice: "", page.panel: await page.asking(args[-1])}
        except Exception as error:
            return {page.notice: notice_of(error)}

    return careful


class BattlePage:
    """Lays out the page in the current Blocks. Holds its components, and nothing about any voter."""

    def __init__(
        self, battles: Battles, *, title: str, max_prompt_chars: int, published: bool, notice_points: Sequence[str]
    ) -> None:
        self._battles = battles
        self._notice_points = notice_points
        masthead(title, "/")
        self.stage = gr.HTML(
            EMPTY,
            html_template=template(),
            js_on_load=STAGE_SCRIPT.read_text(),
            apply_default_css=False,
            elem_id="stage",
        )
        with gr.Column(elem_id="dock"):
            self.notice = gr.HTML(html_template='<div role="alert">${value}</div>', elem_id="notice", **PLAIN)
            with gr.Column(elem_id="consent"):
                self.panel = gr.HTML("", elem_id="consent-panel", js_on_load=ANNOUNCE_PANEL, apply_default_css=False)
                with gr.Row():
                    self.agree = gr.Button(say("consent.continue"), elem_id="agree")
                    self.agree_to_all = gr.Button(say("consent.all"), elem_id="agree-to-all")
                    self.later = gr.Button(say("consent.later"), elem_id="later")
            with gr.Row(elem_id="ballot"):
                self.ballot = {verdict: gr.Button(say(f"verdicts.{verdict}")) for verdict in BALLOT}
            with gr.Row(elem_id="composer"):
                self.prompt = gr.Textbox(
                    label=say("battle.prompt_label"),
                    placeholder=say("battle.prompt_hint_published" if published else "battle.prompt_hint"),
                    max_length=max_prompt_chars,
                    max_lines=8,
                    autofocus=True,
                    show_label=False,
                    elem_id="prompt",
                )
                self.send = gr.Button(say("battle.send"), variant="primary", elem_id="send")
                self.stop = gr.Button(say("battle.stop"), elem_id="stop")
            self.suggestions = gr.HTML("", elem_id="suggestions", **PLAIN)
            with gr.Row(elem_id="moves"):
                self.again = gr.Button(say("battle.again"), elem_id="again")
                self.new = gr.Button(say("battle.new"), elem_id="new")
            with gr.Row(elem_id="reports"):
                self.reports = {
                    side: gr.Button(say("battle.report", who=say(f"stage.name_{side}")), elem_id=f"report-{side}")
                    for side in SIDES
                }
        self.handle = gr.Textbox(max_length=ADDRESS_CHARS, visible="hidden", elem_id="handle")
        self.choices = gr.Textbox(max_length=CHOICES_CHARS, visible="hidden", elem_id="choices")
        self.proof = gr.Textbox(max_length=MAX_CHARS, visible="hidden", elem_id="proof")

    @guarded
    async def ask(self, said: str | None, battle: str | None, request: gr.Request) -> Shown:
        """Open a battle with the prompt, or send it as the next turn of the battle on the page."""
        return await self._send(said or "", battle, request)

    @guarded
    async def choose(self, chosen: str | None, said: str | None, battle: str | None, request: gr.Request) -> Shown:
        """Store what the voter agrees to, and send the prompt that has waited for it."""
        voter, choices = voter_of(request.cookies), choices_in((chosen or "").split())
        if not choices.battle:
            return {self.notice: say("consent.battle_needed")}
        await asyncio.to_thread(self._battles.consents.choose, voter, choices)
        return {self.panel: "", self.notice: "", **(await self._send(said, battle, request) if said else {})}

    async def asking(self, request: gr.Request) -> str:
        """Return the panel that asks for consent, as HTML."""
        changed = await asyncio.to_thread(self._battles.consents.has_chosen, voter_of(request.cookies))
        return str(macro("consent.html", "panel")(self._notice_points, SWITCHES, changed))

    async def _send(self, prompt: str, battle: str | None, request: gr.Request) -> Shown:
        voter, visit = voter_of(request.cookies), visit_of(request)
        try:
            if battle:
                view = await self._battles.ask(handle_of(battle), voter, prompt, visit)
            else:
                view = await self._battles.open_battle(voter, prompt, visit)
        except ProofNeeded as needed:
            return {self.notice: str(macro("dock.html", "puzzle")(needed.challenge))}
        return {**self._shown(view), self.prompt: ""}

    @guarded
    async def prove(self, solution: str | None, request: gr.Request) -> Shown:
        """Take the solution of a challenge; the page then sends its prompt again (arena.js)."""
        await self._battles.prove(voter_of(request.cookies), solution or "")
        return {self.notice: str(macro("dock.html", "proved")())}

    @guarded
    async def answer_again(self, battle: str | None, request: gr.Request) -> Shown:
        """Have both sides answer the last prompt again."""
        voter, visit = voter_of(request.cookies), visit_of(request)
        return self._shown(await self._battles.regenerate(handle_of(battle), voter, visit))

    @guarded
    async def stop_writing(self, battle: str | None, request: gr.Request) -> Shown:
        """Stop both replies."""
        return self._shown(await self._battles.stop(handle_of(battle), voter_of(request.cookies)))

    @guarded
    async def restore(self, battle: str | None, request: gr.Request) -> Shown:
        """Show the battle of the page's address, or offer the voter's last open one."""
        voter = voter_of(request.cookies)
        offered: Shown = {self.suggestions: chips(await self._battles.suggestions())}
        if battle:
            return {**offered, **self._shown(await self._battles.look(handle_of(battle), voter))}
        latest = await self._battles.latest_open(voter)
        return {**offered, self.notice: resume_link(latest.handle) if latest else ""}

    @guarded
    async def start_over(self, said: str | None, battle: str | None, request: gr.Request) -> Shown:
        """Clear the page for a new battle. If a side failed in the last one, its prompt is put back into the field."""
        cleared: Shown = {self.stage: EMPTY, self.handle: "", self.notice: "", self.panel: ""}
        if battle and not said:
            view = await self._battles.look(handle_of(battle), voter_of(request.cookies))
            if view.status is BattleStatus.VOID:
                cleared[self.prompt] = view.turns[-1].prompt
        return cleared

    def voting(self, verdict: Verdict) -> Callable[..., Awaitable[Shown]]:
        """Return the handler of the button for `verdict`."""

        async def vote(battle: str | None, request: gr.Request) -> Shown:
            try:
                voter, visit = voter_of(request.cookies), visit_of(request)
                view = await self._battles.cast_vote(handle_of(battle), voter, verdict, visit)
            except Exception as error:
                return {self.notice: notice_of(error, database_away="battle.not_saved")}
            return {**self._shown(view), self.notice: second_vote(view, verdict)}

        return vote

    def reporting(self, side: Side) -> Callable[..., Awaitable[Shown]]:
        """Return the handler of the button that reports the answer of `side`."""

        async def report(battle: str | None, request: gr.Request) -> Shown:
            try:
                await self._battles.report(handle_of(battle), voter_of(request.cookies), side)
            except Exception as error:
                return {self.notice: notice_of(error)}
            return {self.notice: say("battle.reported", who=say(f"stage.name_{side}"))}

        return report

    def connect(self, page: gr.Blocks) -> None:
        """Wire the events of the page.

        No event uses Gradio's queue. There, each event takes two requests, and an event that is sent while the stream
        of the last one is being closed may never be answered.
        """
        outputs = [self.stage, self.handle, self.prompt, self.notice, self.panel]
        event: dict[str, Any] = {"outputs": outputs, "queue": False, "show_progress": "hidden"}
        event["api_visibility"] = "private"
        gr.on([self.prompt.submit, self.send.click], self.ask, [self.prompt, self.handle], **event)
        gr.on(self.again.click, self.answer_again, [self.handle], **event)
        restored = {**event, "outputs": [*outputs, self.suggestions]}
        gr.on(page.load, self.restore, [self.handle], js=READ_ADDRESS, **restored)
        gr.on(self.stop.click, self.stop_writing, [self.handle], **event)
        gr.on(self.new.click, self.start_over, [self.prompt, self.handle], **event)
        chosen = [self.choices, self.prompt, self.handle]
        gr.on(self.agree.click, self.choose, chosen, js=READ_CHOICES, api_name="choose", **event)
        gr.on(self.agree_to_all.click, self.choose, chosen, js=ALL_CHOICES, api_name="choose_all", **event)
        gr.on(self.later.click, None, None, [self.panel], js="() => ['']")
        for verdict, button in self.ballot.items():
            gr.on(button.click, None, None, [self.notice], js=_notice_script(macro("dock.html", "saving")()))
            vote = gr.on(button.click, self.voting(verdict), [self.handle], api_name=f"vote_{verdict}", **event)
            vote.failure(None, None, [self.notice], js=_notice_script(say("battle.not_saved")))
        gr.on(self.proof.submit, self.prove, [self.proof], **event)
        for side, button in self.reports.items():
            gr.on(button.click, self.reporting(side), [self.handle], api_name=f"report_{side}", **event)
        gr.on(self.handle.change, None, [self.handle], js=WRITE_ADDRESS)
        gr.on(self.prompt.change, None, [self.prompt], js=WRITE_DRAFT)
        gr.on(page.load, None, None, [self.prompt], js=READ_DRAFT)

    def _shown(self, view: BattleView) -> Shown:
        return {self.stage: Stage().show(view), self.handle: view.handle, self.notice: ""}


def notice_of(error: Exception, *, database_away: str = "problems.database_away") -> str:
    """Return the notice for an error, as HTML. An error that a voter cannot mend is logged, under a number."""
    if isinstance(error, DatabaseUnavailable):
        log.error("the database failed an event: %s", error)
        return say(database_away)
    if isinstance(error, ArenaError):
        return str(escape(" ".join(filter(None, [str(error), error.hint]))))
    number = secrets.token_hex(4)
    log.error("event failed error=%s", number, exc_info=error)
    return say("battle.broke", number=number)


def _notice_script(html: str) -> str:
    """Return JavaScript that shows a notice, for an event that the browser handles alone."""
    return f"() => [{json.dumps(str(html), allow_nan=False)}]"


def resume_link(handle: Handle) -> str:
    """Return the offer to go back to an open battle, as HTML."""
    return str(macro("dock.html", "resume")(handle))


def chips(suggestions: Suggestions | None) -> str:
    """Return prompts to choose from, as HTML. A click puts one into the prompt's field (arena.js)."""
    if suggestions is None:
        return ""
    return str(macro("dock.html", "chips")(suggestions.about, suggestions.prompts))


def second_vote(view: BattleView, verdict: Verdict) -> str:
    """Return the notice that an earlier vote counts instead of this one; empty if this one counts."""
    if view.reveal is None or view.reveal.verdict == verdict:
        return ""
    return say("battle.first_vote_counts", verdict=say(f"verdicts.{view.reveal.verdict}"))
