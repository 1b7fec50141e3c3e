"""The detectors' recall on invented people. The bars are those of the project: .99, and .90 for names."""

from collections import defaultdict

import pytest

from arena.releases.own_detector import OwnRules
from arena.releases.private_spans import PrivateKind
from arena.releases.synthetic_spans import KINDS, LANGUAGES, recalls, synthetic_texts


def bar(kind: PrivateKind) -> float:
    return 0.90 if kind is PrivateKind.NAME else 0.99


@pytest.mark.parametrize(("seed", "each"), [(20261129, 8), pytest.param(7, 100, marks=pytest.mark.slow)])
def test_our_rules_alone_find_enough_in_every_language(seed: int, each: int):
    found = recalls([OwnRules()], synthetic_texts(seed=seed, each=each))
    assert sum(one.of for one in found.values()) == each * len(KINDS) * len(LANGUAGES)
    by_kind = defaultdict(list)
    for (kind, _), one in found.items():
        by_kind[kind].append(one)
    shares = {kind: sum(one.found for one in ones) / sum(one.of for one in ones) for kind, ones in by_kind.items()}
    assert not {kind: share for kind, share in shares.items() if share < bar(kind)}


def test_texts_are_drawn_from_their_seed_and_hold_their_span():
    first, again = ([*synthetic_texts(seed=3, each=4)] for _ in range(2))
    assert first == again
    assert first != [*synthetic_texts(seed=4, each=4)]
    assert all(one.text[one.start : one.end].strip() == one.text[one.start : one.end] for one in first)
    assert {(one.kind, one.language) for one in first} == {(kind, language) for kind in KINDS for language in LANGUAGES}


def test_a_detector_that_finds_nothing_has_no_recall():
    class Blind:
        name = "blind"

        def find(self, _text: str) -> list[object]:
            return []

    assert {one.share for one in recalls([Blind()], synthetic_texts(seed=1, each=1)).values()} == {0.0}  # type: ignore[list-item]
