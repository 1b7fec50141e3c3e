"""The audit page, driven as a person drives it: in a real browser, against the real command."""

import json
import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from generation.auditing.audit import Audit
from tests.live.arena_process import forked
from tests.live.waiting import wait_until


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("nightly")
    rows = [{"instruction": f"<b>Do</b> {n}.", "input": "", "output": f"Done {n}."} for n in range(3)]
    (folder / "examples.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def address(run_folder: Path) -> Iterator[str]:
    output = run_folder / "audit.log"
    server = forked(["audit", str(run_folder), "--port", "0", "--by", "ana"], dict(os.environ), output=output)
    wait_until(lambda: output.read_text().endswith("\n") or not server.is_alive())
    yield output.read_text().removeprefix("Audit: ").strip()
    server.terminate()
    server.join()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    with closing(browser.new_context()) as context:
        page = context.new_page()
        page.goto(address)
        yield page


def answer(page: Page, *words: str) -> None:
    for place, word in enumerate(words):
        page.locator("fieldset").nth(place).get_by_label(word).check()


def test_clicks_are_saved_and_the_page_goes_on_where_it_stopped(run_folder: Path, page: Page):
    expect(page.get_by_text("Row 1 of 3")).to_be_visible()
    expect(page.get_by_text("<b>Do</b> 0.")).to_be_visible()
    answer(page, "Yes", "Yes", "No")
    expect(page.get_by_text("1 labelled by ana")).to_be_visible()
    expect(page.get_by_text("100 % [20.7, 100.0]").first).to_be_visible()
    audit = Audit.of(run_folder)
    assert audit
    assert audit.labels(by="ana") == {1: {"task": True, "input": True, "output": False}}

    page.reload()
    expect(page.get_by_text("Row 2 of 3")).to_be_visible()
    page.get_by_role("button", name="Back").click()
    expect(page.get_by_text("Row 1 of 3")).to_be_visible()
    expect(page.locator("fieldset").nth(2).get_by_label("No")).to_be_checked()
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_text("Row 2 of 3")).to_be_visible()
    expect(page.locator("fieldset").nth(2).get_by_label("No")).not_to_be_checked()
