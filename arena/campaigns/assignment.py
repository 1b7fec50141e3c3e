"""Assignment: who sees which item, in which order, and which answer stands on the left. Pure, and drawn by seed.

An item is a prompt with a pair of entrants. Its k places lie in k lanes, each in a booklet that one rater takes whole:

- Sides. Lanes come in twos that mirror each other, so an item has each answer on the left in exactly half of an even
  number of places, and in one more or less than half of an odd number. Within a booklet sides are an Eulerian
  orientation of the graph whose vertices are the entrants, in which no entrant stands on one side more than once more
  often than on the other, and the order of the items keeps every beginning of a booklet as even as it can.
- Prompts. A round holds every prompt once, so nobody meets a prompt twice before all were shown. With several pairs,
  each further round holds every prompt with another pair.
- Repeats follow at the end of a booklet: items of its first half, with sides reversed, as many on each side.
"""

import math
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

LOOK_AHEAD = 200  # items among which the next one is looked for

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Placement:
    """An item with its sides: the prompt, and the entrant on each side, all by number."""

    prompt: int
    left: int
    right: int

    @property
    def mirrored(self) -> "Placement":
        """The same item with its sides reversed."""
        return replace(self, left=self.right, right=self.left)


@dataclass(frozen=True, slots=True)
class PlannedBooklet:
    """What one rater takes at a time. Booklets of the same round and block hold the same items."""

    round: int
    block: int
    lane: int
    judged: tuple[Placement, ...]
    repeats: tuple[Placement, ...]


def plan_booklets(
    pairs: Mapping[int, Sequence[Pair]],
    *,
    raters_per_item: int,
    overlap: float = 1.0,
    size: int = 0,
    repeats: float = 0.0,
    seed: int = 1,
) -> list[PlannedBooklet]:
    """Return the booklets of a campaign.

    Args:
        pairs: for each prompt, the pairs of entrants whose answers are compared.
        raters_per_item: k, for the overlapping items.
        overlap: share of the prompts whose items k raters judge; the others are judged once.
        size: items in a booklet, about; 0 is all.
        repeats: share of a booklet's items that are repeated with the sides reversed.
        seed: draws sides and orders.
    """
    rng = random.Random(f"assignment/{seed}")  # noqa: S311 - sides are to be reproducible
    prompts = [prompt for prompt, of_prompt in pairs.items() if of_prompt]
    rng.shuffle(prompts)
    common = max(1, round(overlap * len(prompts))) if prompts else 0
    once = prompts[common:]
    blocks = [(block, [*range(raters_per_item)]) for block in _blocks(prompts[:common], size)]
    single_size = size or math.ceil(len(once) / raters_per_item)
    blocks += [(block, [number % raters_per_item]) for number, block in enumerate(_blocks(once, single_size))]
    leaning: dict[int, Counter[int]] = defaultdict(Counter)
    booklets = []
    for round_ in range(max(map(len, pairs.values()), default=0)):
        for number, (block, lanes) in enumerate(blocks):
            items = [
                Placement(prompt, *of_prompt[(prompt + round_) % len(of_prompt)])
                for prompt in block
                if round_ < len(of_prompt := pairs[prompt])
            ]
            placed: list[Placement] = []
            for at, lane in enumerate(lanes):
                placed = [one.mirrored for one in placed] if at % 2 else _leant(balanced(items, rng), leaning[lane])
                leaning[lane].update(nets(placed))
                ordered = evenly_ordered(placed, rng)
                again = repeated(ordered, share=repeats, rng=rng)
                if ordered:
                    booklets.append(PlannedBooklet(round_, number, lane, tuple(ordered), tuple(again)))
    return booklets


def balanced(items: Sequence[Placement], rng: random.Random) -> list[Placement]:
    """Return the items with sides drawn so that each entrant is on the left as often as on the right, but for one.

    The items are the edges of a graph. Each is passed in the direction of a closed walk through all of them, which
    enters every vertex as often as it leaves it (Euler); vertices of odd degree are first joined to one more vertex.
    """
    degree = Counter(entrant for one in items for entrant in (one.left, one.right))
    edges: list[tuple[int, int, int | None]] = [(one.left, one.right, index) for index, one in enumerate(items)]
    edges += [(entrant, -1, None) for entrant, count in degree.items() if count % 2]
    rng.shuffle(edges)
    at: dict[int, list[int]] = defaultdict(list)
    for number, (one, other, _) in enumerate(edges):
        at[one].append(number)
        at[other].append(number)
    passed = [False] * len(edges)
    result = list(items)
    for start in list(at):
        here = start
        while True:
            while at[here] and passed[at[here][-1]]:
                at[here].pop()
            if not at[here]:
                break  # back at the start of this walk, since every vertex has an even degree
            number = at[here].pop()
            passed[number] = True
            one, other, index = edges[number]
            there = other if here == one else one
            if index is not None:
                result[index] = replace(items[index], left=here, right=there)
            here = there
    return result


def evenly_ordered(placed: Sequence[Placement], rng: random.Random) -> list[Placement]:
    """Return the items in an order drawn so that after each of them every entrant was on both sides about as often."""
    waiting = list(placed)
    rng.shuffle(waiting)
    lead: Counter[int] = Counter()
    ordered = []
    while waiting:
        ahead = waiting[:LOOK_AHEAD]
        best = min(range(len(ahead)), key=lambda at: max(lead[ahead[at].left] + 1, 1 - lead[ahead[at].right]))
        one = waiting.pop(best)
        lead[one.left] += 1
        lead[one.right] -= 1
        ordered.append(one)
    return ordered


def repeated(ordered: Sequence[Placement], *, share: float, rng: random.Random) -> list[Placement]:
    """Return the items of a booklet that come again, sides reversed: at least `share` of them, from its first half."""
    number = math.ceil(round(share * len(ordered), 9))
    first = list(ordered[: max(number, len(ordered) // 2)])
    return [one.mirrored for one in evenly_ordered(first, rng)[:number]]


def nets(placed: Iterable[Placement]) -> Counter[int]:
    """Return for each entrant how much more often it is on the left than on the right."""
    lead: Counter[int] = Counter()
    for one in placed:
        lead[one.left] += 1
        lead[one.right] -= 1
    return lead


def _leant(placed: list[Placement], leaning: Mapping[int, int]) -> list[Placement]:
    """Return the items with all sides reversed where that makes up for what the lane leans to so far."""
    net = nets(placed)
    return [one.mirrored for one in placed] if sum(leaning.get(key, 0) * net[key] for key in net) > 0 else placed


def _blocks(prompts: Sequence[Any], size: int) -> list[Sequence[Any]]:
    """Return the prompts in blocks of about `size`, all but the last even, so that sides come out even in each."""
    number = max(1, round(len(prompts) / size)) if size else 1
    step = math.ceil(len(prompts) / number)
    step += step % 2
    return [prompts[begin : begin + step] for begin in range(0, len(prompts), step)] if prompts else []
