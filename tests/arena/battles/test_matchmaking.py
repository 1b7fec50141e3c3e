from collections import Counter
from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import select

from arena.battles.matchmaking import Matchmaker
from arena.clock import now
from arena.db import tallies
from arena.db.session import Database
from arena.db.states import ContenderStatus
from arena.db.tables import Contender
from arena.errors import BadConfiguration, NotEnoughContenders
from leaderboard import Verdict
from tests.arena.conftest import scripted

Enter = Callable[..., None]


def draws(matchmaker: Matchmaker, database: Database, count: int) -> list[tuple[str, str, float]]:
    with database.reading() as session:
        return [(draw.a, draw.b, draw.probability) for draw in (matchmaker.draw(session) for _ in range(count))]


def test_uniform_draws_meet_every_pair_on_both_sides_equally_often(database: Database, enter: Enter):
    enter(scripted("one"), scripted("two"), scripted("three"))
    drawn = draws(Matchmaker("uniform", seed=7), database, 3000)
    assert all(probability == pytest.approx(1 / 3) for *_, probability in drawn)
    ordered = Counter((a, b) for a, b, _ in drawn)
    assert len(ordered) == 6
    # 500 each are expected; six standard deviations are 122.
    assert all(abs(count - 500) < 122 for count in ordered.values())


def test_informative_draws_aim_at_the_newcomer_and_say_how_likely_that_was(database: Database, enter: Enter):
    names = ["one", "two", "three", "newcomer"]
    enter(*map(scripted, names))
    with database.writing() as session:
        ids = {contender.slug: contender.id for contender in session.scalars(select(Contender))}
        day = date(2026, 11, 1)
        deltas = [
            tallies.Delta(day, ids[a], ids[b], verdict, 400)
            for a, b in (("one", "two"), ("two", "three"), ("three", "one"))
            for verdict in (Verdict.A, Verdict.B)
        ]
        tallies.add(session, deltas)
    drawn = draws(Matchmaker("informative", seed=7), database, 2000)
    with_newcomer = [draw for draw in drawn if "newcomer" in draw[:2]]
    assert len(with_newcomer) > 0.7 * len(drawn)
    share = Counter(frozenset(draw[:2]) for draw in drawn)
    for pair, probability in {(frozenset(draw[:2]), draw[2]) for draw in drawn}:
        assert abs(share[pair] / len(drawn) - probability) < 0.07


def test_only_active_contenders_are_drawn(database: Database, enter: Enter):
    enter(scripted("one"), scripted("two"), scripted("paused"))
    with database.writing() as session:
        paused = session.scalars(select(Contender).where(Contender.slug == "paused")).one()
        paused.status, paused.status_at = ContenderStatus.PAUSED, now()
    assert {name for a, b, _ in draws(Matchmaker("informative"), database, 50) for name in (a, b)} == {"one", "two"}


def test_a_contender_that_joins_is_drawn_at_once(database: Database, enter: Enter):
    enter(scripted("one"), scripted("two"))
    matchmaker = Matchmaker("uniform", seed=1)
    draws(matchmaker, database, 1)
    enter(scripted("three"))
    assert "three" in {name for a, b, _ in draws(matchmaker, database, 50) for name in (a, b)}


def test_fewer_than_two_contenders_make_no_battle(database: Database, enter: Enter):
    enter(scripted("alone"))
    with pytest.raises(NotEnoughContenders), database.reading() as session:
        Matchmaker("uniform").draw(session)


def test_an_unknown_policy_is_refused_with_the_known_ones():
    with pytest.raises(BadConfiguration) as refusal:
        Matchmaker("favourites")
    assert "informative" in (refusal.value.hint or "")
