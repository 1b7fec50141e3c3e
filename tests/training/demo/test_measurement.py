"""Measurement: what counts as right, and that it is asked again alike."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import pytest

from generation.conversation import Message
from training.demo.batch_generation import BatchGenerator, load_batch_generator
from training.demo.measurement import measure


def test_a_measurement_is_the_same_again(runs: Path):
    generator = load_batch_generator(runs / "tiny-base")
    assert measure(generator, items=1, dialogues=2) == measure(generator, items=1, dialogues=2)


class Echo:
    """Gives every prompt the same reply."""

    def __init__(self, reply: str) -> None:
        self.reply = reply

    def replies(self, conversations: Sequence[Sequence[Message]]) -> list[str]:
        return [self.reply for _ in conversations]


def measured(reply: str) -> dict[str, Any]:
    return measure(cast("BatchGenerator", Echo(reply)), items=20, dialogues=5).to_dict()


def test_a_reply_counts_where_it_is_the_answer_bare_or_in_a_sentence():
    bare, sentence = measured("5"), measured("The answer is 5.")
    assert 0 < bare["held"]["en count_letters"] < 1
    assert bare["held"]["en reverse"] == bare["held"]["ko capital"] == 0
    assert sentence["held"] == bare["held"]
    assert (bare["sentences"], sentence["sentences"]) == (0, 1)


def test_an_empty_first_answer_makes_no_second_turn_right():
    assert measured("")["second_turns"] == 0


def test_a_mean_is_over_tasks():
    shares = measured("5")
    assert shares["held_mean"] == pytest.approx(sum(shares["held"].values()) / len(shares["held"]), abs=0.006)
