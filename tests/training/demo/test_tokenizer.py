"""The demo's tokenizer: any text comes back, and tasks about letters can see them."""

import re

import pytest

from generation.conversation import Message
from generation.prompts import prompt_format
from tests.training.demo.drawing import ALL, dice
from training.demo.tasks import Task, ask, tasks
from training.demo.tokenizer import END, demo_tokenizer


def test_the_tokenizer_gives_back_every_text_and_shows_letters_of_unlisted_words():
    tokenizer = demo_tokenizer()
    die = dice()
    for _ in range(200):
        text = ask(die.choice(tasks()), die).prompt
        assert tokenizer.decode(tokenizer.encode(text).ids) == text
    for text in ("Naïve “quotes”\n\tand 🦙, 뷁!", ""):
        assert tokenizer.decode(tokenizer.encode(text).ids) == text
    assert tokenizer.encode("Reverse the word lamp.").tokens == [
        "Reverse",
        "Ġthe",
        "Ġword",
        "Ġ",
        "l",
        "a",
        "m",
        "p",
        ".",
    ]


def test_a_fact_is_the_same_token_in_a_sentence_and_as_a_bare_reply():
    tokenizer = demo_tokenizer()
    for said, sentence in (("Oslo", "The capital of Norway is Oslo."), ("파리", "프랑스의 수도는 파리입니다.")):
        [token] = tokenizer.encode(said).ids
        assert token in tokenizer.encode(sentence).ids


@pytest.mark.parametrize("task", ALL.values(), ids=ALL)
def test_phrasings_that_are_never_trained_have_no_word_that_falls_to_letters(task: Task):
    tokenizer = demo_tokenizer()
    for phrasing in task.held_out:
        for found in re.findall("[A-Za-z]{2,}|[가-힣]{2,}", re.sub(r"{\w*}", "\n", phrasing)):
            assert len(tokenizer.encode(f" {found}").ids) == 1


def test_a_frame_of_a_prompt_format_is_one_token():
    for name in ("alpaca", "vicuna_v1.1"):
        text = prompt_format(name).render([Message("user", "Hi")], add_generation_prompt=True)
        assert len(demo_tokenizer().encode(text).ids) == 4  # a frame, two letters, a frame
    assert demo_tokenizer().token_to_id(END) == 1
