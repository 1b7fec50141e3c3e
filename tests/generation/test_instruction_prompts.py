"""Instruction prompts: the layout that parsers and teachers rely on."""

import json

import pytest

from generation.candidates.parsing import parse_tasks
from generation.dataset import Example
from generation.errors import BadInput
from generation.instruction_prompts import PROMPTS, load_prompt

EXAMPLES = [Example("Name\n a river:", "", "The Nile."), Example("Translate.", "river", "fleuve")]


@pytest.mark.parametrize("name", ["alpaca_v1", "ko_v1"])
def test_a_numbered_prompt_shows_examples_as_published_and_ends_at_the_next_number(name: str):
    prompt = load_prompt(name)
    text = prompt.numbered(EXAMPLES, tasks=20)
    i, n, o, none = prompt.instruction, prompt.input, prompt.output, prompt.no_input
    assert text.endswith(
        f"\n###\n1. {i}: Name a river\n1. {n}:\n{none}\n1. {o}:\nThe Nile."
        f"\n###\n2. {i}: Translate.\n2. {n}:\nriver\n2. {o}:\nfleuve\n###\n3. {i}:"
    )
    assert "{" not in text
    assert none in text.partition("###")[0]


@pytest.mark.parametrize("name", ["alpaca_v1", "ko_v1"])
def test_what_a_prompt_shows_is_read_back_by_its_parser(name: str):
    prompt = load_prompt(name)
    shown = prompt.numbered(EXAMPLES, tasks=20).partition("###")[2].rpartition("###")[0]
    candidates = parse_tasks(shown, finish_reason="stop", prompt=prompt, shown=0, strict=True)
    assert [c.example for c in candidates] == [Example("Name a river", "", "The Nile."), EXAMPLES[1]]


@pytest.mark.parametrize("name", ["alpaca_v1", "ko_v1"])
def test_a_json_prompt_asks_for_the_others_and_shows_null_for_no_input(name: str):
    text = load_prompt(name).as_json(EXAMPLES, tasks=20)
    shown = json.loads(text[text.index('{"tasks"') if '{"tasks"' in text else text.index("{") :])
    assert shown["tasks"][0]["input"] is None
    assert "18" in text
    assert "20" not in text.partition("{")[0]


def test_a_list_ends_at_the_next_number():
    assert load_prompt("self_instruct_tasks_v1").listed(["One:", "Two"]).endswith("\n1. One\n2. Two\n3.")


@pytest.mark.parametrize("name", sorted(path.stem for path in PROMPTS.glob("self_instruct_*put_first*.toml")))
def test_prompts_about_an_instruction_end_with_it(name: str):
    assert load_prompt(name).about("Sort {words}.").endswith("\nTask: Sort {words}.")


def test_an_unknown_prompt_names_the_known_ones():
    with pytest.raises(BadInput) as raised:
        load_prompt("alpaca_v9")
    assert "alpaca_v1" in str(raised.value.hint)
