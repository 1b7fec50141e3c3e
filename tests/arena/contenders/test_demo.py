"""The contenders that ship: tiny, different, honest about it, and answering what the page suggests."""

import json
from importlib.resources import files
from pathlib import Path

import pytest

from arena.contenders.demo import demo_contenders, suggestions_for
from generation.backends.registry import open_backend
from generation.conversation import Backend, Message, Sampling

ENTRIES = {entry.slug: entry for entry in demo_contenders()}
FOLDER = Path(str(files("arena") / "demo"))
MAX_MB = 12


@pytest.fixture(scope="module")
def backends() -> dict[str, Backend]:
    return {slug: open_backend(entry.backend, entry.options) for slug, entry in ENTRIES.items()}


async def answer(backend: Backend, prompt: str) -> str:
    return (await backend.complete([Message("user", prompt)], Sampling(max_tokens=60))).text


def test_all_of_them_together_are_small():
    assert sum(path.stat().st_size for path in FOLDER.rglob("*")) < MAX_MB * 1e6


@pytest.mark.parametrize("slug", ENTRIES)
def test_a_card_has_the_measured_table_and_the_licence(slug: str):
    card = (FOLDER / slug / "README.md").read_text()
    measured = json.loads((FOLDER / slug / "measured.json").read_text())
    assert "license: apache-2.0" in card
    assert f"**{measured['held_mean']:.2f}**" in card
    for task, share in measured["held"].items():
        assert f"| {task} | {share:.2f} |" in card


def test_the_child_of_votes_says_more_full_sentences_than_its_parent_and_is_as_often_right():
    parent, child = (json.loads((FOLDER / slug / "measured.json").read_text()) for slug in ("tiny-alpaca", "tiny-dpo"))
    assert child["sentences"] > parent["sentences"] + 0.25
    assert child["held_mean"] > parent["held_mean"] - 0.03


async def test_they_answer_what_the_page_suggests(backends: dict[str, Backend]):
    suggestions = suggestions_for(ENTRIES)
    assert suggestions
    for prompt in suggestions.prompts:
        replies = {slug: await answer(backend, prompt) for slug, backend in backends.items()}
        assert all(replies.values()), prompt
        assert len({*replies.values()}) > 1, prompt


def test_prompts_are_only_suggested_while_nobody_else_is_active():
    assert suggestions_for(["tiny-alpaca", "tiny-base"])
    assert suggestions_for(["tiny-alpaca", "llama-7b"]) is None
    assert suggestions_for([]) is None
