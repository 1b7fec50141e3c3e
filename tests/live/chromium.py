"""A real Chromium, under whichever name it is installed."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # The address bar's suggestions are web pages of their own, loaded for each visitor: most of a second's work.
    "--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup,WebUIOmniboxFullPopup",
]
PATIENCE_MS = 60_000  # how long a loaded machine may take, not how long we expect to wait


@contextmanager
def chromium(*flags: str) -> Iterator[Browser]:
    """Start one, with further flags; skip the test where there is none."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip("there is no Chromium here; on Debian `make test` installs it")
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=[*FLAGS, *flags])
        yield browser
        browser.close()


@contextmanager
def one_more(browser: Browser, *flags: str) -> Iterator[Browser]:
    """Start one beside another, with further flags."""
    program = next(filter(None, map(shutil.which, NAMES)))
    other = browser.browser_type.launch(executable_path=program, args=[*FLAGS, *flags])
    yield other
    other.close()
