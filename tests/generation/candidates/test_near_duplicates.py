"""The pool decides and scores exactly as comparing with every member by the original scorer does."""

import json
import unicodedata
from collections import Counter
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer

from generation.candidates.near_duplicates import NearDuplicates
from generation.candidates.rouge import f_measure

# What one release of the original made of texts invented from a seed: goldens/make.py.
GOLDEN = json.loads((Path(__file__).parents[1] / "goldens/rouge.json").read_text("utf-8"))
DECISIONS: list[dict[str, Any]] = GOLDEN["decisions"]
ORIGINAL = RougeScorer(["rougeL"], use_stemmer=False)
# Few words, so that texts share many, in many orders and repeatedly.
FEW_WORDS = st.lists(st.sampled_from("abcd"), max_size=24).map(" ".join)
SENTENCES = st.lists(st.sampled_from(["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"]), max_size=40).map(
    " ".join
)


def original_score(text: str, member: str) -> float:
    return float(ORIGINAL.score(text, member)["rougeL"].fmeasure)


def pool_of(texts: list[str], **options: Any) -> NearDuplicates:
    pool = NearDuplicates(**options)
    for text in texts:
        pool.add(text)
    return pool


@pytest.mark.parametrize("pool_texts", [st.lists(FEW_WORDS, max_size=12), st.lists(SENTENCES, max_size=12)])
def test_nearest_is_what_the_original_scorer_ranks_first(pool_texts):
    @given(pool_texts, FEW_WORDS | SENTENCES)
    def check(texts: list[str], candidate: str):
        scores = [original_score(candidate, text) for text in texts]
        best = max(scores, default=0.0)
        nearest = pool_of(texts, profile="alpaca").nearest(candidate)
        if best == 0:
            assert nearest is None
        else:
            assert nearest
            assert (nearest.index, nearest.score) == (scores.index(best), best)

    check()


@given(st.lists(FEW_WORDS | SENTENCES, max_size=30))
def test_a_stream_is_judged_as_by_comparing_with_every_text_accepted_before(stream: list[str]):
    pool, accepted = NearDuplicates("alpaca"), list[str]()
    for text in stream:
        decision = not any(original_score(text, other) > 0.7 for other in accepted)
        assert pool.offer(text).accepted is decision
        accepted += [text] * decision
    assert pool.texts == accepted


@given(st.lists(FEW_WORDS, max_size=10), FEW_WORDS, st.floats(0, 1))
def test_any_threshold_is_exact(texts: list[str], candidate: str, threshold: float):
    offer = pool_of(texts, profile="alpaca", threshold=threshold).offer(candidate)
    assert offer.accepted is not any(original_score(candidate, text) > threshold for text in texts)


def test_kept_decisions_of_the_original_are_reproduced_to_the_last_bit():
    for decision in DECISIONS:
        offer = pool_of(GOLDEN["texts"][: decision["among"]], profile="alpaca").offer(decision["candidate"])
        nearest = offer.nearest
        found = (nearest.index, nearest.score.hex()) if nearest else (None, (0.0).hex())
        assert found == (decision["nearest"], decision["f"]), decision["candidate"]
        assert offer.accepted is decision["accepted"], decision["candidate"]


def test_kept_decisions_are_of_both_kinds_and_many_are_close():
    scores = [float.fromhex(decision["f"]) for decision in DECISIONS]
    assert min(Counter(decision["accepted"] for decision in DECISIONS).values()) > 50
    assert sum(0.6 < score < 0.8 for score in scores) > 50


def test_every_tie_at_seven_tenths_falls_on_the_side_of_the_original():
    for one, other, common, f, rejected in GOLDEN["ties"]:
        assert f_measure(common, one, other).hex() == f
        # `common` tokens that both have, and fillers that neither shares.
        candidate = " ".join(["x"] * common + ["y"] * (one - common))
        member = " ".join(["x"] * common + ["z"] * (other - common))
        assert pool_of([member], profile="alpaca").offer(candidate).accepted is not rejected


def test_a_text_without_tokens_is_always_accepted_and_near_to_nothing():
    pool = pool_of(["!!!", "다음 문장을 번역하세요"], profile="alpaca")
    offer = pool.offer("!!!")
    assert offer.accepted
    assert offer.nearest is None
    assert pool.texts[-1] == "!!!"


def test_of_equally_near_texts_the_first_is_named():
    pool = pool_of(["x y z w", "a b c q", "a b r c", "a b c"], profile="alpaca")
    nearest = pool.nearest("a b c d e f g h")
    assert nearest
    assert nearest.index == 3
    assert (pool_of(["a b q", "a b c d e f g", "a b r"]).nearest("a b s")).index == 0


def test_pool_of_many_lengths_agrees_with_brute_force():
    alphabet = ["one", "two", "three"]
    texts = [" ".join(words) for length in range(1, 6) for words in product(alphabet, repeat=length)]
    pool = pool_of(texts, profile="alpaca")
    for candidate in (texts[5], "two one two one two one", "three two one one", "four one"):
        best = max(original_score(candidate, text) for text in texts)
        assert pool.nearest(candidate).score == best


KOREAN = ["다음 문장을 영어로 번역하세요.", "김치찌개 만드는 방법을 3개 알려 주세요.", "GPT-4로 이 글을 요약하세요."]


def test_identical_korean_instructions_are_duplicates():
    pool = pool_of(KOREAN)
    for text in KOREAN:
        assert not pool.offer(text).accepted


def test_korean_instructions_that_share_only_a_number_or_a_name_are_not_duplicates():
    assert pool_of(KOREAN).offer("이순신 장군의 업적을 3가지 설명하세요.").accepted
    assert pool_of(KOREAN).offer("GPT-4의 가격을 알려 주세요.").accepted


@given(
    st.lists(st.text(alphabet="다음문장을영어로번역하세요 요약 GPT4"), max_size=8),
    st.text(alphabet="다음문장을영어번역 요약"),
)
def test_decomposed_korean_changes_no_decision(texts: list[str], candidate: str):
    composed = pool_of(texts).offer(candidate)
    decomposed = pool_of([unicodedata.normalize("NFD", text) for text in texts])
    assert decomposed.offer(unicodedata.normalize("NFD", candidate)) == composed
