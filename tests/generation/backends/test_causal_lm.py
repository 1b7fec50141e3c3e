"""Drawing with torch: the tokens that transformers draws, by the request's values and then the folder's."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from generation.conversation import Sampling
from generation.errors import BackendError, ServerFault
from tests.endpoints.plugin import TinyLlamas
from tests.generation.backends.conftest import GREEDY, PATIENT, QUESTION, OpenCheckpoint, ask


async def test_greedy_tokens_are_those_that_transformers_generates(checkpoint: OpenCheckpoint, tiny_llamas: TinyLlamas):
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder = tiny_llamas.folder / "tiny-1"
    weights, tokenizer = AutoModelForCausalLM.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    conversation = [{"role": "user", "content": QUESTION[0].content}]
    prompt = tokenizer.apply_chat_template(conversation, add_generation_prompt=True, return_tensors="pt")
    drawn = weights.generate(**prompt, max_new_tokens=200, do_sample=False)[0][prompt["input_ids"].shape[1] :]
    outcome = await ask(checkpoint("tiny-1"), limits=PATIENT, sampling=GREEDY)
    assert outcome.text == tokenizer.decode(drawn, skip_special_tokens=True)
    assert outcome.end
    assert outcome.end.usage
    assert outcome.end.usage.completion_tokens == len(drawn)
    assert outcome.end.usage.prompt_tokens == prompt["input_ids"].shape[1]


async def test_a_seed_holds_whatever_else_is_written_at_the_same_time(checkpoint: OpenCheckpoint):
    backend = checkpoint("tiny-1", concurrency=3)

    async def drawn(seed: int) -> str:
        return (await ask(backend, limits=PATIENT, sampling=Sampling(max_tokens=60, temperature=2, seed=seed))).text

    alone = [await drawn(seed) for seed in (1, 2, 3)]
    assert await asyncio.gather(*map(drawn, (1, 2, 3))) == alone
    assert len({*alone}) == 3


async def test_a_bias_can_forbid_a_token(checkpoint: OpenCheckpoint, tiny_llamas: TinyLlamas):
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(tiny_llamas.folder / "tiny-1")
    backend = checkpoint("tiny-1")
    greedy = (await ask(backend, limits=PATIENT, sampling=GREEDY)).text
    first = tokenizer.encode(greedy, add_special_tokens=False)[0]
    sampling = Sampling(max_tokens=20, temperature=0, logit_bias={str(first): -100})
    assert not (await ask(backend, limits=PATIENT, sampling=sampling)).text.startswith(tokenizer.decode([first]))


SILENT: dict[str, dict[str, Any]] = {
    "no word of drawing": {"eos_token_id": 1},
    "nothing": {},
    "null for everything": dict.fromkeys(
        ("do_sample", "temperature", "top_p", "top_k", "min_p", "min_new_tokens", "eos_token_id", "pad_token_id")
    ),
}


@pytest.mark.parametrize("content", SILENT.values(), ids=SILENT)
async def test_what_a_folder_leaves_open_is_drawn_greedily_to_the_tokenizers_end(
    copied: Path, checkpoint: OpenCheckpoint, content: dict[str, Any]
):
    due = await ask(checkpoint("tiny-1"), limits=PATIENT, sampling=GREEDY)
    (copied / "generation_config.json").write_text(json.dumps(content))
    found = await ask(checkpoint(copied), limits=PATIENT, sampling=Sampling(max_tokens=200))
    assert (found.text, found.end) == (due.text, due.end)


@pytest.mark.parametrize("content", [{}, {"temperature": None, "top_p": None}, {"top_k": 0, "min_p": None}])
async def test_a_folder_that_asks_for_dice_without_figures_gets_them(
    copied: Path, checkpoint: OpenCheckpoint, content: dict[str, Any]
):
    (copied / "generation_config.json").write_text(json.dumps({"do_sample": True, **content}))
    backend = checkpoint(copied)
    outcomes = [
        await ask(backend, limits=PATIENT, sampling=Sampling(max_tokens=60, seed=seed)) for seed in (*range(8), 0)
    ]
    assert not [outcome.error for outcome in outcomes if outcome.error]
    assert len({outcome.text for outcome in outcomes}) > 1
    assert outcomes[0].text == outcomes[-1].text


async def test_a_folder_may_ask_for_the_likeliest_of_all_dice(copied: Path, checkpoint: OpenCheckpoint):
    (copied / "generation_config.json").write_text(json.dumps({"do_sample": True, "top_k": 1, "temperature": 2.0}))
    due = await ask(checkpoint("tiny-1"), limits=PATIENT, sampling=GREEDY)
    assert (await ask(checkpoint(copied), limits=PATIENT, sampling=Sampling(max_tokens=200))).text == due.text


async def test_what_a_folder_says_against_repetition_is_done_and_its_beams_are_not(
    copied: Path, checkpoint: OpenCheckpoint
):
    from transformers import AutoModelForCausalLM, AutoTokenizer

    weights, tokenizer = AutoModelForCausalLM.from_pretrained(copied), AutoTokenizer.from_pretrained(copied)
    conversation = [{"role": "user", "content": QUESTION[0].content}]
    prompt = tokenizer.apply_chat_template(conversation, add_generation_prompt=True, return_tensors="pt")
    drawn = weights.generate(**prompt, max_new_tokens=40, do_sample=False, repetition_penalty=1.7)
    due = tokenizer.decode(drawn[0][prompt["input_ids"].shape[1] :], skip_special_tokens=True)
    content = {"repetition_penalty": 1.7, "num_beams": 4, "stop_strings": ["alpaca"], "max_length": 5}
    (copied / "generation_config.json").write_text(json.dumps(content))
    greedy = Sampling(max_tokens=40, temperature=0)
    assert (await ask(checkpoint(copied), limits=PATIENT, sampling=greedy)).text == due
    assert (await ask(checkpoint("tiny-1"), limits=PATIENT, sampling=greedy)).text != due


async def test_weights_that_do_not_belong_to_the_config_fail_in_our_words(copied: Path, checkpoint: OpenCheckpoint):
    config = json.loads((copied / "config.json").read_text())
    (copied / "config.json").write_text(json.dumps(config | {"num_hidden_layers": 2}))
    error = (await ask(checkpoint(copied), limits=PATIENT)).error
    assert type(error) is ServerFault
    assert "lacks weights: model.layers.1" in str(error)


async def test_broken_numbers_are_a_fault_and_no_reply(copied: Path, checkpoint: OpenCheckpoint):
    from safetensors.torch import load_file, save_file

    weights = load_file(copied / "model.safetensors")
    weights["model.norm.weight"].fill_(float("nan"))
    save_file(weights, copied / "model.safetensors", metadata={"format": "pt"})
    error = (await ask(checkpoint(copied), limits=PATIENT)).error
    assert isinstance(error, BackendError)
    assert "NaN" in str(error)
