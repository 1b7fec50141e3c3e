"""Typed values: what an annotation takes, as what, and what a message says of the rest."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest

from generation.typed_values import UNFIT, closest, complaint, value_of, wanted_words
from generation.value_rules import ABOVE_0, Positive, between


@pytest.mark.parametrize(
    ("hint", "value", "taken"),
    [
        (int, 3, 3),
        (int, 3.0, UNFIT),
        (int, True, UNFIT),
        (float, 3, 3.0),
        (float, float("nan"), UNFIT),
        (bool, 1, UNFIT),
        (str, 3, UNFIT),
        (Path, "a/b", Path("a/b")),
        (Literal["a", "b"], "a", "a"),
        (Literal["a", "b"], ["a"], UNFIT),
        (int | None, 3, 3),
        (Positive | None, 0, UNFIT),
        (Annotated[int | None, ABOVE_0], 1, 1),
        (tuple[float, ...], [1, 2], (1.0, 2.0)),
        (tuple[float, ...], 1, UNFIT),
        (Sequence[str], ["a"], ["a"]),
        (Sequence[str], "a", UNFIT),
        (str | tuple[str, ...], "a", "a"),
        (str | tuple[str, ...], ["a", "b"], ("a", "b")),
        (Mapping[str, float], {"a": 1}, {"a": 1}),
        (Mapping[str, float], {"a": "1"}, UNFIT),
        (Mapping[str, Any], {"a": object}, {"a": object}),
    ],
)
def test_a_value_is_taken_as_its_annotation_says_or_not_at_all(hint: Any, value: object, taken: object):
    assert value_of(hint, value) == taken


@pytest.mark.parametrize(
    ("hint", "words"),
    [
        (Annotated[int, between(1)], "a whole number from 1"),
        (Positive | None, "a number above 0"),
        (str | tuple[str, ...], "a text or a list of texts"),
        (tuple[Positive, ...], "a list of numbers"),
        (Literal["a", "b", "c"], "`a`, `b` or `c`"),
        (Mapping[str, float], "a table of numbers"),
        (Mapping[str, Any], "a table"),
    ],
)
def test_what_is_wanted_is_said_in_words(hint: Any, words: str):
    assert wanted_words(hint) == words


def test_a_number_is_quoted_and_a_text_is_not():
    assert complaint(Positive, -1) == "must be a number above 0, not -1"
    assert complaint(Positive, "sk-canary") == "must be a number above 0"
    assert complaint(Literal["chat", "text"], "caht") == "must be `chat` or `text`; did you mean `chat`?"


def test_nothing_is_close_to_what_is_far():
    assert closest("temprature", ["temperature", "top_p"]) == "temperature"
    assert closest("zebra", ["temperature", "top_p"]) == ""
