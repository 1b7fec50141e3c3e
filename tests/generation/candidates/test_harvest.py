"""The harvest: what each request brought, counted so that a run can tell when going on has no point."""

import pytest

from generation.candidates.harvest import RECENT, Fate, Harvest
from generation.dataset import Example


def fates(*reasons: str | None) -> list[Fate]:
    return [Fate("task/0", place, Example(f"Do {place}."), reason) for place, reason in enumerate(reasons)]


def test_what_was_kept_and_what_was_an_example_at_all_are_counted_apart():
    harvest = Harvest()
    harvest.commit(fates(None, None, "near_duplicate", "malformed"))
    assert (len(harvest.kept), harvest.parsed, len(harvest.fates)) == (2, 3, 4)
    assert (harvest.recent_yield(), harvest.recent_novelty()) == (2, pytest.approx(2 / 3))


@pytest.mark.parametrize("reason", ["no_task", "given_up"])
def test_requests_without_any_task_are_counted_until_one_brings_something(reason: str):
    harvest = Harvest()
    for brought in ([reason], [reason, reason], []):
        harvest.commit(fates(*brought))
    assert harvest.barren == 3
    harvest.commit(fates(reason, "near_duplicate"))
    assert harvest.barren == 0


def test_only_the_last_fifty_requests_tell_how_a_run_goes():
    harvest = Harvest()
    for _ in range(30):
        harvest.commit(fates(None))
    for _ in range(RECENT):
        harvest.commit(fates("near_duplicate"))
    assert (harvest.recent_yield(), harvest.recent_novelty()) == (0, 0)
    assert harvest.parsed == 30 + RECENT


def test_before_anything_came_all_of_it_counts_as_new():
    assert (Harvest().recent_yield(), Harvest().recent_novelty()) == (0, 1)


def test_instructions_that_are_taken_to_be_written_out_are_open_again_and_rejections_stay():
    harvest = Harvest()
    harvest.commit(fates(None, "too_short", None))
    assert [example.instruction for example in harvest.take_instructions()] == ["Do 0.", "Do 2."]
    assert harvest.instructions == 2
    assert (harvest.kept, harvest.yields) == ([], [])
    assert [fate.reason for fate in harvest.fates] == ["too_short"]
