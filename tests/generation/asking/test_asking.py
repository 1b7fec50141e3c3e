"""Asking: retries by class, limits learned from headers, several servers, budgets that hold, and clear ends."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from generation.asking.asking import Asking, Request
from generation.asking.budget import Budget
from generation.asking.journal import Answer, GivenUp, Journal, events
from generation.asking.stopping import Reason, Stopped
from generation.backends.registry import open_backend
from generation.conversation import Message, Sampling
from generation.prices import Price
from generation.recipe import StopRules
from generation.servers.servers import Server
from tests.endpoints.openai_server import FakeEndpoint
from tests.generation.conftest import rows

HELLO = (Message("user", "Hello"),)
CENT_A_TOKEN = Price(input=0.0, output=10_000.0)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal(tmp_path / "journal.jsonl") as journal:
        yield journal


def server(url: str, model: str, *, concurrency: int = 4) -> Server:
    backend = open_backend("openai", {"url": url, "model": model, "timeout_s": 5})
    return Server(url, backend, concurrency, first_rest_s=0.005)


async def ask_all(asking: Asking, count: int, *, max_tokens: int = 100) -> list[Answer | GivenUp | BaseException]:
    requests = [Request(f"step/{number}", HELLO, Sampling(max_tokens=max_tokens)) for number in range(count)]
    try:
        return await asyncio.gather(*map(asking.ask, requests), return_exceptions=True)
    finally:
        for one in asking.servers:
            await one.backend.aclose()


def reasons(results: Sequence[object]) -> set[Reason]:
    return {result.reason for result in results if isinstance(result, Stopped)}


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        ("http-401", "Incorrect API key provided"),
        ("quota", "exceeded your current quota"),
        ("model-missing", "The model does not exist"),
        ("http-422", "Extra fields are not permitted"),
    ],
)
async def test_what_asking_again_cannot_help_stops_at_once(
    journal: Journal, fake_endpoint: FakeEndpoint, model: str, sentence: str
):
    asking = Asking(journal, [server(fake_endpoint.url, model, concurrency=1)], Budget(StopRules(), None))
    results = await ask_all(asking, 5)
    assert reasons(results) == {Reason.REFUSED}
    assert sentence in str(results[0])
    assert len(fake_endpoint.calls) == 1


async def test_a_dead_endpoint_stops_the_run_after_a_few_tries(journal: Journal):
    asking = Asking(journal, [server("http://127.0.0.1:9/v1", "teacher")], Budget(StopRules(), None))
    results = await ask_all(asking, 3)
    assert reasons(results) == {Reason.FAILURES}
    assert "failed 3 times in a row" in str(results[0])
    assert set(journal.failures) == {"unreachable"}


async def test_faults_that_pass_are_retried_and_counted(journal: Journal, fake_endpoint: FakeEndpoint):
    asking = Asking(
        journal, [server(fake_endpoint.url, "teacher:faults=0.4", concurrency=8)], Budget(StopRules(), None)
    )
    questions = [Request(f"step/{n}", (Message("user", f"1 task {n}\n9."),), Sampling()) for n in range(40)]
    results = await asyncio.gather(*map(asking.ask, questions))
    await asking.servers[0].backend.aclose()
    assert sum(isinstance(result, Answer) for result in results) >= 38
    assert len(set(journal.failures) & {"rate_limited", "server_fault", "not_a_stream", "empty_reply"}) >= 2


async def test_a_prompt_that_does_not_fit_is_asked_for_less_and_then_given_up(
    journal: Journal, fake_endpoint: FakeEndpoint
):
    asking = Asking(journal, [server(fake_endpoint.url, "context-too-long")], Budget(StopRules(), None))
    (result,) = await ask_all(asking, 1, max_tokens=1000)
    assert isinstance(result, GivenUp)
    assert result.kind == "context_too_long"
    asked = [call.body["max_tokens"] for call in fake_endpoint.calls]
    assert asked[:3] == [1000, 800, 640]
    assert len(asked) == 8


async def test_a_filtered_prompt_is_given_up_alone(journal: Journal, fake_endpoint: FakeEndpoint):
    asking = Asking(journal, [server(fake_endpoint.url, "filtered-prompt")], Budget(StopRules(), None))
    results = await ask_all(asking, 2)
    assert [result.kind for result in results if isinstance(result, GivenUp)] == ["prompt_declined"] * 2
    assert len(fake_endpoint.calls) == 2


async def test_refusals_of_single_requests_stop_the_run_only_where_three_come_in_a_row(journal: Journal):
    refused = {"match": "odd", "fail": "rejected"}
    one = Server("script", open_backend("scripted", {"reply": "Yes.", "rules": [refused]}), 1, first_rest_s=0.005)
    asking = Asking(journal, [one], Budget(StopRules(), None))

    async def ask(number: int, word: str) -> Answer | GivenUp:
        return await asking.ask(Request(f"step/{number}", (Message("user", word),), Sampling()))

    for number in range(10):
        answer = await ask(number, "odd" if number % 2 else "even")
        assert isinstance(answer, GivenUp if number % 2 else Answer)
    # The last was refused too.
    assert isinstance(await ask(10, "odd"), GivenUp)
    with pytest.raises(Stopped) as stopped:
        await ask(11, "odd")
    assert stopped.value.reason is Reason.REFUSED


async def test_an_answer_in_the_journal_is_never_asked_for_again(journal: Journal, fake_endpoint: FakeEndpoint):
    asking = Asking(journal, [server(fake_endpoint.url, "ok")], Budget(StopRules(), None))
    first = await asking.ask(Request("step/0", HELLO, Sampling()))
    (again,) = await ask_all(asking, 1)
    assert again == first
    assert len(fake_endpoint.calls) == 1


async def test_servers_share_the_work_each_within_its_concurrency(journal: Journal, fake_endpoint: FakeEndpoint):
    servers = [
        server(fake_endpoint.url, "ok:ttft=0.02", concurrency=3),
        server(fake_endpoint.url, "ok:ttft=0.021", concurrency=1),
    ]
    await ask_all(Asking(journal, servers, Budget(StopRules(), None)), 40)
    shares = Counter(call.model for call in fake_endpoint.calls)
    assert shares["ok:ttft=0.02"] > shares["ok:ttft=0.021"] > 0
    for model, most in (("ok:ttft=0.02", 3), ("ok:ttft=0.021", 1)):
        calls = fake_endpoint.calls_to(model)
        moments = [call.opened_s for call in calls]
        at_once = [sum(c.opened_s <= at < (c.closed_s or at) for c in calls) for at in moments]
        assert max(at_once) <= most


async def test_a_server_that_is_down_costs_no_request(journal: Journal, fake_endpoint: FakeEndpoint):
    servers = [server("http://127.0.0.1:9/v1", "ok"), server(fake_endpoint.url, "ok:ttft=0.005")]
    results = await ask_all(Asking(journal, servers, Budget(StopRules(), None)), 30)
    assert all(isinstance(result, Answer) for result in results)
    assert journal.failures["unreachable"] >= 1


async def test_a_run_never_spends_more_than_its_limit(journal: Journal, fake_endpoint: FakeEndpoint):
    budget = Budget(StopRules(max_cost=1.0), CENT_A_TOKEN)
    asking = Asking(journal, [server(fake_endpoint.url, "ok:n=8,ttft=0.005", concurrency=16)], budget)
    results = await ask_all(asking, 50, max_tokens=10)
    answered = [result for result in results if isinstance(result, Answer)]
    assert reasons(results) == {Reason.COST}
    # 8 cents each, 10 reserved: after 11 answers, 0.88 + 0.10 still fits; after 12 it does not.
    assert len(answered) == 12
    assert budget.cost == pytest.approx(0.96)
    assert budget.reserved == pytest.approx(0)


async def test_what_earlier_sessions_spent_counts_for_the_limits_of_this_one(
    journal: Journal, fake_endpoint: FakeEndpoint
):
    for limit, answered in ((0.45, 5), (1.0, 12)):  # as above: 8 cents each, 10 reserved
        budget = Budget(StopRules(max_cost=limit), CENT_A_TOKEN)
        asking = Asking(journal, [server(fake_endpoint.url, "ok:n=8", concurrency=1)], budget)
        assert reasons(await ask_all(asking, 50, max_tokens=10)) == {Reason.COST}
        assert len(journal.answers) == answered
        assert budget.cost == pytest.approx(0.08 * answered)


async def test_a_limit_of_requests_holds_under_concurrency(journal: Journal, fake_endpoint: FakeEndpoint):
    budget = Budget(StopRules(max_requests=7), None)
    results = await ask_all(Asking(journal, [server(fake_endpoint.url, "ok", concurrency=16)], budget), 20)
    assert reasons(results) == {Reason.REQUESTS}
    assert len(fake_endpoint.calls) == len(journal.answers) == 7


async def test_time_that_is_up_stops_the_run(journal: Journal, fake_endpoint: FakeEndpoint):
    deadline = asyncio.get_running_loop().time() + 0.05
    budget = Budget(StopRules(max_hours=0.05 / 3600), None, deadline)
    results = await ask_all(Asking(journal, [server(fake_endpoint.url, "ok:ttft=0.02", concurrency=1)], budget), 50)
    assert reasons(results) == {Reason.HOURS}
    assert 1 <= len(journal.answers) < 10


async def test_stopping_sends_nothing_more_and_keeps_what_is_in_flight(journal: Journal, fake_endpoint: FakeEndpoint):
    asking = Asking(journal, [server(fake_endpoint.url, "ok:ttft=0.1", concurrency=3)], Budget(StopRules(), None))

    async def stop() -> None:
        await fake_endpoint.wait_for(lambda endpoint: len(endpoint.calls) == 3)
        asking.stop(Stopped(Reason.INTERRUPTED, "Enough."))

    results, _ = await asyncio.gather(ask_all(asking, 10), stop())
    assert reasons(results) == {Reason.INTERRUPTED}
    assert len(journal.answers) == len(fake_endpoint.calls) == 3


async def test_limits_in_the_headers_are_kept(journal: Journal, fake_endpoint: FakeEndpoint):
    one = server(fake_endpoint.url, "teacher:rpm=6000")
    asking = Asking(journal, [one], Budget(StopRules(), None))
    await asking.ask(Request("step/0", (Message("user", "1 task\n9."),), Sampling()))
    await one.backend.aclose()
    assert one.pace.requests.per_minute == 6000
    assert one.pace.requests.level <= 1


async def test_usage_that_does_not_come_is_counted_by_us(journal: Journal, fake_endpoint: FakeEndpoint):
    budget = Budget(StopRules(), None)
    await ask_all(Asking(journal, [server(fake_endpoint.url, "json-not-sse")], budget), 1)
    assert budget.steps["step"].prompt_tokens > 0
    assert budget.steps["step"].output_tokens > 0


def test_the_journal_tells_what_was_asked_of_whom(tmp_path: Path, fake_endpoint: FakeEndpoint):
    path = tmp_path / "journal.jsonl"
    with Journal(path) as journal:
        asyncio.run(ask_all(Asking(journal, [server(fake_endpoint.url, "ok")], Budget(StopRules(), None)), 1))
    asked, answered = events(path)
    assert (asked["event"], asked["request"], asked["server"]) == ("asked", "step/0", fake_endpoint.url)
    assert answered["usage"] == [9, 8, 4]
    assert rows(path)[1]["text"].startswith("Alpacas")
