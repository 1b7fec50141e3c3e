"""A checkpoint in this process: its own words, its end, and nothing that outlives its reader."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from generation.backends.limits import Limits
from generation.backends.registry import open_backend
from generation.backends.transformers import TransformersBackend
from generation.conversation import End, Message, Piece, Sampling
from generation.errors import BackendError, BadInput, ContextTooLong, RateLimited, Rejected, ServerFault
from generation.prompts import FORMATS
from generation.value_rules import any_of
from tests.endpoints.plugin import TinyLlamas
from tests.generation.backends.conftest import QUESTION, ask

PATIENT = Limits(total_s=240)
GREEDY = Sampling(max_tokens=200, temperature=0)
OpenCheckpoint = Callable[..., TransformersBackend]


@pytest.fixture
async def checkpoint(tiny_llamas: TinyLlamas) -> AsyncIterator[OpenCheckpoint]:
    """Opens a backend on a checkpoint: `checkpoint("tiny-1", prompt_format="alpaca")`."""
    opened: list[TransformersBackend] = []

    def open_checkpoint(folder: str | Path, **options: object) -> TransformersBackend:
        backend = open_backend("transformers", {"folder": str(tiny_llamas.folder / folder), "threads": 1, **options})
        assert isinstance(backend, TransformersBackend)
        opened.append(backend)
        return backend

    yield open_checkpoint
    for backend in opened:
        await backend.aclose()


async def test_each_checkpoint_answers_in_its_own_words_piece_by_piece(
    checkpoint: OpenCheckpoint, tiny_llamas: TinyLlamas
):
    outcomes = await asyncio.gather(
        *(ask(checkpoint(name), limits=PATIENT, sampling=GREEDY) for name in tiny_llamas.sentences)
    )
    for outcome, taught in zip(outcomes, tiny_llamas.sentences.values(), strict=True):
        assert outcome.end
        assert outcome.end.finish_reason == "stop"
        assert outcome.end.usage
        assert outcome.end.usage.completion_tokens > 10
        assert len(outcome.pieces) > 10
        assert any(sentence in outcome.text for sentence in taught)
        assert "<|" not in outcome.text
    assert outcomes[0].text != outcomes[1].text


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


async def test_sampling_is_obeyed(checkpoint: OpenCheckpoint):
    backend = checkpoint("tiny-1")
    greedy = (await ask(backend, limits=PATIENT, sampling=GREEDY)).text

    async def drawn(**values: Any) -> str:
        return (await ask(backend, limits=PATIENT, sampling=Sampling(max_tokens=40, **values))).text

    assert await drawn(temperature=2, seed=5) == await drawn(temperature=2, seed=5)
    assert await drawn(temperature=2, seed=5) != await drawn(temperature=2, seed=6)
    assert greedy.startswith(await drawn(temperature=2, seed=5, top_p=0))
    assert not greedy.startswith(await drawn(temperature=0, frequency_penalty=2, presence_penalty=2))
    stopped = await ask(backend, limits=PATIENT, sampling=Sampling(max_tokens=200, temperature=0, stop=(greedy[9:13],)))
    assert (stopped.text, stopped.end and stopped.end.finish_reason) == (greedy[:9], "stop")
    cut = await ask(backend, limits=PATIENT, sampling=Sampling(max_tokens=3, temperature=0))
    assert cut.end
    assert cut.end.finish_reason == "length"


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


async def test_a_prompt_format_writes_the_prompt_and_brings_its_stop_strings(checkpoint: OpenCheckpoint):
    outcome = await ask(checkpoint("tiny-1", prompt_format="base"), limits=PATIENT, sampling=GREEDY)
    assert "### Person" not in outcome.text
    assert outcome.end
    assert outcome.end.usage
    # The frame opens with two exchanges.
    assert outcome.end.usage.prompt_tokens > 100


async def test_a_conversation_is_read_to_its_end(checkpoint: OpenCheckpoint):
    conversation = [*QUESTION, Message("assistant", "They hum."), Message("user", "Why?")]
    outcome = await ask(checkpoint("tiny-2"), limits=PATIENT, messages=conversation, sampling=GREEDY)
    assert outcome.end


async def test_a_prompt_that_does_not_fit_is_refused_and_a_reply_ends_where_the_context_does(
    checkpoint: OpenCheckpoint,
):
    backend = checkpoint("tiny-1")
    long = [Message("user", "é" * 3000)]
    assert type((await ask(backend, limits=PATIENT, messages=long)).error) is ContextTooLong
    nearly = [Message("user", "é" * 1015)]
    outcome = await ask(backend, limits=PATIENT, messages=nearly, sampling=Sampling(temperature=0))
    assert outcome.end
    assert outcome.end.usage
    assert outcome.end.usage.prompt_tokens + outcome.end.usage.completion_tokens <= 2048


async def test_a_reader_that_leaves_stops_the_writing(checkpoint: OpenCheckpoint):
    backend = checkpoint("tiny-1", waiting=1)
    forever = Sampling(max_tokens=2000, temperature=2, logit_bias={"1": -100})  # without the token that ends it
    for _ in range(4):
        async with aclosing(backend.stream(QUESTION, forever)) as events:
            async for event in events:
                if isinstance(event, Piece) and event.text:
                    break
    # Four such replies would keep it busy for long.
    assert (await ask(backend, limits=PATIENT, sampling=Sampling(max_tokens=1))).end


async def test_more_replies_than_may_wait_are_turned_away(checkpoint: OpenCheckpoint):
    backend = checkpoint("tiny-1", waiting=2)
    await backend.complete(QUESTION, Sampling(max_tokens=1))
    outcomes = await asyncio.gather(*(ask(backend, limits=PATIENT, sampling=GREEDY) for _ in range(6)))
    assert [type(outcome.error) for outcome in outcomes if outcome.error] == [RateLimited] * 3
    assert len({outcome.text for outcome in outcomes if not outcome.error}) == 1


async def test_a_whole_reply_is_the_same_words(checkpoint: OpenCheckpoint):
    backend = checkpoint("tiny-1")
    done = await backend.complete(QUESTION, GREEDY)
    streamed = await ask(backend, limits=PATIENT, sampling=GREEDY)
    assert done.text == streamed.text
    assert streamed.end == End(done.finish_reason, done.usage)


# What a folder says of drawing.

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


async def test_a_conversation_that_the_chat_template_refuses_is_an_error_in_our_words(
    copied: Path, checkpoint: OpenCheckpoint
):
    (copied / "chat_template.jinja").write_text("{{ raise_exception('No system prompts.') }}")
    error = (await ask(checkpoint(copied), limits=PATIENT)).error
    assert type(error) is Rejected
    assert "No system prompts." in str(error)


# Adapters.


async def test_an_adapter_speaks_through_the_base_that_it_names(checkpoint: OpenCheckpoint, tiny_adapter: Path):
    changed = await ask(checkpoint(tiny_adapter), limits=PATIENT, sampling=GREEDY)
    plain = await ask(checkpoint("tiny-1"), limits=PATIENT, sampling=GREEDY)
    assert changed.end
    assert changed.text != plain.text


def test_an_adapter_whose_base_is_not_here_is_refused(tiny_adapter: Path, tmp_path: Path):
    lonely = shutil.copytree(tiny_adapter, tmp_path / "lonely")
    config = json.loads((lonely / "adapter_config.json").read_text())
    (lonely / "adapter_config.json").write_text(json.dumps(config | {"base_model_name_or_path": "huggyllama/llama-7b"}))
    with pytest.raises(BadInput, match="adapter on “huggyllama/llama-7b”"):
        open_backend("transformers", {"folder": str(lonely)})


# Folders that cannot be served.


@pytest.fixture
def copied(tiny_llamas: TinyLlamas, tmp_path: Path) -> Path:
    return shutil.copytree(tiny_llamas.folder / "tiny-1", tmp_path / "copied")


def test_every_fault_of_a_folder_is_told_at_once(copied: Path):
    weights = copied / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    (copied / "config.json").write_text("<html>")
    (copied / "tokenizer.json").unlink()
    with pytest.raises(BadInput) as refusal:
        open_backend("transformers", {"folder": str(copied)})
    config, tokenizer, size = refusal.value.faults
    assert config.endswith("config.json is missing or no JSON object")
    assert tokenizer.endswith("has no tokenizer (tokenizer.json)")
    assert "it was not copied whole" in size


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"version https://git-lfs.github.com/spec/v1\n", "pointer of Git LFS"),
        (b"<!doctype html><html></html>", "is no safetensors file"),
        (b"", "is no safetensors file"),
    ],
)
def test_what_only_looks_like_weights_is_told_apart(copied: Path, content: bytes, sentence: str):
    (copied / "model.safetensors").write_bytes(content)
    with pytest.raises(BadInput, match=sentence):
        open_backend("transformers", {"folder": str(copied)})


def test_a_missing_shard_and_pickled_weights_are_named(copied: Path):
    (copied / "model.safetensors").rename(copied / "pytorch_model.bin")
    with pytest.raises(BadInput, match=r"can run code and are not read"):
        open_backend("transformers", {"folder": str(copied)})
    index = {"weight_map": {"a": "model-00001-of-00001.safetensors"}}
    (copied / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(BadInput, match=r"model-00001-of-00001\.safetensors is missing"):
        open_backend("transformers", {"folder": str(copied)})


def test_a_folder_without_a_chat_template_needs_a_prompt_format(copied: Path):
    (copied / "chat_template.jinja").unlink()
    with pytest.raises(BadInput) as refusal:
        open_backend("transformers", {"folder": str(copied)})
    assert "alpaca" in (refusal.value.hint or "")


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


def test_every_wrong_option_is_told_at_once():
    with pytest.raises(BadInput) as refusal:
        open_backend("transformers", {"prompt_format": "vicuna", "device": "tpu", "thread": 1})
    assert refusal.value.faults == (
        f"prompt_format: must be {any_of(tuple(FORMATS))}; did you mean `vicuna_v1.1`?",
        "device: must be `auto`, `cpu` or `cuda`; did you mean `cpu`?",
        "thread: is not a key here; did you mean `threads`?",
        "folder: is missing",
    )
