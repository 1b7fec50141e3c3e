"""What a reply took: tokens, US dollars by a dated price, energy as a range."""

import pytest

from arena.battles.battles import Battles
from arena.board.observations import observe
from arena.contenders.costs import cost_of, price_note, worst_case_usd
from arena.db.session import Database
from generation.conversation import Message, Usage
from leaderboard import Verdict
from tests.arena.conftest import VOTER, scripted

ASKED = [Message("user", "How many alpacas fit into a lift?")]
GIVEN = {"input": 2.0, "output": 10.0, "cached": 0.5, "as_of": "2026-11-21", "source": "our contract"}


def priced(prices, **columns):
    contender = scripted("priced")
    contender.prices, contender.energy = prices, {}
    for name, value in columns.items():
        setattr(contender, name, value)
    return contender


BILLED = Usage(1000, 200, cached_tokens=400)


def cost(contender, usage: Usage | None = BILLED, seconds=3.6):
    return cost_of(contender, usage=usage, prompt=ASKED, text="Nine, if they are polite.", seconds=seconds)


def test_a_given_price_is_used_with_its_date():
    found = cost(priced(GIVEN))
    assert found.usd == pytest.approx((600 * 2 + 400 * 0.5 + 200 * 10) / 1e6)
    assert found.basis == "price of 2026-11-21"


def test_a_known_model_has_its_list_price_and_the_date_of_the_list():
    contender = priced({}, options={"model": "vendor/gpt-4o-mini-2024-07-18"})
    found = cost(contender, Usage(1_000_000, 0))
    assert found.usd == pytest.approx(0.15)
    assert found.basis.startswith("list price of 20")
    assert price_note(contender) == found.basis


def test_where_no_price_is_known_no_figure_is_made_up():
    found = cost(priced({}))
    assert (found.usd, found.basis, found.energy) == (None, "", None)
    assert worst_case_usd(priced({}), ASKED) == 0


def test_the_posts_machine_costs_what_the_post_says_for_its_three_hours():
    rate = {"usd_per_gpu_hour": 3.93, "gpus": 8, "as_of": "2023-03-13", "source": "cloud price list"}
    assert cost(priced(rate), seconds=3 * 3600).usd == pytest.approx(94.32)


def test_a_machine_that_serves_many_costs_by_its_measured_throughput():
    rate = {"usd_per_gpu_hour": 3.6, "tokens_per_s": 1000, "as_of": "2026-11-21", "source": "our cluster"}
    assert cost(priced(rate)).usd == pytest.approx(200 / 1000 * 3.6 / 3600)


def test_tokens_that_nobody_counted_are_estimated_and_the_basis_says_so():
    found = cost(priced(GIVEN), usage=None)
    assert found.tokens.completion_tokens == 6
    assert found.basis == "price of 2026-11-21, tokens estimated"


def test_the_worst_case_is_the_longest_reply():
    short, long = (priced(GIVEN, sampling={"max_tokens": count}) for count in (10, 1000))
    assert worst_case_usd(long, ASKED) - worst_case_usd(short, ASKED) == pytest.approx(990 * 10 / 1e6)


async def test_costs_are_stored_with_each_reply_shown_at_the_reveal_and_averaged_for_the_board(
    battles: Battles, database: Database, enter
):
    known, unknown = scripted("known"), scripted("unknown")
    known.prices, known.energy = GIVEN, {"active_params_b": 7}
    enter(known, unknown)
    view = await battles.open_battle(VOTER, "Hello")
    async for _ in battles.watch(view.handle, VOTER):
        pass
    reveal = (await battles.cast_vote(view.handle, VOTER, Verdict.TIE)).reveal
    assert reveal
    efforts = {card.slug: reveal.efforts[side] for side, card in (("a", reveal.a), ("b", reveal.b))}
    assert efforts["known"].usd
    assert efforts["known"].usd_basis == "price of 2026-11-21"
    assert efforts["known"].wh
    assert "EcoLogits" in efforts["known"].wh_basis
    assert (efforts["unknown"].usd, efforts["unknown"].wh) == (None, None)
    known, unknown = (observe(database).activity[slug] for slug in ("known", "unknown"))
    assert known.usd_per_1k == pytest.approx(1000 * efforts["known"].usd)
    assert [known.wh_per_1k_low, known.wh_per_1k_high] == pytest.approx([1000 * wh for wh in efforts["known"].wh])
    assert (unknown.usd_per_1k, unknown.wh_per_1k_low) == (None, None)
    assert unknown.replies == 1
