"""A campaign of two contenders, in Chromium: set up with three commands, judged by five raters with keys and touch."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from arena.db.campaign_tables import Assignment, AssignmentKind, Judgement
from tests.browser.visitor import Visitor
from tests.live.arena_process import ArenaProcess, forked
from tests.live.campaign_on import campaign_file

Visit = Callable[..., Visitor]
RATERS = 5
KEYS = ("1", "2", "3", "4", "ArrowLeft", "ArrowRight")


def set_up(arena: ArenaProcess, folder: Path, *, prompts: int) -> list[str]:
    """What an organiser does: write a file, and three commands. Returns the links."""
    slugs = re.findall(r'^slug = "(.+)"', (arena.home / "contenders.toml").read_text(), re.MULTILINE)[:2]
    text = campaign_file(prompts=prompts, raters_per_item=RATERS)
    for name, slug in zip(("one", "two"), slugs, strict=True):
        text = text.replace(f'slug = "{name}"', f'slug = "{slug}"')
    (folder / "trial.toml").write_text(text)
    commands = (
        ["new", str(folder / "trial.toml")],
        ["answers", "trial"],
        ["open", "trial", "--raters", str(RATERS), "--address", arena.address],
    )
    output = folder / "told.txt"
    for command in commands:
        process = forked(["campaign", *command], arena.environment, output=output)
        process.join(120)
        assert process.exitcode == 0, output.read_text()
    return re.findall(r"http\S+(/rate/\S+)", output.read_text())


def begin(visitor: Visitor, link: str) -> Page:
    visitor.open(link)
    visitor.button("I agree, begin").click()
    return visitor.page


def judge_on(page: Page) -> int:
    """Judge with keys until the end; return how many comparisons there were."""
    count = 0
    while page.locator("#ballot-form").count():
        progress = page.locator("#progress")
        expect(progress).to_have_text(re.compile(rf"^{count + 1} of \d+$"))
        page.keyboard.press(KEYS[count % len(KEYS)])
        count += 1
        expect(page.get_by_text(re.compile(rf"^{count + 1} of \d+$|^Thank you$"))).to_be_visible()
    return count


@pytest.mark.parametrize(("prompts", "raters"), [(2, 2), pytest.param(252, RATERS, marks=pytest.mark.slow)])
def test_five_raters_judge_everything(tmp_path: Path, visit: Visit, prompts: int, raters: int):
    scripts = (Path(__file__).with_name("contenders.toml")).read_text()
    with ArenaProcess(tmp_path, contenders=scripts) as arena:
        first, *others = set_up(arena, tmp_path, prompts=prompts)

        phone = visit(arena, phone=True)
        page = begin(phone, first)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.get_by_role("button", name="1 is better").tap()
        expect(page.locator("#progress")).to_have_text(re.compile("^2 of"))
        page.get_by_role("link", name="Back").tap()
        expect(page.get_by_role("status")).to_have_text("You said: 1 is better. Choose again to change it.")
        page.get_by_role("button", name="Both bad").tap()
        expect(page.locator("#progress")).to_have_text(re.compile("^2 of"))

        # The same link on another device goes on where the phone was.
        desktop = visit(arena)
        page = desktop.open(first).page
        expect(page.locator("#progress")).to_have_text(re.compile("^2 of"))
        while page.locator("#ballot-form").count():
            before = page.locator("#progress").inner_text()
            page.keyboard.press("3")
            expect(page.get_by_text(before, exact=True)).not_to_be_visible()

        total = prompts + -(-prompts // 10)
        for link in others[: raters - 1]:
            assert judge_on(begin(visit(arena), link)) == total
        with arena.reading() as session:
            rows = session.query(Judgement).all()
            judged = session.query(Assignment).filter_by(kind=AssignmentKind.JUDGED).count()
        assert judged == prompts * RATERS
        assert len(rows) == total * raters + 1  # and the change of mind
        assert all(row.seconds < 600 for row in rows)
