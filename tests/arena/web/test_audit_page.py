"""The audit page's events, by their functions; tests/browser/test_audit_page.py drives it in a real browser."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from arena.web.audit_page import audit_page
from arena.web.texts import say
from generation.auditing.audit import Audit

PLACE, HEAD, EXAMPLE = 0, 1, 3


@pytest.fixture
def audit(tmp_path: Path) -> Audit:
    rows = [{"instruction": f"<b>Do</b> {n}.", "input": "", "output": f"Done {n}."} for n in range(3)]
    (tmp_path / "examples.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return Audit.begin(tmp_path)


def events(audit: Audit) -> list[Callable[..., list[Any]]]:
    """The functions of the page's events: save, back, forward, open.

    Called within a running loop: without one, Gradio makes one and leaves it open.
    """
    return [event.fn for event in audit_page(audit, by="ana").fns.values()]


async def test_a_click_is_on_the_disk_when_the_page_shows_it(audit: Audit):
    save, *_ = events(audit)
    progress, results = save(0, "yes", None, "no")
    assert audit.labels(by="ana")[1] == {"task": True, "output": False}
    assert say("audit.labelled", count=0, by="ana") in progress
    assert say("audit.no_labels") in results
    progress, results = save(0, "yes", "yes", "no")
    assert say("audit.labelled", count=1, by="ana") in progress
    assert say("audit.no_labels") not in results


async def test_turning_a_page_saves_it_and_never_leaves_the_sample(audit: Audit):
    _, back, forward, _ = events(audit)
    assert forward(0, "no", None, None)[PLACE] == 1
    assert audit.labels(by="ana")[1] == {"task": False}
    assert forward(2, None, None, None)[PLACE] == 2
    assert back(0, None, None, None)[PLACE] == 0
    assert back(-7, None, None, None)[PLACE] == 0


async def test_the_page_opens_at_the_first_row_that_is_not_labelled_completely(audit: Audit):
    save, *_, open_page = events(audit)
    save(0, "yes", "yes", "yes")
    save(1, "yes", None, "yes")
    shown = open_page()
    assert shown[PLACE] == 1
    assert say("audit.place", place=2, rows=3, number=2) in shown[HEAD]
    assert "&lt;b&gt;Do&lt;/b&gt; 1." in shown[EXAMPLE]
