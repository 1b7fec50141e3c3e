from collections.abc import Callable

from sqlalchemy import delete, select, update

from arena.battles.battles import Battles
from arena.db import tallies
from arena.db.session import Database
from arena.db.tables import Label, Tally, Total
from arena.db.tallies import Selection
from arena.votes.exclusions import VoteExclusions
from arena.votes.labels import relabel
from arena.votes.running_tallies import RunningTallies
from leaderboard import Verdict
from tests.arena.conftest import VOTER, scripted
from tests.arena.recorded_votes import Ballot, record

Enter = Callable[..., None]


def count(database: Database, **words: str) -> int:
    with database.reading() as session:
        return RunningTallies(Selection(**words)).read(session).num_votes


def unlabel(database: Database) -> None:
    """As a database is whose votes are older than labels."""
    with database.writing() as session:
        session.execute(delete(Label))
        for table in (Tally, Total):
            session.execute(update(table).values(slice_id=tallies.UNLABELLED))


async def test_a_vote_is_counted_in_the_slice_of_its_battle(database: Database, enter: Enter, battles: Battles):
    enter(scripted("one", reply="# One\n**bold**"), scripted("two", reply="two words"))
    for prompts in (["Solve 1 + 1"], ["Write a poem for the queen", "And another"]):
        view = await battles.open_battle(VOTER, prompts[0])
        async for _ in battles.watch(view.handle, VOTER):
            pass
        for prompt in prompts[1:]:
            await battles.ask(view.handle, VOTER, prompt)
            async for _ in battles.watch(view.handle, VOTER):
                pass
        await battles.cast_vote(view.handle, VOTER, Verdict.A)
    assert count(database) == 2
    assert count(database, category="maths") == count(database, mode="one turn") == 1
    assert count(database, category="writing", mode="several turns", language="English") == 1
    assert count(database, category="writing", mode="one turn") == 0
    with database.reading() as session:
        label = session.scalars(select(Label).order_by(Label.battle_id)).first()
        assert label
        assert sorted([label.headers_a, label.headers_b]) == [0, 1]
        assert sorted([label.characters_a, label.characters_b]) == [9, 14]


def test_votes_can_be_labelled_later_and_the_tallies_follow(database: Database, enter: Enter):
    enter(scripted("one"), scripted("two"))
    prompts = ("Solve 1 + 1", "Write a poem", "Translate this")
    ids = record(database, *(Ballot("one", "two", Verdict.A, prompts=(prompt,)) for prompt in prompts))
    VoteExclusions(database).exclude(battles=ids[2:], reason="a test")
    with database.writing() as session:
        session.execute(delete(Label))
    tallies.rebuild(database)
    assert (count(database), count(database, category="maths")) == (2, 0)
    assert relabel(database) == 3
    assert (count(database), count(database, category="maths"), count(database, category="translation")) == (2, 1, 0)
    VoteExclusions(database).restore(battles=ids[2:], reason="was a test")
    assert count(database, category="translation") == 1
    assert tallies.rebuild(database) == ()
    assert relabel(database) == 0
