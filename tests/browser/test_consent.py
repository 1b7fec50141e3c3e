"""A first visitor of an arena that asks: chooses with keys or a thumb, and later erases everything."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect
from sqlalchemy import func, select

from arena.db.tables import Battle, Turn, Vote
from arena.web.texts import say
from tests.browser.conftest import SCRIPTS, Visit
from tests.live.arena_process import ArenaProcess


@pytest.fixture(scope="module")
def asking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ArenaProcess]:
    home = tmp_path_factory.mktemp("asking")
    with ArenaProcess(home, contenders=SCRIPTS.read_text(), ARENA_ASK_CONSENT="yes") as arena:
        yield arena


def test_a_visitor_chooses_with_the_keyboard_and_the_prompt_is_sent(asking: ArenaProcess, visit: Visit):
    visitor = visit(asking)
    page = visitor.page
    visitor.ask("Who sings better?")
    boxes = page.get_by_role("checkbox")
    expect(boxes).to_have_count(3)
    expect(boxes.first).to_be_focused()
    for box in boxes.all():
        expect(box).not_to_be_checked()
    expect(visitor.prompt).to_be_hidden()
    visitor.photograph("consent")
    page.keyboard.press("Escape")
    expect(visitor.prompt).to_have_value("Who sings better?")
    visitor.prompt.press("Enter")
    expect(boxes.first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text(say("consent.battle_needed"))).to_be_visible()
    with asking.reading() as session:
        assert session.scalar(select(func.count(Battle.id))) == 0
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(visitor.side("A")).to_contain_text("heard: Who sings better?")
    visitor.button("Tie").click()
    expect(page.get_by_text("its voter did not allow its use").last).to_be_visible()
    visitor.button("New battle").click()
    visitor.ask("And now?")
    expect(visitor.side("A")).to_contain_text("heard: And now?")  # nobody is asked twice


def test_on_a_phone_one_tap_allows_all_and_the_receipt_erases_again(asking: ArenaProcess, visit: Visit):
    visitor = visit(asking, phone=True, expected=("404",))
    page = visitor.page
    visitor.ask("A secret on my phone")
    expect(visitor.button(say("consent.continue"))).to_be_in_viewport()
    visitor.photograph("consent-on-a-phone")
    visitor.button(say("consent.all")).tap()
    visitor.button("A is better").tap()
    code = page.locator(".receipt code").inner_text()
    page.get_by_role("link", name=say("reveal.receipt_link"), exact=True).tap()
    expect(page.get_by_role("checkbox", checked=True)).to_have_count(3)
    page.get_by_label(say("privacy.code")).fill(code.lower())
    page.get_by_role("button", name=say("privacy.erase_battle")).tap()
    expect(page.get_by_role("status")).to_have_text(say("privacy.erased", count=1))
    with asking.reading() as session:
        assert not session.scalars(select(Turn.prompt).where(Turn.prompt.contains("phone"))).all()
        assert session.scalar(select(func.count(Vote.battle_id)).where(Vote.verdict == "a")) == 0


def test_no_address_of_a_visitor_is_kept_anywhere(asking: ArenaProcess, visit: Visit):
    visitor = visit(asking)
    visitor.ask("Hello")
    visitor.button(say("consent.all")).click()
    expect(visitor.side("B")).to_contain_text("heard: Hello")
    log = [line for line in asking.output.splitlines() if " is ready: " not in line]
    assert "127.0.0.1" not in "\n".join(log)
    kept = [path for path in Path(asking.home).rglob("*") if path.is_file() and path.name != "serve.log"]
    assert [path.name for path in kept if path.name.startswith("arena.db")]
    assert not [path.name for path in kept if b"127.0.0.1" in path.read_bytes()]
