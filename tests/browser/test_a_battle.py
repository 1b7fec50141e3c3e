"""A battle as its voter lives it: ask, read, ask on, vote, see the names and the leaderboard."""

import re

from playwright.sync_api import expect
from sqlalchemy import select

from arena.db.states import Handle
from arena.db.tables import Battle, Vote
from arena.web.texts import say
from leaderboard import Verdict
from tests.browser.conftest import Visit
from tests.live.arena_process import ArenaProcess

LABELS = ("Quick Quokka", "Calm Camel")
BALLOT = ("A is better", "Tie", "Both bad", "B is better")


def votes_on(arena: ArenaProcess, address: str) -> list[Verdict]:
    """What the database holds of the battle of a page's address."""
    handle = Handle(address.partition("battle=")[2])
    with arena.reading() as session:
        return list(session.scalars(select(Vote.verdict).join(Vote.battle).where(Battle.handle == handle)))


def test_first_visitor_asks_votes_and_learns_the_names(arena: ArenaProcess, visit: Visit):
    visitor = visit(arena)
    expect(visitor.prompt).to_be_in_viewport()
    expect(visitor.prompt).to_be_focused()
    for words in BALLOT:
        expect(visitor.button(words)).to_be_hidden()
    visitor.photograph("1-first-visit")

    visitor.page.keyboard.type("Who sings better?")
    visitor.page.keyboard.press("Enter")
    expect(visitor.side("A")).to_contain_text("heard: Who sings better?")
    expect(visitor.side("B")).to_contain_text("heard: Who sings better?")
    expect(visitor.status).to_have_text(say("status.complete"))
    for words in BALLOT:
        expect(visitor.button(words)).to_be_in_viewport()
    for label in LABELS:
        expect(visitor.page.get_by_text(label)).to_have_count(0)
    visitor.photograph("2-before-the-vote")

    visitor.button("A is better").click()
    expect(visitor.reveal).to_have_text("You said: A is better")
    expect(visitor.reveal).to_be_focused()
    expect(visitor.card("Quick Quokka")).to_contain_text("MIT")
    expect(visitor.card("Quick Quokka")).to_contain_text("fine-tuned from Wallaby 7B")
    expect(visitor.card("Calm Camel")).to_contain_text("Desert Lab")
    expect(visitor.page.locator(".card[data-picked=true]")).to_contain_text("Assistant A")
    expect(visitor.button("A is better")).to_be_hidden()
    assert votes_on(arena, visitor.page.url) == [Verdict.A]
    visitor.photograph("3-after-the-vote")


def test_new_battle_keeps_what_was_typed_but_not_sent(arena: ArenaProcess, visit: Visit):
    visitor = visit(arena)
    visitor.ask("Something")
    visitor.button("Tie").click()
    expect(visitor.reveal).to_be_visible()
    visitor.button("New battle").press("Enter")
    expect(visitor.page.get_by_role("heading", name="Ask anything")).to_be_visible()
    expect(visitor.page).not_to_have_url(re.compile("battle"))
    expect(visitor.prompt).to_be_focused()

    visitor.ask("Something else")
    expect(visitor.button("Tie")).to_be_visible()
    visitor.prompt.fill("A thought for later")
    visitor.button("New battle").click()
    expect(visitor.page.get_by_role("heading", name="Ask anything")).to_be_visible()
    expect(visitor.prompt).to_have_value("A thought for later")


def test_a_silent_side_does_not_hold_the_other_back(arena: ArenaProcess, visit: Visit):
    visitor = visit(arena)
    visitor.ask("Answer at your own pace")
    expect(visitor.reply_with("Quokka is done already.")).to_be_visible()
    expect(visitor.reply_with("Camel thinks")).to_be_visible()
    expect(visitor.status).to_have_text("The assistants are writing.")
    expect(visitor.button("Tie")).to_be_hidden()
    visitor.photograph("4-one-side-is-silent")

    visitor.button("Stop").click()
    expect(visitor.reply_with("Camel thinks")).to_contain_text("Stopped by you.")
    expect(visitor.reply_with("Quokka is done already.")).not_to_contain_text("Stopped by you.")
    expect(visitor.button("Tie")).to_be_hidden()


def test_several_turns_stop_answer_again_and_a_tie(arena: ArenaProcess, visit: Visit):
    visitor = visit(arena)
    visitor.ask("Hello there")
    expect(visitor.side("B")).to_contain_text("heard: Hello there")
    expect(visitor.button("Send")).to_be_visible()

    visitor.ask("Now tell me a story")
    expect(visitor.reply_with("Camel begins: and slowly")).to_be_visible()
    expect(visitor.reply_with("Quokka begins: and then")).to_be_visible()
    visitor.button("Stop").click()
    expect(visitor.side("A")).to_contain_text("Stopped by you.")
    expect(visitor.side("B")).to_contain_text("Stopped by you.")
    expect(visitor.button("Tie")).to_be_hidden()

    visitor.button("Answer again").click()
    expect(visitor.reply_with("Camel tells a short one.")).to_be_visible()
    expect(visitor.reply_with("Quokka tells a short one.")).to_be_visible()
    visitor.ask("Thank you")
    expect(visitor.side("A")).to_contain_text("heard: Thank you")
    expect(visitor.page.get_by_text("heard: Hello there")).to_have_count(2)

    visitor.button("Tie").click()
    expect(visitor.reveal).to_have_text("You said: Tie")
    assert votes_on(arena, visitor.page.url) == [Verdict.TIE]
    visitor.photograph("5-several-turns-and-a-tie")


def test_double_click_and_double_enter_count_once(arena: ArenaProcess, visit: Visit):
    visitor = visit(arena)
    visitor.prompt.fill("Quick")
    visitor.prompt.press("Enter")
    visitor.prompt.press("Enter")
    expect(visitor.page.get_by_text("You asked: Quick")).to_have_count(1)
    visitor.button("Both bad").dblclick()
    expect(visitor.reveal).to_have_text("You said: Both bad")
    assert votes_on(arena, visitor.page.url) == [Verdict.BOTH_BAD]
    with arena.reading() as session:
        voters = select(Battle.voter_id).where(Battle.handle == visitor.page.url.partition("battle=")[2])
        assert len(session.scalars(select(Battle).where(Battle.voter_id.in_(voters))).all()) == 1


def test_a_battle_needs_no_mouse(arena: ArenaProcess, visit: Visit):
    visitor = visit(arena)
    expect(visitor.prompt).to_be_focused()
    visitor.page.keyboard.type("No mouse here")
    visitor.page.keyboard.press("Enter")
    expect(visitor.button("B is better")).to_be_visible()
    expect(visitor.prompt).to_be_focused()
    visitor.page.keyboard.press("Shift+Tab")
    expect(visitor.button("B is better")).to_be_focused()
    visitor.page.keyboard.press("Enter")
    expect(visitor.reveal).to_be_focused()
    assert votes_on(arena, visitor.page.url) == [Verdict.B]


def test_leaderboard_on_a_phone_shows_what_was_voted(arena: ArenaProcess, visit: Visit):
    visitor = visit(arena, phone=True)
    visitor.ask("On the road")
    expect(visitor.button("A is better")).to_be_in_viewport()
    visitor.photograph("6-phone-before-the-vote")
    visitor.button("A is better").click()
    expect(visitor.reveal).to_be_in_viewport()
    visitor.photograph("7-phone-after-the-vote")

    visitor.page.get_by_role("link", name="Leaderboard").click()
    for label in LABELS:
        expect(visitor.page.get_by_role("row", name=label)).to_be_visible()
    visitor.photograph("8-phone-leaderboard")
    overflow = visitor.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow == 0
