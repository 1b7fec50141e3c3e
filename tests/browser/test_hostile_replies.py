"""A contender that writes to attack the page gets its words shown, and nothing else."""

from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.live.arena_process import ArenaProcess

HARMFUL = ("img", "form", "input", "button", "iframe", "script", "style", "svg", "object", "[style]", "[onerror]")


def test_hostile_markdown_is_words_only(arena: ArenaProcess, visit: Visit):
    visitor = visit(arena)  # complains of requests to other hosts and of script errors
    visitor.ask("Be hostile")
    hostile = visitor.reply_with("Camel is done.")
    expect(hostile).to_be_visible()
    expect(hostile).to_contain_text("Camel says:")
    for harm in (
        "img",
        "form",
        "input",
        "button",
        "iframe",
        "script",
        "style",
        "svg",
        "object",
        "[style]",
        "[onerror]",
    ):
        expect(hostile.locator(harm)).to_have_count(0)
    expect(hostile.locator("a[href^='javascript']")).to_have_count(0)
    expect(hostile).to_contain_text("<script>document.title")
    expect(visitor.page).not_to_have_title("owned")
    visitor.photograph("hostile-reply")

    visitor.button("Both bad").click()  # nothing lies over the ballot
    expect(visitor.reveal).to_be_visible()
    expect(visitor.page).not_to_have_title("owned")
