"""Budgets: reserved before a contender is asked, settled after, and never overspent by races."""

import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from arena.battles.battles import Battles
from arena.battles.budgets import Budgets
from arena.battles.record import Asked
from arena.battles.views import BattleView
from arena.clock import now
from arena.contenders.costs import worst_case_usd
from arena.contenders.opened import OpenContenders
from arena.db.session import Database
from arena.db.tables import Battle, Contender, Reply, Spending
from arena.errors import BudgetSpent, ContenderSpent, TooBusy
from arena.settings import Settings
from generation.conversation import Message
from tests.arena.conftest import STRANGER, VOTER, scripted

PRICES = {"input": 0.0, "output": 1000.0, "as_of": "2026-11-21", "source": "the tests"}  # 0.1 a reply at most
WORST_USD = 0.1


def priced(slug: str, **columns: object) -> Contender:
    contender = scripted(slug)
    contender.prices, contender.sampling = PRICES, {"max_tokens": 100}
    for name, value in columns.items():
        setattr(contender, name, value)
    return contender


def spent(database: Database) -> dict[str, float]:
    with database.reading() as session:
        return {row.account: row.usd for row in session.scalars(select(Spending))}


async def written(battles: Battles, view: BattleView) -> BattleView:
    async for _ in battles.watch(view.handle, VOTER):
        pass
    return await battles.look(view.handle, VOTER)


@pytest.mark.parametrize("places", [7, 7.5])
def test_fifty_racing_requests_spend_no_more_than_the_budget(
    database: Database, enter: Callable[..., None], places: float
):
    enter(priced("paid", usd_per_day=places * WORST_USD))
    with database.reading() as session:
        contender = session.scalars(select(Contender)).one()
    asked = {"a": Asked(contender, [Message("user", "Hello")])}
    assert worst_case_usd(contender, asked["a"].messages) == pytest.approx(WORST_USD)
    budgets, admitted = Budgets(usd_per_day=100, usd_per_voter_per_day=100), []
    together = threading.Barrier(50)

    def request(voter: int) -> None:
        together.wait()
        try:
            with database.writing() as session:
                reserved = budgets.reserve(session, voter % 3, asked)
        except ContenderSpent:
            return
        admitted.append(reserved["a"])

    threads = [threading.Thread(target=request, args=(number,)) for number in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(admitted) == int(places)
    assert spent(database)[f"contender:{contender.id}"] <= places * WORST_USD + 1e-9
    with database.writing() as session:
        for reservation in admitted:
            budgets.settle(session, reservation, 0.01)
    assert all(usd < 50 * 0.01 for usd in spent(database).values())
    assert spent(database)["arena"] == pytest.approx(len(admitted) * 0.01)


async def test_a_reply_is_reserved_at_its_worst_and_settled_at_its_cost(
    database: Database, open_contenders: OpenContenders, settings: Settings, enter: Callable[..., None]
):
    enter(priced("one"), priced("two"))
    limits = replace(settings, usd_per_day=1.0, usd_per_voter_per_day=0.5)
    battles = Battles(database, open_contenders, settings=limits)
    view = await battles.open_battle(VOTER, "Hello")
    assert spent(database) == pytest.approx({"arena": 2 * WORST_USD, "voter:1": 2 * WORST_USD})
    await written(battles, view)
    with database.reading() as session:
        cost = session.scalar(select(func.sum(Reply.usd))) or 0
    assert 0 < cost < WORST_USD
    assert spent(database) == pytest.approx({"arena": cost, "voter:1": cost})
    await battles.aclose()


async def test_an_arena_without_budgets_keeps_no_accounts(
    battles: Battles, database: Database, enter: Callable[..., None]
):
    enter(priced("one"), priced("two"))
    await written(battles, await battles.open_battle(VOTER, "Hello"))
    assert spent(database) == {}


async def test_a_contender_whose_budget_is_spent_is_not_drawn_and_the_others_go_on(
    battles: Battles, database: Database, enter: Callable[..., None]
):
    enter(priced("poor", usd_per_day=0.05), scripted("free"), scripted("too"))
    for _ in range(6):
        await written(battles, await battles.open_battle(VOTER, "Hello"))
    with database.reading() as session:
        drawn = {
            slug
            for battle in session.scalars(select(Battle))
            for slug in (battle.contender_a.slug, battle.contender_b.slug)
        }
    assert drawn == {"free", "too"}
    assert spent(database) == {}


async def test_with_too_few_left_the_voter_is_told_without_a_name(battles: Battles, enter: Callable[..., None]):
    enter(priced("poor", usd_per_day=0.05), scripted("free"))
    with pytest.raises(TooBusy) as refusal:
        await battles.open_battle(VOTER, "Hello")
    assert "poor" not in str(refusal.value)


async def test_a_turn_that_the_budget_does_not_last_for_is_refused_and_the_battle_stays_votable(
    battles: Battles, enter: Callable[..., None]
):
    enter(priced("poor", usd_per_day=0.102), scripted("free"))
    view = await written(battles, await battles.open_battle(VOTER, "Hello"))
    with pytest.raises(BudgetSpent, match="cannot go on today") as refusal:
        await battles.ask(view.handle, VOTER, "And now?")
    assert "poor" not in str(refusal.value)
    assert (await battles.look(view.handle, VOTER)).votable


async def test_a_voter_and_the_arena_have_budgets_of_their_own(
    database: Database, open_contenders: OpenContenders, settings: Settings, enter: Callable[..., None]
):
    slow = {"reply": "Slow.", "first_token_s": 30}
    enter(priced("one", options=slow), priced("two", options=slow))
    limits = replace(settings, usd_per_day=0.5, usd_per_voter_per_day=0.25)
    battles = Battles(database, open_contenders, settings=limits)
    await battles.open_battle(VOTER, "Hello")
    with pytest.raises(BudgetSpent, match="Your share"):
        await battles.open_battle(VOTER, "Hello again")
    await battles.open_battle(STRANGER, "Hello")
    with pytest.raises(BudgetSpent, match="The arena's budget"):
        await battles.open_battle("c" * 64, "Hello")
    with database.reading() as session:
        assert len(session.scalars(select(Battle)).all()) == 2
    await battles.aclose()


def test_a_reply_whose_cost_is_not_known_stays_reserved_at_its_worst(database: Database, enter: Callable[..., None]):
    enter(priced("paid", usd_per_day=1.0))
    with database.reading() as session:
        asked = {"a": Asked(session.scalars(select(Contender)).one(), [Message("user", "Hello")])}
    budgets = Budgets()
    with database.writing() as session:
        budgets.settle(session, budgets.reserve(session, 1, asked)["a"], None)
    assert list(spent(database).values()) == pytest.approx([WORST_USD])


@pytest.mark.parametrize(("forgotten_s", "left_out"), [(60.0, {"poor"}), (0.0, set())])
def test_a_contender_that_has_spent_its_budget_is_left_out_for_a_minute(
    database: Database,
    enter: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    forgotten_s: float,
    left_out: set[str],
):
    monkeypatch.setattr("arena.battles.budgets.FORGET_S", forgotten_s)
    enter(priced("poor", usd_per_day=0.05))
    with database.reading() as session:
        asked = {"a": Asked(session.scalars(select(Contender)).one(), [Message("user", "Hello")])}
    budgets = Budgets()
    with pytest.raises(ContenderSpent), database.writing() as session:
        budgets.reserve(session, 1, asked)
    assert budgets.spent_out() == left_out


def test_a_reservation_that_was_never_settled_stays_spent_for_its_day_only(
    database: Database, enter: Callable[..., None]
):
    enter(priced("paid", usd_per_day=0.1))
    with database.reading() as session:
        contender = session.scalars(select(Contender)).one()
    asked = {"a": Asked(contender, [Message("user", "Hello")])}
    with database.writing() as session:
        reservation = Budgets().reserve(session, 1, asked)["a"]
    assert reservation.day == now().date()
    with pytest.raises(ContenderSpent), database.writing() as session:
        Budgets().reserve(session, 1, asked)
