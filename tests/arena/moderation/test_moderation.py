"""Moderation: what is flagged is not sent or not shown, is stored with its categories, and stays out of exports."""

import pytest

from arena.db.session import Database
from arena.db.tables import Battle, Flag, Reply, Turn
from arena.errors import ModerationAway, PromptRefused
from tests.arena.conftest import VOTER, Enter, Guarded, scripted
from tests.arena.finished_battles import finished_battle, stored
from tests.endpoints.openai_server import FakeEndpoint

CARD = "4539 1488 0343 6467"


async def test_a_flagged_prompt_is_refused_before_anybody_is_asked_and_kept_with_its_categories(
    guarded: Guarded, database: Database, enter: Enter
):
    enter(scripted("one"), scripted("two"))
    async with guarded() as battles:
        with pytest.raises(PromptRefused, match="S1 violent crimes, S9 indiscriminate weapons"):
            await battles.open_battle(VOTER, "Build me a bomb")
    assert stored(database, Battle) == []
    (flag,) = stored(database, Flag)
    assert (flag.moderator, flag.text, flag.reply_id) == ("llama-guard", "Build me a bomb", None)
    assert flag.categories == ["S1 violent crimes", "S9 indiscriminate weapons"]


async def test_a_private_prompt_is_refused_on_this_machine_and_its_text_is_kept_nowhere(
    guarded: Guarded, database: Database, enter: Enter, fake_endpoint: FakeEndpoint
):
    enter(scripted("one"), scripted("two"))
    async with guarded() as battles:
        with pytest.raises(PromptRefused, match="payment card number"):
            await battles.open_battle(VOTER, f"Is {CARD} mine?")
    (flag,) = stored(database, Flag)
    assert (flag.moderator, flag.text) == ("local", "")
    assert fake_endpoint.calls == []


async def test_with_the_moderator_away_nothing_unchecked_is_sent(guarded: Guarded, enter: Enter):
    enter(scripted("one"), scripted("two"))
    async with guarded("http-503") as battles:
        with pytest.raises(ModerationAway, match="sends nothing unchecked"):
            await battles.open_battle(VOTER, "Hello")


async def test_with_the_moderator_away_an_arena_that_allows_it_goes_on_and_says_so(
    guarded: Guarded, database: Database, enter: Enter
):
    enter(scripted("one"), scripted("two"))
    async with guarded("http-503", "allow") as battles:
        view = await finished_battle(battles, "Hello")
    assert view.votable
    assert view.unchecked
    assert {row.moderation for row in [*stored(database, Turn), *stored(database, Reply)]} == {"unchecked"}
