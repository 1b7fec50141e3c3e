"""A real arena, a real Chromium, and visitors."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browser.visitor import Visitor
from tests.live.arena_process import ArenaProcess
from tests.live.chromium import PATIENCE_MS, chromium
from tests.live.wiretap import Wiretap

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
    with chromium() as browser:
        yield browser


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
        context.set_default_timeout(PATIENCE_MS)
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
