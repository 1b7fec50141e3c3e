from collections.abc import Callable

import pytest
from sqlalchemy import select

from arena.battles.battles import Battles
from arena.board.standings import standings_of
from arena.db import tallies
from arena.db.consent_tables import Consent, Permission, StoredNotice, Withdrawal
from arena.db.session import Database
from arena.db.tables import Battle, Flag, Turn, Vote
from arena.errors import ConsentNeeded
from arena.exchange.past_battles import PastBattles
from arena.moderation.moderation import Moderation
from arena.moderation.moderators import LocalRules, read_rules
from arena.voters.consent import ConsentNotice, Consents
from arena.voters.permissions import NOT_ALLOWED, Choices
from arena.votes.exclusions import VoteExclusions
from leaderboard import Verdict
from tests.arena.conftest import STRANGER, VOTER, scripted
from tests.arena.finished_battles import finished, finished_battle, stored

Enter = Callable[..., None]
ALL = Choices(battle=True, vote=True, text=True)
BATTLE_ONLY = Choices(battle=True, vote=False, text=False)


def test_another_text_has_another_version():
    versions = {ConsentNotice(text).version for text in ("One.", "One", "Two.")}
    assert len(versions) == 3


async def test_nothing_is_sent_and_nothing_is_stored_before_consent(asking: Battles, database: Database):
    with pytest.raises(ConsentNeeded):
        await asking.open_battle(VOTER, "My secret")
    asking.consents.choose(VOTER, Choices(battle=False, vote=True, text=True))
    with pytest.raises(ConsentNeeded):
        await asking.open_battle(VOTER, "My secret")
    assert (stored(database, Battle), stored(database, Turn)) == ([], [])


async def test_no_moderator_sees_a_prompt_before_consent(
    database: Database, asking: Battles, consents: Consents, monkeypatch: pytest.MonkeyPatch
):
    asking._moderation = Moderation([LocalRules(read_rules())])
    with pytest.raises(ConsentNeeded):
        await asking.open_battle(VOTER, "My card is 4111 1111 1111 1111")
    assert stored(database, Flag) == []


async def test_choices_are_stored_with_time_version_and_text(asking: Battles, database: Database, consents: Consents):
    consents.choose(VOTER, ALL)
    await finished_battle(asking)
    (consent,), (notice,) = stored(database, Consent), stored(database, StoredNotice)
    assert (consent.battle, consent.vote, consent.text) == (True, True, True)
    assert notice.text == "We store what you write."
    assert consent.version == notice.version == stored(database, Permission)[0].version
    assert consent.at == notice.first_used_at
    assert consents.choices_of(STRANGER) is None


async def test_voters_are_asked_again_when_the_text_changes(asking: Battles, database: Database, consents: Consents):
    consents.choose(VOTER, ALL)
    view = await finished_battle(asking)
    consents.notice = ConsentNotice("We store what you write, and sell it.")
    assert consents.choices_of(VOTER) is None
    for act in (asking.open_battle(VOTER, "Hello"), asking.ask(view.handle, VOTER, "And?")):
        with pytest.raises(ConsentNeeded):
            await act
    with pytest.raises(ConsentNeeded):
        await asking.regenerate(view.handle, VOTER)
    assert (await asking.cast_vote(view.handle, VOTER, Verdict.A)).reveal  # what was agreed to is carried out
    consents.choose(VOTER, ALL)
    await finished_battle(asking)
    assert len(stored(database, StoredNotice)) == 2


async def test_a_vote_whose_use_is_not_allowed_does_not_count_and_says_so(
    asking: Battles, database: Database, consents: Consents
):
    consents.choose(VOTER, BATTLE_ONLY)
    view = await finished_battle(asking)
    reveal = (await asking.cast_vote(view.handle, VOTER, Verdict.A)).reveal
    assert reveal
    assert reveal.not_counted == NOT_ALLOWED
    assert standings_of(database).ranking.votes == 0
    # Nor can anybody bring it back.
    restored = VoteExclusions(database).restore(battles=[stored(database, Vote)[0].battle_id], reason="a mistake")
    assert restored.num_votes == 0
    assert stored(database, Vote)[0].excluded == NOT_ALLOWED


async def test_texts_are_not_shown_without_consent(asking: Battles, database: Database, consents: Consents):
    consents.choose(VOTER, Choices(battle=True, vote=True, text=False))
    view = await finished_battle(asking)
    await asking.cast_vote(view.handle, VOTER, Verdict.A)
    (battle,) = stored(database, Battle)
    assert PastBattles(database, publish=True).get(battle.id).turns == ()


async def test_what_is_taken_back_is_taken_from_earlier_battles_and_what_is_given_is_not_given_for_them(
    asking: Battles, database: Database, consents: Consents
):
    consents.choose(VOTER, ALL)
    view = await finished_battle(asking)
    await asking.cast_vote(view.handle, VOTER, Verdict.A)
    (battle,) = stored(database, Battle)
    assert PastBattles(database, publish=True).get(battle.id).turns
    consents.choose(VOTER, BATTLE_ONLY)
    assert PastBattles(database, publish=True).get(battle.id).turns == ()
    assert stored(database, Vote)[0].excluded == NOT_ALLOWED
    assert standings_of(database).ranking.votes == 0
    assert {row.what for row in stored(database, Withdrawal)} == {"vote", "text"}
    consents.choose(VOTER, ALL)
    assert PastBattles(database, publish=True).get(battle.id).turns == ()
    assert tallies.rebuild(database) == ()
    view = await finished(asking, await asking.open_battle(VOTER, "Again"))
    await asking.cast_vote(view.handle, VOTER, Verdict.B)
    assert standings_of(database).ranking.votes == 1


async def test_an_arena_that_asks_nobody_allows_everything(battles: Battles, database: Database, enter: Enter):
    enter(scripted("one"), scripted("two"))
    await finished_battle(battles)
    (permission,) = stored(database, Permission)
    assert (permission.vote, permission.text, permission.version) == (True, True, "")
    battles.consents.choose(VOTER, BATTLE_ONLY)  # there is no notice to which that could refer
    with database.reading() as session:
        assert session.scalars(select(Consent)).all() == []
