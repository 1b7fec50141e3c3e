"""Assignment: the balance of sides and of prompts, whatever the numbers are."""

import random
from collections import Counter, defaultdict
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from arena.campaigns.assignment import Placement, balanced, evenly_ordered, nets, plan_booklets, repeated


def pairs_of(prompts: int) -> dict[int, list[tuple[int, int]]]:
    return {prompt: [(0, 1)] for prompt in range(prompts)}


@st.composite
def plans(draw: st.DrawFn):
    contenders = draw(st.integers(2, 5))
    pairs = list(combinations(range(contenders), 2)) if draw(st.booleans()) else [(0, 1)]
    prompts = draw(st.integers(1, 30))
    options = {
        "raters_per_item": draw(st.integers(1, 6)),
        "overlap": draw(st.sampled_from([1.0, 0.4])),
        "size": draw(st.sampled_from([0, 4, 7])),
        "repeats": draw(st.sampled_from([0.0, 0.1, 0.25])),
        "seed": draw(st.integers(0, 99)),
    }
    return dict.fromkeys(range(prompts), pairs), options


@given(plans())
def test_every_item_has_its_places_and_its_sides_are_as_even_as_they_can_be(plan):
    pairs, options = plan
    lefts: dict[tuple, Counter] = defaultdict(Counter)
    for booklet in plan_booklets(pairs, **options):
        for one in booklet.judged:
            lefts[one.prompt, frozenset((one.left, one.right))][one.left] += 1
    assert len(lefts) == sum(map(len, pairs.values()))
    k = options["raters_per_item"]
    places = Counter(sum(counts.values()) for counts in lefts.values())
    assert {*places} <= {1, k}
    if options["overlap"] == 1:
        assert {*places} == {k}
    for (_, pair), counts in lefts.items():
        first, second = pair
        assert abs(counts[first] - counts[second]) == sum(counts.values()) % 2


@given(plans())
def test_in_every_booklet_each_contender_is_on_both_sides_about_as_often(plan):
    pairs, options = plan
    for booklet in plan_booklets(pairs, **options):
        assert all(abs(net) <= 1 for net in nets(booklet.judged).values())
        # |left - n/2| <= 1 is |left - right| <= 2, also with what is repeated
        assert all(abs(net) <= 2 for net in nets([*booklet.judged, *booklet.repeats]).values())
        if len({entrant for one in booklet.judged for entrant in (one.left, one.right)}) == 2:
            for end in range(len(booklet.judged)):
                assert all(abs(net) <= 1 for net in nets(booklet.judged[:end]).values())


@given(plans())
def test_no_prompt_comes_twice_in_a_round(plan):
    pairs, options = plan
    seen: dict[tuple[int, int], Counter] = defaultdict(Counter)
    blocks: dict[tuple[int, int], set] = defaultdict(set)
    for booklet in plan_booklets(pairs, **options):
        seen[booklet.round, booklet.lane].update(one.prompt for one in booklet.judged)
        items = frozenset((one.prompt, frozenset((one.left, one.right))) for one in booklet.judged)
        blocks[booklet.round, booklet.block].add(items)
    assert all(set(counts.values()) == {1} for counts in seen.values())
    assert all(len(items) == 1 for items in blocks.values())


@given(plans())
def test_repeats_are_reversed_items_of_the_same_booklet(plan):
    pairs, options = plan
    for booklet in plan_booklets(pairs, **options):
        assert len(booklet.repeats) >= options["repeats"] * len(booklet.judged)
        assert {one.mirrored for one in booklet.repeats} <= {*booklet.judged}
        assert len({*booklet.repeats}) == len(booklet.repeats)


def test_repeats_come_from_the_first_half():
    booklet = plan_booklets(pairs_of(20), raters_per_item=1, repeats=0.1)[0]
    assert len(booklet.repeats) == 2
    assert {one.mirrored for one in booklet.repeats} <= {*booklet.judged[:10]}
    assert not nets(booklet.repeats)[0]


def test_the_seed_draws_sides_and_orders():
    pairs = pairs_of(40)
    one, again, other = (plan_booklets(pairs, raters_per_item=2, seed=seed) for seed in (1, 1, 2))
    assert one == again != other
    assert {place.prompt for place in one[0].judged} == {place.prompt for place in one[1].judged}
    assert [place.prompt for place in one[0].judged] != [place.prompt for place in one[1].judged]


def test_booklets_of_about_fifty():
    sizes = [len(one.judged) for one in plan_booklets(pairs_of(252), raters_per_item=5, size=50)]
    assert Counter(sizes) == {52: 20, 44: 5}


def test_five_colleagues_have_whole_sets_in_perfect_balance():
    booklets = plan_booklets(pairs_of(252), raters_per_item=5, repeats=0.1)
    assert [(len(one.judged), len(one.repeats), nets(one.judged)[0]) for one in booklets] == [(252, 26, 0)] * 5


def test_a_prompt_without_two_answers_has_no_place():
    booklets = plan_booklets({0: [(0, 1)], 1: []}, raters_per_item=2)
    assert {one.prompt for booklet in booklets for one in booklet.judged} == {0}
    assert plan_booklets({}, raters_per_item=2) == plan_booklets({0: []}, raters_per_item=2) == []


def test_odd_numbers_of_meetings_are_balanced_but_for_one():
    rng = random.Random(1)
    items = [Placement(number, *pair) for number, pair in enumerate([(0, 1), (1, 2), (2, 0), (0, 3), (3, 1)] * 3)]
    assert {abs(net) for net in nets(balanced(items, rng)).values()} <= {0, 1}
    assert sorted(evenly_ordered(items, rng), key=lambda one: one.prompt) == items
    assert repeated([], share=0.5, rng=rng) == []
