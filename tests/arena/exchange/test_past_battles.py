from collections.abc import Callable

import pytest
from sqlalchemy import update

from arena.battles.battles import Battles
from arena.db.session import Database
from arena.db.tables import Reply
from arena.errors import UnknownBattle, UnknownContender
from arena.exchange.past_battles import PAGE, BattleSearch, PastBattles
from arena.votes.exclusions import VoteExclusions
from leaderboard import Verdict
from tests.arena.conftest import VOTER, scripted
from tests.arena.recorded_votes import Ballot, record

Enter = Callable[..., None]


@pytest.fixture
def past(database: Database, enter: Enter) -> PastBattles:
    enter(scripted("one"), scripted("two"), scripted("three"))
    record(
        database,
        Ballot("one", "two", Verdict.A, prompts=("Solve 1 + 1",)),
        Ballot("two", "one", Verdict.A),
        Ballot("two", "one", Verdict.TIE),
        Ballot("three", "one", Verdict.BOTH_BAD, prompts=("Solve 1 + 1", "And 2 + 2?")),
    )
    return PastBattles(database, publish=True)


@pytest.mark.parametrize(
    ("search", "ids"),
    [
        (BattleSearch(), [4, 3, 2, 1]),
        (BattleSearch(a="one", b="two"), [3, 2, 1]),
        (BattleSearch(a="two", b="one"), [3, 2, 1]),
        (BattleSearch(a="one", outcome="won"), [1]),
        (BattleSearch(a="one", outcome="lost"), [2]),
        (BattleSearch(a="one", outcome="tie"), [3]),
        (BattleSearch(a="three", outcome="both_bad"), [4]),
        (BattleSearch(a="one", category="maths"), [4, 1]),
        (BattleSearch(a="two", b="three"), []),
        (BattleSearch(before=3), [2, 1]),
    ],
)
def test_battles_are_found_newest_first(past: PastBattles, search: BattleSearch, ids: list[int]):
    assert [battle.id for battle in past.find(search)] == ids


def test_a_battle_tells_what_was_asked_and_answered(past: PastBattles):
    battle = past.get(4)
    assert (battle.a, battle.b, battle.verdict, battle.winner) == ("three", "one", Verdict.BOTH_BAD, None)
    assert [turn.prompt for turn in battle.turns] == ["Solve 1 + 1", "And 2 + 2?"]
    assert battle.turns[0].a == "three answers Solve 1 + 1"
    assert past.get(1).winner == "one"


def test_texts_are_shown_only_where_they_may_be(past: PastBattles):
    assert PastBattles(past.database, publish=False).get(1).turns == ()
    VoteExclusions(past.database).exclude(battles=[1], reason="a test")
    assert past.get(1).turns == ()
    assert past.get(1).excluded == "a test"
    assert past.get(4).turns
    with past.database.writing() as session:
        session.execute(update(Reply).values(moderation="flagged"))
    assert past.get(4).turns == ()


async def test_a_battle_is_found_only_after_its_vote(database: Database, enter: Enter, battles: Battles):
    enter(scripted("one"), scripted("two"))
    past = PastBattles(database, publish=True)
    view = await battles.open_battle(VOTER, "Hello")
    async for _ in battles.watch(view.handle, VOTER):
        pass
    assert past.find(BattleSearch()) == []
    with pytest.raises(UnknownBattle):
        past.get(1)
    await battles.cast_vote(view.handle, VOTER, Verdict.A)
    assert [battle.id for battle in past.find(BattleSearch())] == [1]


def test_a_page_ends_where_it_is_full(past: PastBattles):
    record(past.database, *(Ballot("one", "two", Verdict.A) for _ in range(PAGE)))
    found = past.find(BattleSearch())
    assert len(found) == PAGE + 1
    older = past.find(BattleSearch(before=found[PAGE - 1].id))
    assert [battle.id for battle in older] == [4, 3, 2, 1]


def test_an_unknown_contender_is_a_sentence(past: PastBattles):
    with pytest.raises(UnknownContender, match="nobody"):
        past.find(BattleSearch(a="nobody"))
