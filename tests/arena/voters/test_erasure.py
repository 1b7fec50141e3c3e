from collections.abc import Callable
from datetime import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, ForeignKey, Integer, String, inspect, select, text
from sqlalchemy import Table as SqlTable

from arena.battles.battles import Battles
from arena.board.standings import standings_of
from arena.clock import now
from arena.db import tallies
from arena.db.consent_tables import ErasedTally, Permission
from arena.db.schema import METADATA
from arena.db.session import Database
from arena.db.tables import Battle, Flag, Label, Reply, Spending, Turn, Vote, Voter
from arena.errors import UnknownBattle, UnknownCode
from arena.exchange.exports import VoteExport
from arena.exchange.preferences import PreferenceExport
from arena.voters import queries
from arena.voters.consent import Consents
from arena.voters.erasure import Erased, Erasure
from arena.voters.permissions import Choices
from arena.votes.exclusions import VoteExclusions
from leaderboard import Verdict
from tests.arena.conftest import STRANGER, VOTER, scripted
from tests.arena.finished_battles import finished, stored
from tests.arena.recorded_votes import Ballot, record

Enter = Callable[..., None]
SECRET = "My neighbour Aurelia Windermere-Quill"
ALL = Choices(battle=True, vote=True, text=True)


async def voted(battles: Battles, prompt: str = SECRET, voter: Any = VOTER) -> str:
    """Vote on a battle and return the code of its receipt."""
    view = await battles.open_battle(voter, prompt)
    async for _ in battles.watch(view.handle, voter):
        pass
    reveal = (await battles.cast_vote(view.handle, voter, Verdict.A)).reveal
    assert reveal
    return reveal.erasure_code


@pytest.fixture
def echoing(enter: Enter) -> None:
    enter(scripted("one", reply="{prompt}, says one."), scripted("two", reply="{prompt}, says two."))


def everything(database: Database) -> str:
    """All that the database says, in one text."""
    with database.reading() as session:
        names = inspect(session.connection()).get_table_names()
        return "\n".join(str(row) for name in names for row in session.execute(text(f"SELECT * FROM {name}")))


@pytest.mark.parametrize("keep_counts", [True, False])
async def test_a_code_erases_prompt_answers_and_vote_and_the_ratings_follow(
    battles: Battles, database: Database, echoing: None, keep_counts: bool
):
    code = await voted(battles)
    other = await voted(battles, "Something else", STRANGER)
    before = standings_of(database).ranking.votes
    (battle, _) = stored(database, Battle)
    assert Erasure(database, keep_counts=keep_counts).by_code(code.lower()) == Erased(1, 1)
    said = everything(database)
    assert not [word for word in ("Aurelia", "Windermere", code.replace("-", ""), battle.handle) if word in said]
    assert "Something else" in said
    assert standings_of(database).ranking.votes == before - (0 if keep_counts else 1)
    assert tallies.rebuild(database) == ()
    assert len(stored(database, Vote)) == len(stored(database, Permission)) == 1
    assert Erasure(database, keep_counts=keep_counts).by_code(other) == Erased(1, 1)
    assert (stored(database, Turn), stored(database, Reply), stored(database, Label)) == ([], [], [])
    assert sum(row.count for row in stored(database, ErasedTally)) == (2 if keep_counts else 0)


async def test_what_stays_of_a_battle_leads_to_nobody(battles: Battles, database: Database, echoing: None):
    codes = [await voted(battles), await voted(battles, "Hello", STRANGER)]
    for code in codes:
        Erasure(database, keep_counts=True).by_code(code)
    rows = stored(database, Battle)
    assert {row.opened_at.time() for row in rows} == {time.min}
    with database.reading() as session:
        keys = {session.get_one(Voter, row.voter_id).key for row in rows}
    assert keys == {queries.NOBODY}


async def test_a_code_erases_all_that_its_voter_left_here_if_asked(
    asking: Battles, database: Database, consents: Consents
):
    consents.choose(VOTER, ALL)
    consents.choose(STRANGER, ALL)
    codes = [await voted(asking), await voted(asking, "Another secret")]
    await voted(asking, "Mine", STRANGER)
    await finished(asking, await asking.open_battle(VOTER, "No vote on this secret"))
    with database.writing() as session:
        voter = session.scalars(select(Voter.id).where(Voter.key == VOTER)).one()
        session.add(Spending(day=now().date(), account=f"voter:{voter}", usd=1.0))
        session.add(Flag(at=now(), voter_id=voter, moderator="local", categories=[], text="A refused secret"))
    number = stored(database, Battle)[0].id
    VoteExclusions(database).exclude(battles=[number], voters=[voter], reason="a test")
    assert Erasure(database, keep_counts=True).by_code(codes[0], everything=True) == Erased(3, 2)
    said = everything(database)
    assert "secret" not in said.lower()
    assert VOTER not in said
    assert STRANGER in said
    assert f"voter:{voter}" not in said
    assert consents.choices_of(VOTER) is None
    assert standings_of(database).ranking.votes == 1  # the excluded ones never counted
    with pytest.raises(UnknownCode):
        Erasure(database, keep_counts=True).by_code(codes[1])


async def test_a_voter_is_erased_by_the_cookie_too(battles: Battles, database: Database, echoing: None):
    await voted(battles)
    assert Erasure(database, keep_counts=False).by_voter(VOTER) == Erased(1, 1)
    assert Erasure(database, keep_counts=False).by_voter(VOTER) == Erased(0, 0)
    assert VOTER not in everything(database)


@pytest.mark.parametrize("code", ["", "0" * 20, "no code", "a" * 10_000])
async def test_a_wrong_code_erases_nothing(battles: Battles, database: Database, echoing: None, code: str):
    await voted(battles)
    with pytest.raises(UnknownCode):
        Erasure(database, keep_counts=True).by_code(code)
    assert SECRET in everything(database)


async def test_the_numbers_of_what_was_erased_are_never_given_again(
    battles: Battles, database: Database, echoing: None
):
    code = await voted(battles)
    (battle,), (voter,) = stored(database, Battle), stored(database, Voter)
    Erasure(database, keep_counts=True).by_code(code, everything=True)
    await voted(battles, "Hello")
    assert {row.id for row in stored(database, Battle)} > {battle.id}
    assert max(row.id for row in stored(database, Voter)) > voter.id


async def test_the_page_of_an_erased_battle_knows_it_no_more(battles: Battles, database: Database, echoing: None):
    view = await finished(battles, await battles.open_battle(VOTER, SECRET))
    Erasure(database, keep_counts=True).by_voter(VOTER)
    with pytest.raises(UnknownBattle):
        await battles.look(view.handle, VOTER)


async def test_replies_that_end_after_an_erasure_are_not_written_back(
    battles: Battles, database: Database, enter: Enter
):
    slow = [{"match": ".", "reply": "{prompt} " + "word " * 20, "tokens_per_s": 60.0}]
    enter(scripted("one", rules=slow), scripted("two", rules=slow))
    view = await battles.open_battle(VOTER, SECRET)
    Erasure(database, keep_counts=True).by_voter(VOTER)
    with pytest.raises(UnknownBattle):
        async for _ in battles.watch(view.handle, VOTER):
            pass
    await battles.aclose()
    assert "Aurelia" not in everything(database)


async def test_later_exports_leave_out_what_was_erased(
    battles: Battles, database: Database, echoing: None, tmp_path: Path
):
    code = await voted(battles)
    Erasure(database, keep_counts=True).by_code(code)
    assert VoteExport(database, with_excluded=True).write(tmp_path / "votes.jsonl", kind="jsonl") == 0
    assert PreferenceExport(database).write(tmp_path / "pairs.jsonl").num_pairs == 0


async def test_nothing_is_left_in_the_bytes_of_the_files(battles: Battles, database: Database, echoing: None):
    if not database.is_sqlite:
        pytest.skip("PostgreSQL frees the space, and overwrites it when it needs it")
    prompt = f"{SECRET} {'x' * 60}"
    codes = [await voted(battles, prompt) for _ in range(5)]
    file = Path(str(database.engine.url.database))
    for code in codes:
        Erasure(database, keep_counts=True).by_code(code)
    database.close()
    for path in file.parent.glob("arena.db*"):
        assert b"Windermere" not in path.read_bytes()


async def test_a_withdrawal_names_battles_and_no_voter(battles: Battles, database: Database, echoing: None):
    moment = now()
    code = await voted(battles)
    (battle,) = stored(database, Battle)
    with database.reading() as session:
        assert queries.withdrawn_since(session, moment) == []
    Erasure(database, keep_counts=True).by_code(code)
    with database.reading() as session:
        (gone,) = queries.withdrawn_since(session, moment)
        assert (gone.battle, gone.what) == (battle.id, "erased")
        assert queries.withdrawn_since(session, now()) == []


def test_rows_of_tables_that_nobody_thought_of_go_too(database: Database, enter: Enter):
    """A table that refers to battles, however indirectly, is erased without a line of code."""
    marks = SqlTable("marks", METADATA, Column("id", Integer, primary_key=True), Column("why", String))
    marks.append_column(Column("turn_id", ForeignKey("turns.id")))
    notes = SqlTable("notes", METADATA, Column("id", Integer, primary_key=True))
    notes.append_column(Column("mark_id", ForeignKey("marks.id")))
    try:
        METADATA.create_all(database.engine, tables=[marks, notes])
        enter(scripted("one"), scripted("two"))
        first, second = record(database, Ballot("one", "two", Verdict.A), Ballot("one", "two", Verdict.B))
        with database.writing() as session:
            for number in (first, second):
                turn = session.scalars(select(Turn.id).where(Turn.battle_id == number)).one()
                session.execute(marks.insert().values(id=number, why="odd", turn_id=turn))
                session.execute(notes.insert().values(id=number, mark_id=number))
        with database.writing() as session:
            queries.erase_battles(session, [first], keep_counts=True, at=now())
        with database.reading() as session:
            assert session.scalars(select(marks.c.id)).all() == [second]
            assert session.scalars(select(notes.c.id)).all() == [second]
    finally:
        METADATA.remove(notes)
        METADATA.remove(marks)
