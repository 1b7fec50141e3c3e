"""Tokens and scores are those of the rouge-score package, and every script is read as it is written."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer
from rouge_score.tokenize import tokenize

from generation.candidates.rouge import rouge_l, tokens, words

# What one release of the original made of texts invented from a seed: goldens/make.py.
GOLDEN = json.loads((Path(__file__).parents[1] / "goldens/rouge.json").read_text("utf-8"))


ORIGINAL = RougeScorer(["rougeL"], use_stemmer=False)


def original_score(text: str, member: str) -> float:
    return float(ORIGINAL.score(text, member)["rougeL"].fmeasure)


@given(st.text())
def test_tokens_of_the_alpaca_profile_are_the_original_ones(text: str):
    assert tokens(text, profile="alpaca") == tokenize(text, None)


@settings(max_examples=50)
@given(st.lists(st.sampled_from("abc"), max_size=200), st.lists(st.sampled_from("abc"), max_size=200))
def test_long_texts_score_as_in_the_original(one: list[str], other: list[str]):
    assert rouge_l(one, other) == original_score(" ".join(one), " ".join(other))


def test_kept_tokens_of_the_original_are_reproduced():
    for text, expected in GOLDEN["tokens"]:
        assert tokens(text, profile="alpaca") == expected


def test_words_of_korean_are_the_written_ones():
    assert words("다음 문장을 GPT-4로 日本語") == ["다음", "문장을", "gpt", "4로", "日", "本", "語"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("다음 문장을 번역", ["다", "음", "문", "장", "을", "번", "역"]),
        ("GPT-4로 Résumé", ["gpt", "4", "로", "résumé"]),
        ("ＦＵＬＬ　Ｗｉｄｔｈ １２", ["full", "width", "12"]),
        ("日本語のテスト", ["日", "本", "語", "の", "テ", "ス", "ト"]),
        ("Straße STRASSE", ["strasse", "strasse"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("привет, мир", ["привет", "мир"]),
        ("ภาษาไทย", ["ภ", "า", "ษ", "า", "ไ", "ท", "ย"]),
    ],
)
def test_the_unicode_profile_takes_each_script_as_it_is_read(text: str, expected: list[str]):
    assert tokens(text, profile="unicode") == expected
