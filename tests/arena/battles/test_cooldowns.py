"""Cooldowns: what keeps failing is not drawn until a probe of ours was answered."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from arena.battles import cooldowns
from arena.battles.battles import Battles
from arena.battles.cooldowns import LONGEST_S, Cooldowns, note_end, rest
from arena.battles.race import LiveReply
from arena.clock import now
from arena.contenders.opened import OpenContenders
from arena.db import queries
from arena.db.session import Database
from arena.db.states import ReplyStatus, VoterKey
from arena.db.tables import Contender, Reply
from tests.arena.conftest import scripted
from tests.endpoints.openai_server import FakeEndpoint


def row(database: Database, slug: str) -> Contender:
    with database.reading() as session:
        return session.scalars(select(Contender).where(Contender.slug == slug)).one()


def drawable(database: Database) -> list[str]:
    with database.reading() as session:
        return list(queries.active_slugs(session))


async def fight(battles: Battles, times: int, prompt: str = "Hello") -> None:
    for number in range(times):
        voter = VoterKey(f"{number:064}")
        view = await battles.open_battle(voter, prompt)
        async for _ in battles.watch(view.handle, voter):
            pass


def served(slug: str, model: str, endpoint: FakeEndpoint) -> Contender:
    contender = scripted(slug)
    contender.backend, contender.options = "openai", {"url": endpoint.url, "model": model}
    return contender


async def test_failures_of_single_servers_among_several_do_not_take_their_contender_out(
    battles: Battles, database: Database, enter: Callable[..., None], fake_endpoint: FakeEndpoint
):
    several = scripted("several")
    urls = [fake_endpoint.url, fake_endpoint.url.replace("127.0.0.1", "localhost")]
    several.backend, several.options = "openai", {"urls": urls, "model": "http-503"}
    enter(several, scripted("steady"))
    await fight(battles, 3)
    assert drawable(database) == ["several", "steady"]


async def test_a_contender_none_of_whose_servers_answers_is_taken_out(
    battles: Battles, database: Database, enter: Callable[..., None]
):
    gone = scripted("gone")
    gone.backend, gone.options = "openai", {"urls": ["http://127.0.0.1:9/v1", "http://127.0.0.1:10/v1"], "model": "ok"}
    enter(gone, scripted("steady"))
    await fight(battles, 3)
    assert drawable(database) == ["steady"]


async def test_three_failures_in_a_row_take_a_contender_out_and_a_probe_brings_it_back(
    battles: Battles, database: Database, open_contenders: OpenContenders, enter: Callable[..., None]
):
    enter(scripted("shaky", fail="server_fault"), scripted("steady"))
    await fight(battles, 2)
    assert drawable(database) == ["shaky", "steady"]
    await fight(battles, 1)
    assert drawable(database) == ["steady"]
    resting = row(database, "shaky")
    assert resting.cooling_until
    assert timedelta(seconds=20) < resting.cooling_until - now() <= timedelta(seconds=30)

    prober = Cooldowns(database, open_contenders)
    await prober.probe_due(now())
    assert drawable(database) == ["steady"]  # it still rests, and nobody asked it
    await prober.probe_due(resting.cooling_until)
    again = row(database, "shaky")
    assert again.cooling_until
    assert again.cooling_until > resting.cooling_until
    assert again.cooldowns == 2

    with database.writing() as session:
        session.get_one(Contender, again.id).options = {"reply": "Well again."}
    await prober.probe_due(again.cooling_until)
    assert drawable(database) == ["shaky", "steady"]
    assert row(database, "shaky").cooldowns == 2  # a probe is not yet a reply
    await fight(battles, 1)
    assert row(database, "shaky").cooldowns == 0


async def test_a_success_between_failures_is_no_row_of_them(
    battles: Battles, database: Database, enter: Callable[..., None]
):
    enter(scripted("shaky", fail="server_fault"), scripted("steady"))
    await fight(battles, 2)
    with database.writing() as session:
        session.get_one(Contender, row(database, "shaky").id).options = {"reply": "Fine."}
    await fight(battles, 1)
    with database.writing() as session:
        session.get_one(Contender, row(database, "shaky").id).options = {"fail": "server_fault"}
    await fight(battles, 2)
    assert drawable(database) == ["shaky", "steady"]


async def test_a_long_good_record_does_not_outweigh_three_failures_in_a_row(
    battles: Battles, database: Database, enter: Callable[..., None]
):
    rules = [{"match": "Fail", "fail": "server_fault"}]
    enter(scripted("shaky", reply="Fine.", rules=rules), scripted("steady"))
    await fight(battles, 4)
    await fight(battles, 3, "Fail")
    assert drawable(database) == ["steady"]


@pytest.mark.parametrize(("model", "rests_s"), [("http-429:after=120", 120), ("quota", LONGEST_S)])
async def test_an_endpoints_own_wish_is_followed_at_once(
    battles: Battles,
    database: Database,
    enter: Callable[..., None],
    fake_endpoint: FakeEndpoint,
    model: str,
    rests_s: float,
):
    enter(served("limited", model, fake_endpoint), scripted("steady"))
    await fight(battles, 1)
    until = row(database, "limited").cooling_until
    assert until
    assert timedelta(seconds=rests_s - 60) < until - now() <= timedelta(seconds=rests_s)


@pytest.mark.parametrize("model", ["http-429:after=2", "context-too-long", "content-filter"])
async def test_a_short_wish_and_what_is_not_the_endpoints_health_keep_nobody_out(
    battles: Battles, database: Database, enter: Callable[..., None], fake_endpoint: FakeEndpoint, model: str
):
    enter(served("fine", model, fake_endpoint), scripted("steady"))
    await fight(battles, 2)
    assert drawable(database) == ["fine", "steady"]
    with database.reading() as session:
        assert len(session.scalars(select(Reply).where(Reply.failure != "")).all()) == 2


async def test_no_voter_can_silence_contenders_by_asking_for_what_takes_too_long(
    battles: Battles, database: Database, open_contenders: OpenContenders, enter: Callable[..., None]
):
    rules = [
        {"match": "count for ever", "reply": "one more, " * 400, "tokens_per_s": 500.0},
        {"match": "say nothing", "fail": "empty_reply"},
        {"match": "eat this", "fail": "rejected"},
    ]
    enter(*(scripted(slug, reply="Fine.", rules=rules, limits={"total_s": 0.05}) for slug in ("one", "two")))
    prober = Cooldowns(database, open_contenders)
    for prompt in ("Please count for ever", "say nothing", "eat this"):
        await fight(battles, 4, prompt)
        assert drawable(database) == ["one", "two"]
        await prober.probe_due(now())
        assert drawable(database) == ["one", "two"]
    with database.reading() as session:
        assert set(session.scalars(select(Reply.failure))) == {"total_timeout", "empty_reply", "rejected"}
    await fight(battles, 1)
    assert row(database, "one").suspected_at is None


@pytest.mark.parametrize("fail", ["total_timeout", "rejected", "empty_reply"])
async def test_what_is_truly_ill_rests_though_a_voter_could_have_caused_such_failures(
    battles: Battles, database: Database, open_contenders: OpenContenders, enter: Callable[..., None], fail: str
):
    enter(scripted("ill", fail=fail), scripted("steady"))
    await fight(battles, 3)
    assert drawable(database) == ["ill", "steady"]
    prober = Cooldowns(database, open_contenders)
    await prober.probe_due(now())
    assert drawable(database) == ["steady"]
    assert row(database, "ill").suspected_at is None


async def test_suspicions_cost_one_probe_a_minute_at_most(
    database: Database,
    open_contenders: OpenContenders,
    enter: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
):
    enter(scripted("fine"))
    probes = []

    async def answers(contender: Contender, _open: OpenContenders) -> bool:
        probes.append(contender.slug)
        return True

    monkeypatch.setattr(cooldowns, "answers", answers)
    prober = Cooldowns(database, open_contenders)
    for _ in range(5):
        with database.writing() as session:
            session.scalars(select(Contender)).one().suspected_at = now()
        await prober.probe_due(now())
    assert probes == ["fine"]


def test_rests_double_up_to_ten_minutes():
    contender = scripted("shaky")
    contender.cooldowns = 0
    lengths = []
    for _ in range(6):
        rest(contender)
        assert contender.cooling_until
        lengths.append((contender.cooling_until - now()).total_seconds())
    assert lengths == pytest.approx([30, 60, 120, 240, 480, 600], abs=10)


async def test_what_has_not_answered_for_months_is_probed_and_keeps_nobody_else_from_coming_back(
    database: Database, open_contenders: OpenContenders, enter: Callable[..., None]
):
    gone, back = scripted("gone", fail="server_fault"), scripted("back")
    gone.cooldowns, gone.cooling_until, back.cooling_until = 1_024, now(), now()
    enter(gone, back)
    await Cooldowns(database, open_contenders).probe_due(now())
    assert drawable(database) == ["back"]


@pytest.mark.parametrize("rests", [1_024, 10**9])
def test_a_rest_is_never_longer_however_many_came_before(rests: int):
    contender = scripted("hopeless")
    contender.cooldowns = rests
    rest(contender)
    assert contender.cooling_until
    assert contender.cooling_until - now() <= timedelta(seconds=LONGEST_S)
    assert contender.cooldowns < 10


async def test_replies_that_were_under_way_when_a_rest_began_do_not_lengthen_it(
    battles: Battles, database: Database, enter: Callable[..., None]
):
    enter(scripted("shaky", fail="server_fault"), scripted("steady"))
    await fight(battles, 3)
    resting = row(database, "shaky")
    failed = LiveReply(status=ReplyStatus.FAILED, failure="server_fault")
    for _ in range(6):
        with database.writing() as session:
            note_end(session, resting.id, failed)
    assert row(database, "shaky").cooldowns == resting.cooldowns == 1
    assert row(database, "shaky").cooling_until == resting.cooling_until


async def test_probing_goes_on_after_a_round_that_failed(
    database: Database,
    open_contenders: OpenContenders,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
):
    rounds = 0

    async def breaks_once(self: Cooldowns, moment: datetime) -> None:
        nonlocal rounds
        rounds += 1
        if rounds == 1:
            raise OverflowError("int too large to convert to float")

    monkeypatch.setattr(cooldowns, "LOOK_EVERY_S", 0.001)
    monkeypatch.setattr(Cooldowns, "probe_due", breaks_once)
    probing = Cooldowns(database, open_contenders)
    probing.rounds.begin()
    while rounds < 3:  # noqa: ASYNC110
        await asyncio.sleep(0.001)
    await probing.rounds.aclose()
    assert "OverflowError" in caplog.text
