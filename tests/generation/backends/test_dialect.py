"""An endpoint that refuses a field is asked once more without it, and is understood from then on."""

import pytest

from generation.backends.dialect import Dialect
from generation.conversation import Message, Sampling
from generation.errors import Rejected
from tests.endpoints.openai_server import FakeEndpoint
from tests.generation.backends.conftest import QUESTION, OpenEndpoint, ask

WITH_SYSTEM = [Message("system", "Be brief."), *QUESTION]
LEARNED = {
    "stream_options": Dialect(asks_usage=False),
    "anything_else": Dialect(asks_usage=False),
    "max_tokens": Dialect(length_field="max_completion_tokens"),
    "system": Dialect(system="user"),
    "stream": Dialect(streams=False),
    "reasoning_effort": Dialect(effort_field="reasoning"),
    "reasoning_effort+reasoning": Dialect(effort_field="none"),
    "stream_options+max_tokens+system": Dialect("max_completion_tokens", asks_usage=False, system="user"),
}


@pytest.mark.parametrize(("refused", "dialect"), LEARNED.items())
async def test_what_is_refused_is_left_out_and_remembered(
    refused: str, dialect: Dialect, endpoint: OpenEndpoint, fake_endpoint: FakeEndpoint
):
    backend = endpoint(f"picky:n=2,no={refused}", **({"reasoning_effort": "low"} if "effort" in refused else {}))
    assert (await ask(backend, messages=WITH_SYSTEM)).text == "Alpacas word1 "
    assert backend.dialect == dialect
    tries = len(fake_endpoint.calls)
    assert tries == 2 + refused.count("+")
    await ask(backend, messages=WITH_SYSTEM)
    assert len(fake_endpoint.calls) == tries + 1


async def test_a_whole_reply_is_asked_for_in_the_same_way(endpoint: OpenEndpoint):
    backend = endpoint("picky:n=2,no=max_tokens")
    assert (await backend.complete(QUESTION, Sampling())).text == "Alpacas word1 "
    assert backend.dialect == LEARNED["max_tokens"]


async def test_a_system_prompt_that_is_refused_stands_before_the_question(
    endpoint: OpenEndpoint, fake_endpoint: FakeEndpoint
):
    await ask(endpoint("picky:no=system"), messages=WITH_SYSTEM)
    assert fake_endpoint.calls[-1].body["messages"] == [
        {"role": "user", "content": f"Be brief.\n\n{QUESTION[0].content}"}
    ]


async def test_a_refusal_that_stays_is_told_and_nothing_is_learned(endpoint: OpenEndpoint, fake_endpoint: FakeEndpoint):
    backend = endpoint("picky:no=max_tokens+max_completion_tokens")
    assert type((await ask(backend)).error) is Rejected
    assert backend.dialect == Dialect()
    assert len(fake_endpoint.calls) <= 5


async def test_an_operator_who_asks_for_counts_or_none_is_obeyed(endpoint: OpenEndpoint, fake_endpoint: FakeEndpoint):
    await ask(endpoint("ok", stream_usage=False))
    assert "stream_options" not in fake_endpoint.calls[-1].body


def test_budgets_of_thinking_go_where_the_endpoint_takes_them():
    assert Dialect().thinking_fields(effort="low", tokens=512) == {"reasoning_effort": "low", "thinking_budget": 512}
    router = Dialect(effort_field="reasoning", budget_field="reasoning")
    assert router.thinking_fields(effort="low", tokens=512) == {"reasoning": {"effort": "low", "max_tokens": 512}}
    assert Dialect(effort_field="none", budget_field="none").thinking_fields(effort="low", tokens=512) == {}
    assert Dialect(budget_field="thinking").thinking_fields(effort=None, tokens=512) == {
        "thinking": {"type": "enabled", "budget_tokens": 512}
    }
