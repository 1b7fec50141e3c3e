"""An arena with only the demo's contenders says what they are and offers prompts; any other does not."""

from collections.abc import Iterator
from importlib.resources import files

import pytest
from playwright.sync_api import expect

from arena.contenders.demo import demo_contenders, suggestions_for
from tests.browser.conftest import Visit
from tests.live.arena_process import ArenaProcess

SUGGESTIONS = suggestions_for([entry.slug for entry in demo_contenders()])
assert SUGGESTIONS


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ArenaProcess]:
    contenders = (files("arena.contenders") / "demo_contenders.toml").read_text("utf-8")
    with ArenaProcess(tmp_path_factory.mktemp("demo"), contenders=contenders) as arena:
        yield arena


@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
def test_a_suggestion_fills_the_prompt_and_leaves_the_page_once_it_is_asked(
    visit: Visit, demo: ArenaProcess, phone: bool
):
    visitor = visit(demo, phone=phone)
    expect(visitor.page.get_by_text(SUGGESTIONS.about)).to_be_visible()
    visitor.photograph(f"suggestions-{'phone' if phone else 'desktop'}")
    visitor.button(SUGGESTIONS.prompts[0]).click()
    expect(visitor.prompt).to_have_value(SUGGESTIONS.prompts[0])
    expect(visitor.prompt).to_be_focused()
    visitor.prompt.press("Enter")
    expect(visitor.button("Tie")).to_be_visible()
    expect(visitor.button(SUGGESTIONS.prompts[1])).to_be_hidden()
    visitor.photograph(f"demo-answers-{'phone' if phone else 'desktop'}")
    visitor.button("New battle").click()
    expect(visitor.button(SUGGESTIONS.prompts[1])).to_be_visible()


def test_an_arena_with_contenders_of_its_own_suggests_nothing(visit: Visit, arena: ArenaProcess):
    visitor = visit(arena)
    expect(visitor.prompt).to_be_visible()
    expect(visitor.page.get_by_role("group", name="Prompts to try")).to_have_count(0)
