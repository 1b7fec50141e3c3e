"""The demo's world: every answer is right, nothing measured was trained, and a seed gives the same again."""

import random
import re

import pytest

from training.demo.dialogues import dialogue
from training.demo.payloads import numbers, real_words, terms, word
from training.demo.plain_text import paragraph
from training.demo.tasks import LETTERS, Task, ask, bare, in_sentence, tasks
from training.demo.tokenizer import END, demo_tokenizer

ALL = {f"{task.language} {task.name}": task for task in tasks()}
WORD = re.compile("[a-z]+|[가-힣]+")


def dice(seed: int = 0) -> random.Random:
    return random.Random(seed)


@pytest.mark.parametrize("task", ALL.values(), ids=ALL)
def test_a_task_has_six_phrasings_and_two_that_are_kept_for_measurement(task: Task):
    assert (len({*task.phrasings}), len({*task.held_out})) == (6, 2)
    assert not {*task.phrasings} & {*task.held_out}


@pytest.mark.parametrize("task", ALL.values(), ids=ALL)
def test_a_seed_gives_the_same_exchanges_and_another_gives_others(task: Task):
    drawn = [[ask(task, die, content="trained") for _ in range(5)] for die in (dice(1), dice(1), dice(2))]
    assert drawn[0] == drawn[1] != drawn[2]


@pytest.mark.parametrize(
    ("name", "given", "answer"),
    [
        ("reverse", "lamp", "pmal"),
        ("upper", "lamp", "LAMP"),
        ("sort", "tiger", "egirt"),
        ("count_letters", "dragon", "6"),
        ("first", "apple", "a"),
        ("last", "bread", "d"),
        ("twice", "owl", "owl owl"),
        ("reverse", "고구마", "마구고"),
    ],
)
def test_tasks_about_letters_are_solved(name: str, given: str, answer: str):
    assert LETTERS[name](given) == answer


@pytest.mark.parametrize("task", [task for task in ALL.values() if task.about in {"sum", "difference"}], ids=str)
def test_sums_are_right(task: Task):
    for _ in range(50):
        exchange = ask(task, dice())
        first, second = map(int, re.findall(r"\d+", exchange.prompt))
        due = first + second if task.about == "sum" else abs(first - second)
        assert exchange.answer == str(due)


def test_words_of_measurement_are_never_trained():
    die = dice()
    for language in ("en", "ko"):
        drawn = {word(language, "trained", die) for _ in range(3000)}
        assert not drawn & {*real_words(language)}


def test_plain_text_holds_no_word_of_measurement_and_asks_nothing():
    die = dice()
    text = "\n".join(paragraph(die) for _ in range(1500))
    assert "?" not in text
    letters = {"".join(sorted(found)) for found in WORD.findall(text.lower())}
    assert not {"planet", "guitar", "고구마"} & {*WORD.findall(text.lower())}
    assert "".join(sorted("dragon")) not in letters


def test_numbers_of_measurement_are_never_trained():
    die = dice()
    assert not {terms("trained", die) for _ in range(4000)} & {terms("held_out", die) for _ in range(400)}
    assert not {tuple(sorted(numbers("trained", die))) for _ in range(2000)} & {
        tuple(sorted(numbers("held_out", die))) for _ in range(2000)
    }


def test_an_answer_counts_bare_and_in_a_sentence():
    exchange = ask(ALL["en capital"], dice())
    assert bare(in_sentence(exchange)) == bare(exchange.answer) == exchange.answer


def test_a_follow_up_is_about_the_answer_before_it():
    for seed in range(50):
        first, *rest = dialogue(dice(seed))
        answer = first.answer
        for exchange in rest:
            assert exchange.answer == LETTERS[exchange.task.name](answer)
            answer = exchange.answer


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


def test_some_ask_politely():
    asked = [ask(ALL["en reverse"], die).prompt for die in (dice(seed) for seed in range(100))]
    assert 5 < sum(prompt.lower().startswith("please ") for prompt in asked) < 50


def test_a_frame_of_a_prompt_format_is_one_token():
    from generation.conversation import Message
    from generation.prompts import prompt_format

    for name in ("alpaca", "vicuna_v1.1"):
        text = prompt_format(name).render([Message("user", "Hi")], add_generation_prompt=True)
        assert len(demo_tokenizer().encode(text).ids) == 4  # a frame, two letters, a frame
    assert demo_tokenizer().token_to_id(END) == 1
