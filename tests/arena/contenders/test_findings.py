"""What was learned of an endpoint holds for the version that was asked, and gives thinking its room."""

import pytest

from arena.clock import now
from arena.contenders.costs import worst_case_usd
from arena.contenders.findings import THINKING_ROOM, EndpointFacts, facts_of_endpoint, learned_of, thinking_room
from arena.contenders.versions import fingerprint
from arena.db.finding_tables import EndpointFindings
from arena.db.tables import Contender
from generation.backends.learned import Learned
from generation.conversation import Message
from tests.arena.conftest import scripted

PRICES = {"input": 1.0, "output": 10.0, "as_of": "2026-11-28", "source": "a test"}


def found(contender: Contender, learned: Learned, **facts: object) -> Contender:
    contender.findings = EndpointFindings(
        fingerprint=fingerprint(contender), at=now(), learned=learned.table(), facts=facts
    )
    return contender


def test_findings_of_another_version_count_for_nothing():
    contender = found(scripted("one"), Learned(thinking="marks"), context_size=512)
    assert (learned_of(contender), facts_of_endpoint(contender)) == (
        Learned(thinking="marks"),
        EndpointFacts(context_size=512),
    )
    contender.system_prompt = "Be brief."
    assert (learned_of(contender), facts_of_endpoint(contender)) == (None, None)
    assert (learned_of(scripted("two")), facts_of_endpoint(scripted("two"))) == (None, None)


@pytest.mark.parametrize(
    ("style", "options", "context", "room"),
    [
        ("none", {}, None, 0),
        ("hidden", {}, None, THINKING_ROOM),
        ("marks", {"thinking_tokens": 512}, None, 512),
        ("none", {"thinking_tokens": 512}, None, 512),
        ("none", {"reasoning_effort": "low"}, None, THINKING_ROOM),
        ("none", {"reasoning_effort": "none"}, None, 0),
        ("marks", {}, 4096, 2048),
    ],
)
def test_thinking_has_its_room_on_top_of_the_answer(
    style: str, options: dict[str, object], context: int | None, room: int
):
    contender = scripted("one", reply="x", **options)
    found(contender, Learned(thinking=style), context_size=context)
    assert thinking_room(contender) == room


def test_money_is_reserved_for_thinking_too():
    contender = scripted("one")
    contender.prices = PRICES
    short = worst_case_usd(contender, [Message("user", "Hi")])
    found(contender, Learned(thinking="hidden"))
    assert worst_case_usd(contender, [Message("user", "Hi")]) == pytest.approx(short + THINKING_ROOM * 10 / 1e6)


def test_facts_of_another_release_are_read_as_far_as_they_are_known():
    assert EndpointFacts.of({"endings": ["stop"], "aura": "blue"}) == EndpointFacts(endings=["stop"])
