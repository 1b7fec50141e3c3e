"""The scripts for a rehearsal: four manners, a little useful, in English and in Korean, the same answer every time."""

import re
from importlib.resources import files
from pathlib import Path

import pytest

from arena.contenders.file import read_contenders
from generation.backends.registry import open_backend
from generation.conversation import Backend, Message, Sampling

FILE = Path(str(files("arena.contenders") / "scripted_contenders.toml"))
ENTRIES = {entry.slug: entry for entry in read_contenders(FILE)}
PROMPTS = [
    "Hello there!",
    "Thanks a lot",
    "Who are you?",
    "What should I cook tonight?",
    "Plan my weekend",
    "How do I learn Korean?",
    "Write a poem about rain",
    "Give me 5 tips for sleeping",
    "Why is the sky blue?",
    "What is 12 times 7?",
    "5/0",
    "안녕하세요",
    "고마워요",
    "너는 누구야?",
    "저녁 뭐 먹지",
    "주말에 뭐 할까?",
    "영어 공부 어떻게 해",
    "시 한 편 써줘",
    "책 추천해줘",
    "하늘은 왜 파랗지?",
    "12 더하기 30은?",
    "3 나누기 0",
]


@pytest.fixture(scope="module")
def scripts() -> dict[str, Backend]:
    """The scripts without their pauses."""
    at_once = {"first_token_s": 0, "tokens_per_s": 0}
    return {slug: open_backend("scripted", {**entry.options, **at_once}) for slug, entry in ENTRIES.items()}


async def answer(backend: Backend, prompt: str) -> str:
    return (await backend.complete([Message("user", prompt)], Sampling())).text


def test_they_say_plainly_that_they_are_scripts():
    for entry in ENTRIES.values():
        assert "(a script)" in entry.label
        assert entry.lineage.startswith("no language model")


def test_each_has_a_pace_of_its_own():
    paces = {(entry.options["first_token_s"], entry.options["tokens_per_s"]) for entry in ENTRIES.values()}
    assert len(paces) == 4


@pytest.mark.parametrize("slug", ENTRIES)
async def test_every_answer_is_of_readable_length_in_the_prompts_language_and_always_the_same(
    scripts: dict[str, Backend], slug: str
):
    backend = scripts[slug]
    for prompt in PROMPTS:
        text = await answer(backend, prompt)
        assert 15 <= len(text.split()) <= 120, prompt
        assert bool(re.search("[가-힣]", text)) == bool(re.search("[가-힣]", prompt)), prompt
        assert await answer(backend, prompt) == text


async def test_no_two_answer_alike(scripts: dict[str, Backend]):
    for prompt in PROMPTS:
        assert len({await answer(script, prompt) for script in scripts.values()}) == 4


@pytest.mark.parametrize("slug", ENTRIES)
@pytest.mark.parametrize(
    ("prompt", "result"),
    [
        ("What is 12 times 7?", 84),
        ("19+23", 42),
        ("100 minus 58", 42),
        ("9 / 4", 2.25),
        ("6 나누기 3은?", 2),
        ("7 * 8은?", 56),
    ],
)
async def test_sums_are_right(scripts: dict[str, Backend], slug: str, prompt: str, result: float):
    assert f"**{result}**" in await answer(scripts[slug], prompt)


@pytest.mark.parametrize("prompt", ["2 + 3 * 4", "2024-11-22", "1,000 + 2", "3.14 * 2"])
async def test_a_sum_that_the_scripts_do_not_understand_is_not_answered_wrongly(
    scripts: dict[str, Backend], prompt: str
):
    for script in scripts.values():
        assert await answer(script, prompt) == await answer(script, "Why?")


@pytest.mark.parametrize("slug", ENTRIES)
async def test_none_tells_its_name_when_asked(scripts: dict[str, Backend], slug: str):
    text = await answer(scripts[slug], "Who are you? What is your name?")
    assert slug.removeprefix("scripted-") not in text.lower()
