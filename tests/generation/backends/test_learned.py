"""What was learned of an endpoint survives being stored, and what another release wrote does no harm."""

import json

import pytest

from generation.backends.dialect import Dialect
from generation.backends.learned import STYLES, Learned
from tests.endpoints.openai_server import FakeEndpoint
from tests.generation.backends.conftest import OpenEndpoint, ask


def test_it_is_read_as_it_was_stored():
    learned = Learned(Dialect("max_completion_tokens", asks_usage=False, streams=False), "marks", done_is_end=True)
    assert Learned.of(json.loads(json.dumps(learned.table()))) == learned


@pytest.mark.parametrize(
    "table",
    [
        {},
        {"dialect": None, "thinking": 3, "done_is_end": "yes"},
        {"dialect": {"length_field": "__class__", "streams": "no", "later": 1}, "thinking": "telepathy"},
    ],
)
def test_what_nobody_knows_is_left_at_its_default(table: dict[str, object]):
    assert Learned.of(table) == Learned()


def test_only_styles_that_show_or_bill_thinking_think():
    assert [style for style in STYLES if not Learned(thinking=style).thinks] == ["", "none"]


async def test_an_endpoint_that_never_says_why_it_ends_is_believed_only_if_that_is_known(
    endpoint: OpenEndpoint, fake_endpoint: FakeEndpoint
):
    assert (await ask(endpoint("silent-end"))).error
    known = endpoint("silent-end", learned=Learned(done_is_end=True))
    assert (await ask(known)).text == "Alpacas hum softly "


async def test_thinking_that_is_known_to_come_first_is_never_shown_as_text(endpoint: OpenEndpoint):
    outcome = await ask(endpoint("thinks-first:think=2", learned=Learned(thinking="closing mark")))
    assert outcome.text == "Alpacas hum softly "
    assert "".join(outcome.pieces) == outcome.text  # not even for a moment
