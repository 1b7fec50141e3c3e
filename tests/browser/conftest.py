"""A real arena, a real Chromium, and visitors."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.visitor import Visitor
from tests.live.arena_process import ArenaProcess
from tests.live.wiretap import Wiretap

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESKTOP = {"viewport": {"width": 1280, "height": 800}}
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
SCRIPTS = Path(__file__).with_name("contenders.toml")

Visit = Callable[..., Visitor]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip("there is no Chromium here; on Debian `make test` installs it")
    expect.set_options(timeout=30_000)  # how long a loaded machine may take, not how long we expect to wait
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def arena(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ArenaProcess]:
    """An arena with two scripted contenders, shared by all journeys that leave it alive."""
    with ArenaProcess(tmp_path_factory.mktemp("arena"), contenders=SCRIPTS.read_text()) as arena:
        yield arena


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """Let a visitor come to an arena. When all is over, nobody's browser may have had a reason to complain."""
    visitors: list[tuple[Visitor, tuple[str, ...]]] = []

    def visit(
        arena: ArenaProcess | Wiretap, *, phone: bool = False, expected: tuple[str, ...] = (), **options: Any
    ) -> Visitor:
        context = browser.new_context(**(PHONE if phone else DESKTOP), **options)
        context.set_default_timeout(30_000)
        visitor = Visitor(context, arena.address)
        visitors.append((visitor, expected))
        return visitor.open()

    yield visit
    for visitor, _ in visitors:
        visitor.context.close()
    complaints = [
        complaint
        for visitor, expected in visitors
        for complaint in visitor.complaints
        if not any(words in complaint for words in expected)
    ]
    assert not complaints
