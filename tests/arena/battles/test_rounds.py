"""Rounds: a failure is told once and costs one round."""

import asyncio

import pytest

from arena.battles.rounds import Rounds, Trouble
from arena.errors import DatabaseUnavailable


class Work:
    """Ends each round as planned, None being success, and waits for ever after the last."""

    def __init__(self, *plan: Exception | None) -> None:
        self._plan = iter(plan)
        self.planned_done = asyncio.Event()
        self.begun = 0

    async def __call__(self) -> None:
        self.begun += 1
        for outcome in self._plan:
            if outcome:
                raise outcome
            return
        self.planned_done.set()
        await asyncio.Event().wait()


async def test_rounds_go_on_after_any_failure():
    work = Work(None, ValueError("odd"), DatabaseUnavailable("away"), OverflowError("large"), None)
    rounds = Rounds("work", work, every_s=0)
    rounds.begin()
    await work.planned_done.wait()
    await rounds.aclose()
    assert work.begun == 6
    assert rounds.trouble is None


async def test_failures_in_a_row_are_counted_and_logged_once_with_their_traceback(caplog: pytest.LogCaptureFixture):
    work = Work(*[ZeroDivisionError("bug")] * 50)
    rounds = Rounds("work", work, every_s=0)
    rounds.begin()
    await work.planned_done.wait()
    assert rounds.trouble == Trouble("work", 50, "ZeroDivisionError")
    await rounds.aclose()
    assert len(caplog.records) == 1
    assert "Traceback" in caplog.text


async def test_another_kind_of_failure_and_the_end_of_failures_are_logged(caplog: pytest.LogCaptureFixture):
    work = Work(DatabaseUnavailable("away"), DatabaseUnavailable("away"), KeyError("bug"), None)
    rounds = Rounds("work", work, every_s=0)
    rounds.begin()
    await work.planned_done.wait()
    await rounds.aclose()
    away, bug, well = (record.getMessage() for record in caplog.records)
    assert "away" in away
    assert "bug" in bug
    assert "failures=3" in well
    assert caplog.text.count("Traceback") == 1  # that of the bug: a database that is away is no news to a programmer


async def test_rounds_that_are_over_can_begin_again():
    busy = True
    work = Work(None, None, None)

    async def round_() -> None:
        nonlocal busy
        await work()
        busy = False

    rounds = Rounds("work", round_, every_s=0, over=lambda: not busy)
    for number in (1, 2):
        busy = True
        rounds.begin()
        rounds.begin()  # a second time changes nothing
        while busy:  # noqa: ASYNC110
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert work.begun == number


async def test_closing_what_never_began_is_no_fault():
    await Rounds("work", Work(), every_s=0).aclose()
