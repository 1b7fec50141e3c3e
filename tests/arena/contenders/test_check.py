"""A contender is asked for a few words before voters meet it; what is wrong is told, one row each."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from arena.contenders.check import PARTS, CheckReport, PartResult, activate_checked, answers, check, check_all
from arena.contenders.findings import THINKING_ROOM, facts_of_endpoint, learned_of
from arena.contenders.opened import OpenContenders
from arena.contenders.probes import MAX_TOKENS_OF_THINKERS, READY
from arena.contenders.register import Contenders
from arena.db.session import Database
from arena.db.states import ContenderStatus
from arena.db.tables import Contender
from generation.backends.dialect import Dialect
from generation.backends.learned import Learned
from generation.conversation import Sampling
from tests.arena.conftest import scripted
from tests.endpoints.modes import KEY_IN_LEAKY_ERROR
from tests.endpoints.openai_server import FakeEndpoint


@pytest_asyncio.fixture
async def open_contenders() -> AsyncIterator[OpenContenders]:
    opened = OpenContenders({"LAB_KEY": KEY_IN_LEAKY_ERROR})
    yield opened
    await opened.aclose()


@pytest.fixture
def endpoint_contender(fake_endpoint: FakeEndpoint) -> Callable[..., Contender]:
    """A contender that the fake endpoint answers in the given mode."""

    def endpoint_contender(mode: str, **columns: Any) -> Contender:
        contender = scripted(mode)
        contender.backend = "openai"
        contender.options = {"url": fake_endpoint.url, "model": mode}
        contender.system_prompt = contender.api_key_env = ""
        for name, value in columns.items():
            setattr(contender, name, value)
        return contender

    return endpoint_contender


async def test_a_healthy_endpoint_passes_with_its_figures(
    endpoint_contender: Callable[..., Contender], open_contenders: OpenContenders
):
    done = await check(endpoint_contender("ok:n=3,ttft=0.05"), open_contenders)
    assert (done.passed, done.reachable, done.num_pieces, done.finish_reason) == (True, True, 3, "stop")
    assert done.first_token_s is not None
    assert done.total_s is not None
    assert 0.05 <= done.first_token_s <= done.total_s


async def test_the_request_is_tiny_and_asks_as_the_contender_is_set_up(
    endpoint_contender: Callable[..., Contender], open_contenders: OpenContenders, fake_endpoint: FakeEndpoint
):
    settings = {
        "sampling": {"temperature": 0.7, "stop": ["###"]},
        "system_prompt": "Be kind.",
        "api_key_env": "LAB_KEY",
    }
    await check(endpoint_contender("ok", **settings), open_contenders)
    call, *others = fake_endpoint.calls
    assert len(others) == 3
    assert call.body["max_tokens"] < 100
    assert call.body["temperature"] == 0.7
    assert call.body["stop"] == ["###"]
    assert call.body["messages"][0] == {"role": "system", "content": "Be kind."}
    assert call.headers["authorization"] == f"Bearer {KEY_IN_LEAKY_ERROR}"


@pytest.mark.parametrize(
    ("mode", "limits", "reachable", "complaint"),
    [
        ("hang", {"first_token_s": 0.3}, False, "Nothing came in 0.3 s"),
        ("stall", {"between_tokens_s": 0.3}, True, "Nothing more came in 0.3 s"),
        ("html", {}, True, "no event stream"),
        ("no-finish", {}, True, "finish"),
        ("redirect", {}, True, "redirect to"),
    ],
)
async def test_what_is_wrong_is_told(
    endpoint_contender: Callable[..., Contender],
    open_contenders: OpenContenders,
    mode: str,
    limits: dict[str, float],
    reachable: bool,
    complaint: str,
):
    done = await check(endpoint_contender(mode, limits=limits), open_contenders)
    assert (done.passed, done.reachable) == (False, reachable)
    assert complaint in done.fault


async def test_an_endpoint_that_is_not_there_is_unreachable_and_the_hint_says_what_to_look_at(
    endpoint_contender: Callable[..., Contender], open_contenders: OpenContenders
):
    gone = endpoint_contender("ok", options={"url": "http://127.0.0.1:9/v1", "model": "ok"})
    done = await check(gone, open_contenders)
    assert (done.passed, done.reachable, done.num_pieces) == (False, False, 0)
    assert "url" in done.hint


async def test_a_missing_key_is_told_by_its_variable_without_asking_the_endpoint(
    endpoint_contender: Callable[..., Contender], open_contenders: OpenContenders, fake_endpoint: FakeEndpoint
):
    done = await check(endpoint_contender("ok", api_key_env="OTHER_KEY"), open_contenders)
    assert not done.passed
    assert "OTHER_KEY" in done.fault
    assert fake_endpoint.calls == []


async def test_options_that_cannot_be_used_are_told(open_contenders: OpenContenders):
    done = await check(scripted("odd", rules=[{"match": "("}]), open_contenders)
    assert not done.passed
    assert "regular expression" in done.fault


async def test_a_key_that_an_endpoint_quotes_is_not_told_on(
    endpoint_contender: Callable[..., Contender], open_contenders: OpenContenders
):
    done = await check(endpoint_contender("leaky-error", api_key_env="LAB_KEY"), open_contenders)
    assert not done.passed
    assert KEY_IN_LEAKY_ERROR not in str(done)


async def test_many_are_asked_at_the_same_time_and_told_in_their_order(
    endpoint_contender: Callable[..., Contender], open_contenders: OpenContenders, fake_endpoint: FakeEndpoint
):
    modes = [f"ok:ttft=0.5,n={number}" for number in (4, 3, 2, 1)]
    checks = await check_all([endpoint_contender(mode) for mode in modes], open_contenders)
    assert [(done.slug, done.num_pieces) for done in checks] == list(zip(modes, (4, 3, 2, 1), strict=True))
    first = [fake_endpoint.calls_to(mode)[0] for mode in modes]
    first_end = min(call.closed_s for call in first if call.closed_s)
    assert all(call.opened_s < first_end for call in first)


async def test_only_those_that_pass_become_active_and_the_reason_is_the_check(
    database: Database, open_contenders: OpenContenders
):
    contenders = Contenders(database)
    good, bad = scripted("good"), scripted("bad", fail="server_fault", reply="No.")
    good.status = bad.status = ContenderStatus.CANDIDATE
    with database.writing() as session:
        session.add_all([good, bad])
    checks = await activate_checked(contenders, contenders.list(), open_contenders)
    assert [(done.slug, done.passed) for done in checks] == [("good", True), ("bad", False)]
    (row,) = contenders.active()
    assert row.slug == "good"
    assert row.status_reason.startswith("checked: first token after 0.")


def verdicts(done: CheckReport) -> dict[str, str]:
    return {finding.name: finding.verdict.value for finding in done.findings}


async def test_every_part_of_the_check_has_its_row_whatever_happens(
    endpoint_contender: Callable[..., Contender], open_contenders: OpenContenders
):
    for mode in ("ok", "html", "redirect"):
        done = await check(endpoint_contender(mode), open_contenders)
        assert tuple(verdicts(done)) == PARTS


async def test_what_is_odd_but_can_be_voted_on_is_a_warning(
    endpoint_contender: Callable[..., Contender], open_contenders: OpenContenders
):
    done = await check(endpoint_contender("length", licence=""), open_contenders)
    assert done.passed
    found = verdicts(done)
    assert [found[name] for name in ("stops", "memory", "korean", "price", "licence")] == ["warning"] * 5
    assert [found[name] for name in ("reachable", "replies", "streams", "model")] == ["ok"] * 4


async def test_a_recording_is_asked_what_it_can_answer(
    endpoint_contender: Callable[..., Contender], open_contenders: OpenContenders, tmp_path: Path
):
    file = tmp_path / "answers.jsonl"
    file.write_text('{"prompt": "What do alpacas eat?", "reply": "Mostly grass."}')
    recorded = endpoint_contender("recorded", backend="recorded", options={"file": str(file), "pace": "at once"})
    done = await check(recorded, open_contenders)
    assert done.passed
    assert [verdicts(done)[name] for name in ("replies", "memory", "korean")] == ["ok", "-", "-"]


async def test_every_server_of_a_contender_must_serve_it(
    endpoint_contender: Callable[..., Contender], open_contenders: OpenContenders, fake_endpoint: FakeEndpoint
):
    gone = "http://127.0.0.1:9/v1"
    options = {"urls": [fake_endpoint.url, gone], "model": "ok"}
    done = await check(endpoint_contender("ok", options=options), open_contenders)
    assert done.passed
    assert next(finding for finding in done.findings if finding.name == "model").detail == f"not listed by {gone}"


async def test_memory_and_korean_are_asked_for(open_contenders: OpenContenders):
    knows = scripted("knows", rules=[{"match": "name", "reply": "Hana."}], reply="하늘은 파란색입니다.")
    assert {verdicts(await check(knows, open_contenders))[name] for name in ("memory", "korean")} == {"ok"}


@pytest.mark.parametrize("mark", ["### Instruction:", "<|im_start|>", "[INST]", "USER: hello"])
async def test_a_reply_that_shows_its_prompt_format_keeps_a_contender_out(open_contenders: OpenContenders, mark: str):
    done = await check(scripted("leaky", reply=f"Fine.\n{mark}"), open_contenders)
    assert not done.passed
    assert verdicts(done)["template"] == "fault"


async def test_an_empty_reply_keeps_a_contender_out(
    endpoint_contender: Callable[..., Contender], open_contenders: OpenContenders
):
    done = await check(endpoint_contender("empty"), open_contenders)
    assert (done.passed, done.reachable, verdicts(done)["replies"]) == (False, True, "fault")


async def test_a_reply_that_fills_the_whole_context_is_told(
    endpoint_contender: Callable[..., Contender], open_contenders: OpenContenders
):
    tight = endpoint_contender("ok", context_size=512, sampling={"max_tokens": 512})
    assert verdicts(await check(tight, open_contenders))["context"] == "warning"
    roomy = endpoint_contender("ok", context_size=2048, sampling={"max_tokens": 512})
    assert verdicts(await check(roomy, open_contenders))["context"] == "ok"


async def test_on_a_public_arena_a_research_licence_needs_its_acknowledgement(
    endpoint_contender: Callable[..., Contender], open_contenders: OpenContenders
):
    alpaca = endpoint_contender("ok", licence="CC BY-NC 4.0")
    assert (await check(alpaca, open_contenders)).passed
    assert verdicts(await check(alpaca, open_contenders, public=True))["licence"] == "fault"
    alpaca.research_only_acknowledged = True
    assert (await check(alpaca, open_contenders, public=True)).passed
    assert PartResult.FAULT not in verdicts(await check(alpaca, open_contenders, public=True)).values()


@pytest.mark.parametrize(
    "columns",
    [{"sampling": {"beams": 4}}, {"limits": {"total_s": "long"}}],
    ids=["when it is opened", "while it answers"],
)
async def test_a_fault_that_nobody_foresaw_fails_one_contender_and_not_the_others(
    database: Database, open_contenders: OpenContenders, columns: dict[str, Any]
):
    contenders = Contenders(database)
    faulty, good = scripted("faulty"), scripted("good")
    faulty.status = good.status = ContenderStatus.CANDIDATE
    for name, value in columns.items():  # what the contenders file refuses, and a table edited by hand may hold
        setattr(faulty, name, value)
    with database.writing() as session:
        session.add_all([faulty, good])
    first, second = await activate_checked(contenders, contenders.list(), open_contenders)
    assert (first.slug, first.passed, first.reachable) == ("faulty", False, False)
    assert "TypeError" in first.fault
    assert first.hint
    assert {part.name: part.verdict for part in first.findings}["replies"] is PartResult.FAULT
    assert (second.slug, second.passed) == ("good", True)
    assert [row.slug for row in contenders.active()] == ["good"]
    assert not await answers(contenders.list()[0], open_contenders)


# What it learns.


@pytest.mark.parametrize(
    ("mode", "found"),
    [
        ("ok", {"usage": "ok", "ends": "ok", "thinking": "-"}),
        ("usage-zeros", {"usage": "warning"}),
        ("silent-end", {"ends": "warning", "replies": "ok"}),
        ("deepseek-reasoning-content", {"thinking": "ok"}),
        ("picky:no=system,n=6", {"system": "warning"}),
        ("picky:no=stream,n=6", {"streams": "warning"}),
        ("picky:no=stream_options,n=6", {"usage": "warning"}),
    ],
)
async def test_what_an_endpoint_is_like_is_learned(
    endpoint_contender: Callable[..., Contender], open_contenders: OpenContenders, mode: str, found: dict[str, str]
):
    done = await check(endpoint_contender(mode, system_prompt="Be kind."), open_contenders)
    assert done.passed, done.fault
    assert {name: verdicts(done)[name] for name in found} == found


@pytest.mark.parametrize(
    ("mode", "learned"),
    [
        ("picky:no=max_tokens+stream_options", Learned(Dialect("max_completion_tokens", asks_usage=False), "none")),
        ("silent-end", Learned(thinking="none", done_is_end=True)),
        ("openai-hidden-thinking", Learned(thinking="hidden")),
        ("qwen-marks", Learned(thinking="marks")),
        ("r1-lone-closing-mark", Learned(thinking="closing mark")),
        ("thinks-first:think=60", Learned(thinking="closing mark")),
    ],
)
async def test_what_was_learned_is_what_the_backend_needs(
    endpoint_contender: Callable[..., Contender], open_contenders: OpenContenders, mode: str, learned: Learned
):
    assert (await check(endpoint_contender(mode), open_contenders)).learned == learned


async def test_a_model_that_thinks_before_it_speaks_is_given_room(
    endpoint_contender: Callable[..., Contender], open_contenders: OpenContenders, fake_endpoint: FakeEndpoint
):
    done = await check(endpoint_contender("thinks-first:think=60"), open_contenders)
    assert (done.passed, done.finish_reason) == (True, "stop")
    asked_for = [call.body["max_tokens"] for call in fake_endpoint.calls]
    assert asked_for[0] < 100
    assert {*asked_for[1:]} == {MAX_TOKENS_OF_THINKERS}


async def test_what_was_learned_is_stored_with_the_version_and_used(
    database: Database,
    endpoint_contender: Callable[..., Contender],
    open_contenders: OpenContenders,
    fake_endpoint: FakeEndpoint,
):
    contenders = Contenders(database)
    with database.writing() as session:
        session.add(endpoint_contender("thinks-first:think=60", status=ContenderStatus.CANDIDATE))
    await activate_checked(contenders, contenders.list(), open_contenders)
    (row,) = contenders.list()
    assert learned_of(row) == Learned(thinking="closing mark")
    facts = facts_of_endpoint(row)
    assert facts is not None
    assert (facts.endings, facts.counts_tokens, facts.system_prompt) == (["stop"], True, "ignored")
    assert facts.identity == "Alpacas hum softly"
    opened = open_contenders.get(row)
    assert opened.sampling.max_tokens == 1024 + THINKING_ROOM
    row.system_prompt = "Another version."
    assert learned_of(row) is None


async def test_a_key_in_a_file_can_be_changed_without_a_restart(
    endpoint_contender: Callable[..., Contender],
    open_contenders: OpenContenders,
    fake_endpoint: FakeEndpoint,
    tmp_path: Path,
):
    file = tmp_path / "key"
    contender = endpoint_contender("ok", key_file=str(file))
    assert str(file) in (await check(contender, open_contenders)).fault
    for key in ("sk-first-0123456789", "sk-second-0123456789"):
        file.write_text(f"{key}\n")
        assert [event async for event in open_contenders.get(contender).backend.stream(READY, Sampling())]
        assert fake_endpoint.calls[-1].headers["authorization"] == f"Bearer {key}"
    file.write_text("two words")
    done = await check(contender, open_contenders)
    assert "holds no key" in done.fault
    assert "two words" not in str(done)
