"""The `numpy` backend says what transformers says, streams it, and refuses what it cannot take."""

import asyncio
import json
import shutil
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from generation.backends.registry import open_backend
from generation.conversation import Backend, End, Message, Piece, Sampling, Usage
from generation.errors import BadInput, ContextTooLong, EmptyReply, Rejected, Truncated
from tests.generation.backends.llamas import HELLO

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")


@pytest.fixture
def backend(random_llama: Path) -> Backend:
    return open_backend("numpy", {"folder": str(random_llama)})


async def test_a_trained_checkpoint_says_what_transformers_says_and_ends_by_itself(tmp_path: Path):
    from training import tiny_llama

    made = tiny_llama.write(tmp_path / "tiny", seed=3)
    prompt = made.tokenizer.apply_chat_template(
        [{"role": "user", "content": "Tell me"}], add_generation_prompt=True, return_dict=True
    )["input_ids"]
    fed = torch.tensor([list(prompt)])
    due = made.weights.generate(fed, attention_mask=torch.ones_like(fed), max_new_tokens=200, do_sample=False)[
        0, len(prompt) :
    ]
    reply = await open_backend("numpy", {"folder": str(tmp_path / "tiny")}).complete(
        [Message("user", "Tell me")], Sampling(max_tokens=200)
    )
    assert reply.text == made.tokenizer.decode(due, skip_special_tokens=True)
    assert (reply.finish_reason, reply.usage) == ("stop", Usage(len(prompt), len(due)))


async def test_pieces_make_the_reply_and_the_end_counts_the_tokens(backend: Backend):
    *pieces, end = [event async for event in backend.stream(HELLO, Sampling(max_tokens=20))]
    whole = await backend.complete(HELLO, Sampling(max_tokens=20))
    assert "".join(piece.text for piece in pieces if isinstance(piece, Piece)) == whole.text
    assert end == End("length", Usage(len("<|user|>Hello, 세계!".encode()) - 8 + 3, 20))


async def test_a_reply_ends_before_a_stop_string(backend: Backend):
    text = (await backend.complete(HELLO, Sampling(max_tokens=30))).text
    stop = text[10:13]
    cut = await backend.complete(HELLO, Sampling(max_tokens=30, stop=(stop,)))
    assert (cut.text, cut.finish_reason) == (text[: text.index(stop)], "stop")


async def test_a_reply_ends_where_the_context_does(backend: Backend):
    reply = await backend.complete(HELLO, Sampling(max_tokens=10_000, logit_bias={"0": -1000.0}))
    assert reply.finish_reason == "length"
    assert reply.usage
    assert reply.usage.prompt_tokens + reply.usage.completion_tokens == 128


async def test_a_seed_repeats_a_sampled_reply_and_another_gives_another(backend: Backend):
    async def reply(seed: int) -> str:
        return (await backend.complete(HELLO, Sampling(max_tokens=30, temperature=2.0, top_p=0.95, seed=seed))).text

    assert await reply(1) == await reply(1)
    assert len({await reply(seed) for seed in range(4)}) == 4


async def test_replies_grow_side_by_side_and_the_event_loop_keeps_its_turn(backend: Backend):
    ended: list[int] = []
    ended_at_first_piece: list[int] = []

    async def read(number: int) -> None:
        async with aclosing(backend.stream(HELLO, Sampling(max_tokens=100))) as stream:
            await anext(stream)
            ended_at_first_piece.append(len(ended))
            async for _ in stream:
                pass
        ended.append(number)

    await asyncio.gather(*(read(number) for number in range(6)))
    assert ended_at_first_piece == [0] * 6


async def test_a_reader_who_leaves_stops_the_writing(backend: Backend, monkeypatch: pytest.MonkeyPatch):
    async with aclosing(backend.stream(HELLO, Sampling(max_tokens=100))) as stream:
        await anext(stream)
    assert (await backend.complete(HELLO, Sampling(max_tokens=3))).finish_reason == "length"


async def test_closing_ends_what_is_being_written(backend: Backend):
    stream = backend.stream(HELLO, Sampling(max_tokens=100))
    await anext(stream)
    await backend.aclose()
    with pytest.raises(Truncated):
        async for _ in stream:
            pass


async def test_a_prompt_that_fills_the_context_is_refused(backend: Backend):
    with pytest.raises(ContextTooLong, match="the context 128"):
        await backend.complete([Message("user", "x" * 200)], Sampling())


async def test_a_reply_without_text_is_a_fault(random_llama: Path):
    backend = open_backend("numpy", {"folder": str(random_llama)})
    with pytest.raises(EmptyReply):
        await backend.complete(HELLO, Sampling(logit_bias={"0": 1000.0}))


async def test_a_conversation_that_the_template_refuses_is_rejected(random_llama: Path, tmp_path: Path):
    strict = shutil.copytree(random_llama, tmp_path / "strict")
    (strict / "chat_template.jinja").write_text(
        "{% if messages[0].role == 'system' %}{{ raise_exception('no system message') }}{% endif %}Go:"
    )
    with pytest.raises(Rejected, match="no system message"):
        await open_backend("numpy", {"folder": str(strict)}).complete([Message("system", "Be brief.")], Sampling())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"architectures": ["GPT2LMHeadModel"]}, r"GPT2LMHeadModel.*LlamaForCausalLM only"),
        ({"hidden_act": "gelu", "attention_bias": True}, r"hidden_act(?s:.)*attention_bias"),
        ({"rope_parameters": {"rope_type": "llama3", "rope_theta": 1e4}}, "llama3"),
        ({"hidden_size": "wide", "num_hidden_layers": 0}, r"hidden_size(?s:.)*num_hidden_layers"),
        ({"intermediate_size": 97}, r"gate_proj.*\(96, 64\), where \(97, 64\) is expected"),
        ({"num_hidden_layers": 3}, r"layers\.2\.input_layernorm.*missing"),
    ],
)
def test_another_kind_of_checkpoint_is_refused_with_all_its_faults(
    random_llama: Path, tmp_path: Path, changes: dict[str, Any], words: str
):
    odd = shutil.copytree(random_llama, tmp_path / "odd")
    config = json.loads((odd / "config.json").read_text())
    (odd / "config.json").write_text(json.dumps({**config, **changes}))
    with pytest.raises(BadInput, match=words):
        open_backend("numpy", {"folder": str(odd)})


def test_a_folder_inside_a_package_is_named_by_both(random_llama: Path):
    with pytest.raises(BadInput, match=r"no folder .*arena/no-such"):
        open_backend("numpy", {"folder": "arena:no-such"})


def test_faulty_options_are_told_together():
    with pytest.raises(BadInput) as caught:
        open_backend("numpy", {"fodler": "x"})
    assert caught.value.faults == ("fodler: is not a key here; did you mean `folder`?", "folder: is missing")
