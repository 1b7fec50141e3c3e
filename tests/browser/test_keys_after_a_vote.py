"""A key that is pressed soon after a vote does what the control with the focus says, once."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import expect

from arena.web.battle.page import BALLOT
from arena.web.texts import say
from tests.browser.conftest import Visit
from tests.browser.test_a_battle import votes_on
from tests.browser.visitor import Visitor
from tests.live.arena_process import ArenaProcess

# Writes down what the voter's keys met, and lets the answer to the next event wait for `lag` milliseconds.
WITNESS = """
() => {
  window.log = [];
  window.lag = 0;
  const fetched = window.fetch;
  window.fetch = async (...request) => {
    const isEvent = String(request[0]?.url ?? request[0]).includes("run/predict");
    const wait = isEvent ? window.lag : 0;
    if (isEvent) window.lag = 0;
    const answer = await fetched(...request);
    await new Promise((resolve) => setTimeout(resolve, wait));
    return answer;
  };

  const name = (element) => (element === document.body ? "" : element.innerText || element.placeholder);
  const isControl = (element) => element.tabIndex >= 0 && element.checkVisibility() && !element.closest("[inert]");
  const follows = (one, other) => one.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING;
  const controls = () => [...document.querySelectorAll("*")].filter(isControl);
  const next = (element) => controls().find((other) => follows(element, other));
  const note = (what, element, more) => window.log.push({ what, on: name(element), ...more });

  addEventListener("keydown", ({ key, target }) => {
    const acts = target.tagName === "BUTTON" || target.tagName === "A";
    note(key, target, { acts, next: name(next(target) ?? document.body) });
  }, true);
  addEventListener("focusin", ({ target }) => note("focus", target), true);
  addEventListener("click", ({ target, isTrusted }) => isTrusted && note("click", target), true);
}
"""
VOTES = [(say(f"verdicts.{verdict}"), verdict) for verdict in BALLOT]
DELAYS_MS = (0, 64, 160, 352)
MANY_DELAYS_MS = range(0, 400, 32)  # 13 of them, for each of four habits: 52 keys

Habit = Callable[[Visitor], None]


def press_enter_again(visitor: Visitor) -> None:
    visitor.page.keyboard.press("Enter")


def press_tab(visitor: Visitor) -> None:
    visitor.page.keyboard.press("Tab")


def step_onto_the_navigation_and_press_tab(visitor: Visitor) -> None:
    visitor.page.get_by_role("link", name="Leaderboard").press("Tab")


def go_to_new_battle_and_press_enter(visitor: Visitor) -> None:
    visitor.button(say("battle.new")).press("Enter")


@pytest.mark.parametrize(
    "habit",
    [
        press_enter_again,
        pytest.param(press_tab, marks=pytest.mark.slow),
        pytest.param(step_onto_the_navigation_and_press_tab, marks=pytest.mark.slow),
        go_to_new_battle_and_press_enter,
    ],
)
@pytest.mark.parametrize("delays_ms", [DELAYS_MS, pytest.param(MANY_DELAYS_MS, marks=pytest.mark.slow)], ids=len)
def test_a_key_after_a_vote_does_what_the_focused_control_says(
    arena: ArenaProcess, visit: Visit, habit: Habit, delays_ms: Sequence[int]
):
    visitor = visit(arena)
    visitor.page.evaluate(WITNESS)
    for number, delay_ms in enumerate(delays_ms):
        words, verdict = VOTES[number % len(VOTES)]
        visitor.ask("Which key?")
        expect(visitor.button(words)).to_be_visible()
        battle = visitor.page.url
        visitor.button(words).focus()
        visitor.page.evaluate("lag => { window.lag = lag; window.log = [] }", 200 * (number % 2))

        visitor.page.keyboard.press("Enter")
        visitor.page.wait_for_timeout(delay_ms)
        habit(visitor)

        if habit is not go_to_new_battle_and_press_enter:
            expect(visitor.reveal).to_have_text(f"You said: {words}")
            if habit is step_onto_the_navigation_and_press_tab:
                expect(visitor.page.get_by_role("link", name="How it works")).to_be_focused()
            visitor.button(say("battle.new")).click()
        expect(visitor.page.get_by_role("heading", name=say("battle.hero"))).to_be_visible()
        expect(visitor.prompt).to_be_focused()
        log = visitor.page.evaluate("window.log")
        assert_every_press_was_obeyed_once(log)
        assert_the_focus_moved_at_most_once_after_each_press(log)
        assert votes_on(arena, battle) == [verdict]


def assert_every_press_was_obeyed_once(log: list[dict[str, Any]]) -> None:
    """Tab goes to the next control; Enter presses the one that has the focus, and nothing where that is none."""
    for event, then in pairwise(log):
        if event["what"] == "Tab":
            assert (then["what"], then["on"]) == ("focus", event["next"]), log
        if event["what"] == "Enter":
            assert (then["what"] == "click" and then["on"] == event["on"]) == event["acts"], log


def assert_the_focus_moved_at_most_once_after_each_press(log: list[dict[str, Any]]) -> None:
    """By itself, that is: to the reveal or to the prompt, where no Tab had sent it."""
    moves = 0
    for before, event in pairwise(log):
        moves = 0 if event["what"] == "click" else moves
        is_place = event["on"].startswith("You said:") or event["on"] == say("battle.prompt_hint")
        moves += event["what"] == "focus" and is_place and before["what"] != "Tab"
        assert moves <= 1, log
