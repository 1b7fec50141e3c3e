from collections.abc import Callable
from datetime import timedelta

import pytest

from arena.battles.battles import Battles
from arena.board.observations import observe
from arena.db.session import Database
from arena.votes.exclusions import VoteExclusions
from leaderboard import Verdict
from tests.arena.conftest import VOTER, scripted
from tests.arena.recorded_votes import MORNING, Ballot, record

Enter = Callable[..., None]


@pytest.fixture
def voted(database: Database, enter: Enter) -> Database:
    """Votes of three days on three contenders, of which the first writes most."""
    enter(scripted("a-long-name"), scripted("two"), scripted("six"), scripted("nobody"))
    pairs = [("a-long-name", "two"), ("two", "six"), ("six", "a-long-name")]
    record(
        database,
        *(
            Ballot(a, b, verdict, prompts=(prompt,), at=MORNING + timedelta(days=day))
            for a, b in pairs
            for verdict in Verdict
            for day, prompt in enumerate(["Solve 1 + 1", "Write a poem", "Hello"])
        ),
    )
    return database


def test_replies_are_counted_for_each_contender(voted: Database):
    seen = observe(voted)
    assert seen.num_battles == 36
    assert {slug: did.battles for slug, did in seen.activity.items()} == {
        "a-long-name": 24,
        "two": 24,
        "six": 24,
        "nobody": 0,
    }
    lengths = {slug: did.length or 0 for slug, did in seen.activity.items()}
    assert lengths["a-long-name"] > lengths["two"] == lengths["six"] > lengths["nobody"] == 0
    assert seen.activity["two"].failure_rate == 0
    assert seen.activity["two"].usd_per_1k is None


def test_style_rests_on_the_votes_that_count(voted: Database):
    assert observe(voted).style_votes == 36
    VoteExclusions(voted).exclude(battles=[1, 2, 3], reason="a test")
    seen = observe(voted)
    assert seen.style_votes == 33
    assert seen.style
    assert set(seen.style.coefficients) == {"characters"}  # nobody wrote anything else
    assert seen.controlled("two") is not None
    assert seen.controlled("nobody") is None
    assert seen.exclusions == {"a test": 3}


def test_the_history_ends_at_the_ratings_of_today(voted: Database):
    seen = observe(voted)
    assert [moment.ranking.votes for moment in seen.history] == [12, 24, 36]
    assert seen.history[-1].day == MORNING.date() + timedelta(days=2)


def test_categories_are_rated_by_their_votes(voted: Database):
    seen = observe(voted)
    assert seen.category_votes == {"maths": 12, "writing": 12, "general": 12}
    assert set(seen.categories["maths"].contenders) == {"a-long-name", "two", "six"}


def test_an_arena_without_votes_can_be_observed(database: Database):
    seen = observe(database)
    assert (seen.style, seen.position, seen.history, seen.categories) == (None, None, (), {})


async def test_an_open_battle_moves_no_figure(database: Database, enter: Enter, battles: Battles):
    enter(scripted("one"), scripted("two"))
    before = observe(database)
    view = await battles.open_battle(VOTER, "Who are you?")
    async for _ in battles.watch(view.handle, VOTER):
        pass
    assert observe(database).activity == before.activity
    await battles.cast_vote(view.handle, VOTER, Verdict.A)
    after = observe(database)
    assert after.activity["one"].replies == after.activity["two"].replies == 1


async def test_failures_are_counted_for_who_failed(database: Database, enter: Enter, battles: Battles):
    enter(scripted("good"), scripted("bad", rules=[{"match": ".", "fail": "server_fault"}]))
    view = await battles.open_battle(VOTER, "Who are you?")
    async for _ in battles.watch(view.handle, VOTER):
        pass
    seen = observe(database)
    assert seen.activity["bad"].failure_rate == 1
    assert not seen.activity["good"].failure_rate
