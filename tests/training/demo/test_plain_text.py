"""Plain text: what the base reads, before it has seen a question."""

import re

from tests.training.demo.drawing import dice
from training.demo.plain_text import paragraph

WORD = re.compile("[a-z]+|[가-힣]+")


def test_plain_text_holds_no_word_of_measurement_and_asks_nothing():
    die = dice()
    text = "\n".join(paragraph(die) for _ in range(1500))
    assert "?" not in text
    letters = {"".join(sorted(found)) for found in WORD.findall(text.lower())}
    assert not {"planet", "guitar", "고구마"} & {*WORD.findall(text.lower())}
    assert "".join(sorted("dragon")) not in letters


def test_a_seed_gives_the_same_paragraph_of_whole_sentences():
    text = paragraph(dice(5))
    assert text == paragraph(dice(5)) != paragraph(dice(6))
    assert "{" not in text
    assert text.endswith(".")
