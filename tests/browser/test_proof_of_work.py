"""A voter from a hot network waits for a moment, and need not know why."""

from pathlib import Path

from playwright.sync_api import expect

from arena.web.texts import say
from tests.browser.conftest import SCRIPTS, Visit
from tests.live.arena_process import ArenaProcess


def test_the_browser_solves_the_challenge_and_sends_the_prompt_by_itself(visit: Visit, tmp_path: Path):
    with ArenaProcess(tmp_path, contenders=SCRIPTS.read_text(), ARENA_HOT_NETWORK="1") as arena:
        visitor = visit(arena)
        visitor.ask("What comes first?")
        expect(visitor.button("Tie")).to_be_visible()
        visitor.button("New battle").click()
        visitor.page.evaluate(  # keep what is said only for a moment
            """() => {
                window.said = "";
                const notice = document.querySelector("#notice");
                new MutationObserver(() => (window.said += notice.textContent))
                    .observe(notice, { childList: true, characterData: true, subtree: true });
            }"""
        )
        visitor.ask("What comes next?")
        expect(visitor.reply_with("What comes next?")).to_be_visible()
        expect(visitor.button("Tie")).to_be_visible()
        assert say("battle.puzzle") in visitor.page.evaluate("window.said")
        expect(visitor.prompt).to_have_value("")
        visitor.button("Tie").click()
        expect(visitor.reveal).to_be_visible()
