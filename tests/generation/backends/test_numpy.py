"""The `numpy` backend computes what transformers computes, streams it, and says what it cannot take."""

import asyncio
import json
import shutil
from contextlib import aclosing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from generation.backends.llama.language_model import LanguageModel, load
from generation.backends.llama.network import Cache
from generation.backends.llama.shape import read_shape
from generation.backends.registry import open_backend
from generation.checkpoints import open_checkpoint
from generation.conversation import Backend, End, Message, Piece, Sampling, Usage
from generation.errors import BadInput, ContextTooLong, EmptyReply, Rejected, Truncated
from tests.generation.backends.llamas import SHAPES, write_adapter, write_llama

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

TOKENS = [int(token) for token in np.random.default_rng(5).integers(4, 260, 40)]
HELLO = [Message("user", "Hello, 세계!")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint whose greedy replies never end by themselves."""
    path = tmp_path_factory.mktemp("llama") / "random"
    write_llama(path)
    return path


@pytest.fixture
def backend(folder: Path) -> Backend:
    return open_backend("numpy", {"folder": str(folder)})


def model_of(folder: Path) -> LanguageModel:
    return load(open_checkpoint(folder))


def logits_of(folder: Path) -> Any:
    network = model_of(folder).network
    return network.read_all(TOKENS, Cache(network.shape, len(TOKENS)))


def logits_by_torch(weights: Any) -> Any:
    with torch.no_grad():
        return weights(torch.tensor([TOKENS])).logits[0].float().numpy()


def greedy_by_torch(weights: Any, prompt: list[int], count: int) -> list[int]:
    fed = torch.tensor([prompt])
    made = weights.generate(
        fed, attention_mask=torch.ones_like(fed), max_new_tokens=count, do_sample=False, eos_token_id=-1
    )
    return [int(token) for token in made[0, len(prompt) :]]


# The same as transformers


@pytest.mark.parametrize("changes", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_logits_and_greedy_tokens_are_those_of_transformers(tmp_path: Path, changes: dict[str, Any], dtype: str):
    weights = write_llama(tmp_path / "llama", dtype=dtype, **changes)
    assert np.abs(logits_of(tmp_path / "llama") - logits_by_torch(weights)).max() < 1e-4
    drawn = list(model_of(tmp_path / "llama").draw(TOKENS, Sampling(max_tokens=60)))
    assert drawn == greedy_by_torch(weights, TOKENS, 60)


def test_reading_token_by_token_gives_the_logits_of_reading_at_once(folder: Path):
    network = model_of(folder).network
    cache = Cache(network.shape, len(TOKENS))
    one_by_one = np.stack([network.read([token], cache) for token in TOKENS])
    assert np.abs(one_by_one - logits_of(folder)).max() < 1e-4


def test_a_prompt_is_encoded_as_transformers_encodes_it(folder: Path):
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    conversation = [Message("user", "Hi"), Message("assistant", "Yes?"), Message("user", "다시")]
    rows = [{"role": message.role, "content": message.content} for message in conversation]
    due = tokenizer.apply_chat_template(rows, add_generation_prompt=True, return_dict=True)["input_ids"]
    assert model_of(folder).prompt(conversation) == list(due)


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


# What a folder leaves open


@pytest.mark.parametrize("content", [{}, {"eos_token_id": None, "min_new_tokens": None}], ids=["nothing", "null"])
async def test_a_reply_ends_at_the_tokenizers_end_where_the_folder_names_none(tmp_path: Path, content: dict[str, Any]):
    from training import tiny_llama

    tiny_llama.write(tmp_path / "tiny", seed=3)
    question = [Message("user", "Tell me")]
    due = await open_backend("numpy", {"folder": str(tmp_path / "tiny")}).complete(question, Sampling(max_tokens=200))
    config = json.loads((tmp_path / "tiny" / "config.json").read_text())
    (tmp_path / "tiny" / "config.json").write_text(json.dumps({**config, "eos_token_id": None}))
    (tmp_path / "tiny" / "generation_config.json").write_text(json.dumps(content))
    found = await open_backend("numpy", {"folder": str(tmp_path / "tiny")}).complete(question, Sampling(max_tokens=200))
    assert found == due


@pytest.mark.parametrize("key", ["hidden_act", "attention_bias", "mlp_bias", "rope_parameters", "tie_word_embeddings"])
def test_null_in_config_json_is_what_a_missing_key_is(folder: Path, key: str):
    config = json.loads((folder / "config.json").read_text())
    del config[key]
    assert read_shape({**config, key: None, "rms_norm_eps": None, "rope_theta": None}) == read_shape(
        {name: value for name, value in config.items() if name != "rms_norm_eps"}
    )


def test_an_adapter_that_leaves_its_alpha_out_has_pefts_own(folder: Path, tmp_path: Path):
    dice = np.random.default_rng(1)
    a, b = (dice.normal(size=size).astype(np.float32) for size in ((4, 64), (96, 4)))
    tensors = {"layers.1.mlp.up_proj.lora_A.weight": a, "layers.1.mlp.up_proj.lora_B.weight": b}
    stated = write_adapter(tmp_path / "stated", folder, {"peft_type": "LORA", "r": 4, "lora_alpha": 8}, tensors)
    silent = write_adapter(tmp_path / "silent", folder, {"peft_type": "LORA", "r": 4}, tensors)
    assert np.array_equal(logits_of(silent), logits_of(stated))


# Adapters


def test_a_lora_adapter_is_added_to_the_weights_it_names(folder: Path, tmp_path: Path):
    dice = np.random.default_rng(1)
    a, b = (dice.normal(size=size).astype(np.float32) for size in ((4, 64), (96, 4)))
    tensors = {"layers.1.mlp.up_proj.lora_A.weight": a, "layers.1.mlp.up_proj.lora_B.weight": b}
    adapter = write_adapter(tmp_path / "lora", folder, {"peft_type": "LORA", "r": 4, "lora_alpha": 8}, tensors)
    weights = transformers.LlamaForCausalLM.from_pretrained(folder)
    with torch.no_grad():
        weights.model.layers[1].mlp.up_proj.weight += 2 * torch.tensor(b) @ torch.tensor(a)
    assert np.abs(logits_of(adapter) - logits_by_torch(weights)).max() < 1e-4


def test_an_ia3_adapter_rescales_keys_values_and_what_goes_down(folder: Path, tmp_path: Path):
    dice = np.random.default_rng(2)
    keys, down = (dice.normal(1, 0.5, size=size).astype(np.float32) for size in ((64, 1), (1, 96)))
    tensors = {"layers.0.self_attn.k_proj.ia3_l": keys, "layers.0.mlp.down_proj.ia3_l": down}
    adapter = write_adapter(tmp_path / "ia3", folder, {"peft_type": "IA3"}, tensors)
    weights = transformers.LlamaForCausalLM.from_pretrained(folder)
    layer = weights.model.layers[0]
    layer.self_attn.k_proj.register_forward_hook(lambda _module, _given, out: out * torch.tensor(keys[:, 0]))
    layer.mlp.down_proj.register_forward_pre_hook(lambda _module, given: (given[0] * torch.tensor(down[0]),))
    assert np.abs(logits_of(adapter) - logits_by_torch(weights)).max() < 1e-4


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"peft_type": "LOHA"}, "only LORA and IA3"),
        ({"peft_type": "LORA", "lora_alpha": 8, "use_dora": True}, "use_dora"),
        ({"peft_type": "LORA", "lora_alpha": 8, "modules_to_save": ["lm_head"]}, "modules_to_save"),
        ({"peft_type": "LORA", "lora_alpha": 8}, "does not fit this base"),
    ],
)
def test_an_adapter_that_cannot_be_applied_is_refused(folder: Path, tmp_path: Path, config: dict[str, Any], words: str):
    odd = {"layers.7.mlp.up_proj.lora_A.weight": np.zeros((2, 64), np.float32)}
    adapter = write_adapter(tmp_path / "odd", folder, config, odd)
    with pytest.raises(BadInput, match=words):
        open_backend("numpy", {"folder": str(adapter)})


# Streaming


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


async def test_biases_and_penalties_change_what_is_likeliest(folder: Path):
    model = model_of(folder)
    prompt = model.prompt(HELLO)
    (first,) = model.draw(prompt, Sampling(max_tokens=1))
    assert list(model.draw(prompt, Sampling(max_tokens=1, logit_bias={str(first): -100.0}))) != [first]
    assert list(model.draw(prompt, Sampling(max_tokens=5, logit_bias={"9": 100.0}))) == [9] * 5
    varied = list(model.draw(prompt, Sampling(max_tokens=40, presence_penalty=1000.0)))
    assert len(set(varied)) == 40


async def test_sampling_draws_in_proportion(folder: Path):
    model = model_of(folder)
    prompt = model.prompt(HELLO)
    logits = model.network.read(prompt, Cache(model.network.shape, len(prompt))) / 3
    chances = np.exp(logits - logits.max()) / np.exp(logits - logits.max()).sum()
    drawn = [next(iter(model.draw(prompt, Sampling(max_tokens=1, temperature=3.0, seed=seed)))) for seed in range(600)]
    likeliest = int(chances.argmax())
    assert drawn.count(likeliest) / 600 == pytest.approx(chances[likeliest], abs=0.07)
    few = {next(iter(model.draw(prompt, Sampling(1, temperature=3.0, top_p=1e-6, seed=seed)))) for seed in range(20)}
    assert few == {likeliest}


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


async def test_a_reply_without_text_is_a_fault(folder: Path):
    backend = open_backend("numpy", {"folder": str(folder)})
    with pytest.raises(EmptyReply):
        await backend.complete(HELLO, Sampling(logit_bias={"0": 1000.0}))


async def test_a_conversation_that_the_template_refuses_is_rejected(folder: Path, tmp_path: Path):
    strict = shutil.copytree(folder, tmp_path / "strict")
    (strict / "chat_template.jinja").write_text(
        "{% if messages[0].role == 'system' %}{{ raise_exception('no system message') }}{% endif %}Go:"
    )
    with pytest.raises(Rejected, match="no system message"):
        await open_backend("numpy", {"folder": str(strict)}).complete([Message("system", "Be brief.")], Sampling())


# What is refused


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"architectures": ["GPT2LMHeadModel"]}, r"GPT2LMHeadModel.*LlamaForCausalLM only"),
        ({"hidden_act": "gelu", "attention_bias": True}, r"hidden_act(?s:.)*attention_bias"),
        ({"rope_parameters": {"rope_type": "llama3", "rope_theta": 1e4}}, "llama3"),
        ({"hidden_size": "wide", "num_hidden_layers": 0}, r"hidden_size(?s:.)*num_hidden_layers"),
        ({"intermediate_size": 97}, r"gate_proj.*\(96, 64\), where \(97, 64\) is due"),
        ({"num_hidden_layers": 3}, r"layers\.2\.input_layernorm.*missing"),
    ],
)
def test_another_kind_of_checkpoint_is_refused_with_all_its_faults(
    folder: Path, tmp_path: Path, changes: dict[str, Any], words: str
):
    odd = shutil.copytree(folder, tmp_path / "odd")
    config = json.loads((odd / "config.json").read_text())
    (odd / "config.json").write_text(json.dumps({**config, **changes}))
    with pytest.raises(BadInput, match=words):
        open_backend("numpy", {"folder": str(odd)})


def test_too_large_a_checkpoint_is_refused_before_it_is_read(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("generation.backends.llama.weights.MAX_BYTES", 100_000)
    with pytest.raises(BadInput, match="GB of weights"):
        open_backend("numpy", {"folder": str(folder)})


def test_a_damaged_tokenizer_is_named(folder: Path, tmp_path: Path):
    odd = shutil.copytree(folder, tmp_path / "odd")
    (odd / "tokenizer.json").write_text("{}")
    with pytest.raises(BadInput, match=r"tokenizer\.json cannot be read"):
        open_backend("numpy", {"folder": str(odd)})


def test_a_chat_template_that_is_not_jinja_or_absent_is_told(folder: Path, tmp_path: Path):
    odd = shutil.copytree(folder, tmp_path / "odd")
    (odd / "chat_template.jinja").write_text("{% for %}")
    with pytest.raises(BadInput, match=r"chat template of .* cannot be used"):
        open_backend("numpy", {"folder": str(odd)})
    (odd / "chat_template.jinja").unlink()
    with pytest.raises(BadInput, match="has no chat template"):
        open_backend("numpy", {"folder": str(odd)})


def test_a_folder_inside_a_package_is_named_by_both(folder: Path):
    with pytest.raises(BadInput, match=r"no folder .*arena/no-such"):
        open_backend("numpy", {"folder": "arena:no-such"})


def test_faulty_options_are_told_together():
    with pytest.raises(BadInput) as caught:
        open_backend("numpy", {"fodler": "x"})
    assert caught.value.faults == ("fodler: is not a key here; did you mean `folder`?", "folder: is missing")
