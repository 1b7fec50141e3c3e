from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from arena.battles.battles import Battles
from arena.board.standings import standings_of
from arena.db import tallies
from arena.db.session import Database
from arena.db.tables import Battle, Contender, ExclusionAction, Label, Tally, Total, Vote
from arena.errors import BadConfiguration, UnknownBattle
from arena.votes.exclusions import VoteExclusions
from arena.votes.running_tallies import RunningTallies
from leaderboard import Verdict
from tests.arena.conftest import VOTER, scripted
from tests.arena.recorded_votes import MORNING, Ballot, record

Enter = Callable[..., None]


@pytest.fixture
def exclusions(database: Database) -> VoteExclusions:
    return VoteExclusions(database)


@pytest.fixture
def recorded(database: Database, enter: Enter) -> list[int]:
    """Four votes of two voters on two days."""
    enter(scripted("one"), scripted("two"))
    tomorrow = MORNING + timedelta(days=1)
    return record(
        database,
        Ballot("one", "two", Verdict.A, voter="ann"),
        Ballot("one", "two", Verdict.A, voter="bob"),
        Ballot("two", "one", Verdict.B, voter="bob", at=tomorrow),
        Ballot("one", "two", Verdict.B, voter="ann", at=tomorrow),
    )


def stored(database: Database, table: type[Tally | Total]) -> Counter[tuple[object, ...]]:
    """What a table of tallies says, without its zeros."""
    keys = [getattr(table, column.name) for column in table.__table__.primary_key]
    with database.reading() as session:
        return +Counter({tuple(row[:-1]): row[-1] for row in session.execute(select(*keys, table.count))})


def recount(database: Database) -> tuple[Counter[tuple[object, ...]], Counter[tuple[object, ...]]]:
    """The votes that count, by day and in total, counted here one by one."""
    sides = (Battle.contender_a_id, Battle.contender_b_id)
    query = select(Vote.cast_at, *sides, Vote.verdict, Label.slice_id).join(Vote.battle).join(Battle.label)
    with database.reading() as session:
        votes = [(at.date(), *rest) for at, *rest in session.execute(query.where(Vote.excluded == ""))]
    return Counter(votes), Counter(vote[1:] for vote in votes)


def test_an_excluded_vote_leaves_the_board_and_a_restored_one_is_back(
    database: Database, exclusions: VoteExclusions, recorded: list[int]
):
    before = standings_of(database).ranking
    done = exclusions.exclude(battles=recorded[3:], reason="bought")
    assert (done.action, done.num_votes, done.reason) == (ExclusionAction.EXCLUDE, 1, "bought")
    assert standings_of(database).ranking.votes == 3
    assert exclusions.votes_by_reason() == {"bought": 1}

    assert exclusions.restore(battles=recorded[3:], reason="was not bought").num_votes == 1
    after = standings_of(database).ranking
    assert after.to_dict() == before.to_dict()
    assert exclusions.votes_by_reason() == {}


def test_all_votes_of_a_voter_can_be_excluded_at_once(
    database: Database, exclusions: VoteExclusions, recorded: list[int]
):
    voters = exclusions.voters_of([recorded[1]])
    assert exclusions.exclude(voters=voters, reason="a robot").num_votes == 2
    with database.reading() as session:
        out = session.scalars(select(Vote).where(Vote.excluded != "")).all()
        assert {vote.battle_id for vote in out} == set(recorded[1:3])
        assert all(vote.excluded_at and vote.excluded == "a robot" for vote in out)
    assert (stored(database, Tally), stored(database, Total)) == recount(database)


def test_the_log_keeps_every_change_and_a_vote_its_first_reason(exclusions: VoteExclusions, recorded: list[int]):
    exclusions.exclude(battles=recorded[:1], reason="first")
    exclusions.exclude(battles=recorded[:2], reason="second")
    exclusions.restore(battles=recorded, reason="third")
    assert [(row.reason, row.num_votes) for row in exclusions.list()] == [("first", 1), ("second", 1), ("third", 2)]
    assert exclusions.list()[1].chosen == {"battles": recorded[:2], "voters": []}


@pytest.mark.parametrize("statement", ["UPDATE exclusions SET reason = 'none'", "DELETE FROM exclusions"])
def test_the_database_refuses_to_change_the_log(
    database: Database, exclusions: VoteExclusions, recorded: list[int], statement: str
):
    exclusions.exclude(battles=recorded, reason="kept")
    with pytest.raises(Exception, match="never changed"), database.engine.begin() as connection:
        connection.execute(text(statement))
    assert [row.reason for row in exclusions.list()] == ["kept"]


def test_unknown_battles_and_voters_are_all_named_and_nothing_is_changed(
    database: Database, exclusions: VoteExclusions, recorded: list[int]
):
    with pytest.raises(UnknownBattle, match="battle 998, battle 999, voter 77"):
        exclusions.exclude(battles=[recorded[0], 999, 998], voters=[77], reason="whatever")
    with pytest.raises(UnknownBattle, match="battle 999"):
        exclusions.voters_of([999])
    with pytest.raises(BadConfiguration, match="reason"):
        exclusions.exclude(battles=recorded, reason="  ")
    assert exclusions.list() == ()
    assert standings_of(database).ranking.votes == 4


async def test_a_vote_cast_in_the_arena_can_be_excluded(
    battles: Battles, database: Database, enter: Enter, exclusions: VoteExclusions
):
    enter(scripted("one"), scripted("two"))
    view = await battles.open_battle(VOTER, "Hello")
    async for _ in battles.watch(view.handle, VOTER):
        pass
    await battles.cast_vote(view.handle, VOTER, Verdict.A)
    with database.reading() as session:
        battle = session.scalars(select(Battle.id)).one()
    assert exclusions.exclude(battles=[battle], reason="a test").num_votes == 1
    again = await battles.cast_vote(view.handle, VOTER, Verdict.B)
    assert again.reveal
    assert again.reveal.verdict is Verdict.A
    assert not stored(database, Tally) + stored(database, Total)


def test_a_vote_just_before_midnight_belongs_to_its_day_in_utc(database: Database, enter: Enter):
    enter(scripted("one"), scripted("two"))
    record(database, Ballot("one", "two", Verdict.A, at=datetime(2026, 11, 1, 23, 59, 59, tzinfo=UTC)))
    if not database.is_sqlite:
        with database.engine.begin() as connection:
            connection.execute(text("ALTER ROLE CURRENT_USER SET timezone = 'Pacific/Auckland'"))
        database.engine.dispose()
    try:
        assert tallies.rebuild(database) == ()
        assert [key[0] for key in stored(database, Tally)] == [date(2026, 11, 1)]
    finally:
        if not database.is_sqlite:
            with database.engine.begin() as connection:
                connection.execute(text("ALTER ROLE CURRENT_USER RESET timezone"))


def test_wrong_tallies_are_reported_and_mended(database: Database, recorded: list[int]):
    before = standings_of(database).ranking.to_dict()
    running = RunningTallies()
    with database.reading() as session:
        running.read(session)
    with database.writing() as session:
        ids = dict(session.execute(select(Contender.slug, Contender.id)).all())
        session.execute(text("UPDATE tallies SET count = 7 WHERE verdict = 'a'"))
        session.execute(text("UPDATE totals SET count = 0 WHERE verdict = 'b'"))
        tallies.add(session, [tallies.Delta(MORNING.date(), ids["two"], ids["one"], Verdict.TIE, 5)])
    differences = tallies.rebuild(database)
    assert {(row.day is None, row.left, row.verdict, row.stored, row.counted) for row in differences} == {
        (False, "one", Verdict.A, 7, 2),
        (False, "two", Verdict.TIE, 5, 0),
        (True, "two", Verdict.TIE, 5, 0),
        (True, "one", Verdict.B, 0, 1),
        (True, "two", Verdict.B, 0, 1),
    }
    assert tallies.rebuild(database) == ()
    assert (stored(database, Tally), stored(database, Total)) == recount(database)
    assert standings_of(database).ranking.to_dict() == before
    with database.reading() as session:
        assert running.read(session).num_votes == 4


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("vote"), st.integers(0, 5), st.sampled_from(list(Verdict))),
        st.tuples(st.sampled_from(["exclude", "restore", "exclude voter", "restore voter"]), st.integers(0, 20)),
        st.just(("rebuild",)),
        st.just(("damage",)),
    ),
    max_size=14,
)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(steps=STEPS)
def test_votes_exclusions_and_rebuilds_in_any_order_leave_tallies_that_agree(database: Database, steps: list):
    """Contenders and battles of earlier examples stay in the database; each example adds its own."""
    with database.writing() as session:
        number = len(session.scalars(select(Contender.id)).all())
        session.add_all([scripted(f"left-{number}"), scripted(f"right-{number}")])
    exclusions, running, voted, damaged = VoteExclusions(database), RunningTallies(), [], False
    for name, *details in steps:
        if name == "vote":
            hour, verdict = details
            ballot = Ballot(
                f"left-{number}",
                f"right-{number}",
                verdict,
                voter=f"voter-{number}-{hour % 2}",
                at=MORNING + timedelta(hours=9 * hour),
            )
            voted += record(database, ballot)
        elif name == "rebuild":
            assert bool(tallies.rebuild(database)) == damaged
            damaged = False
        elif name == "damage":
            with database.writing() as session:
                damaged |= bool(session.execute(text("UPDATE totals SET count = count + 1")).rowcount)
        elif voted:
            change = exclusions.exclude if name.startswith("exclude") else exclusions.restore
            battle = voted[details[0] % len(voted)]
            chosen = {"voters": exclusions.voters_of([battle])} if name.endswith("voter") else {"battles": [battle]}
            change(**chosen, reason="an example")
        if not damaged:
            assert (stored(database, Tally), stored(database, Total)) == recount(database)
            with database.reading() as session:
                assert running.read(session).num_votes == sum(recount(database)[1].values())
    tallies.rebuild(database)
    assert (stored(database, Tally), stored(database, Total)) == recount(database)
