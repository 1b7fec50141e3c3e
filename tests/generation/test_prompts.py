"""Prompt formats: the published texts, and the same tokens as `transformers` gives by the exported chat template."""

import json
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from generation.conversation import Message
from generation.errors import BadInput, Rejected
from generation.prompts import FORMATS, NoTokens, PromptPart, prompt_format

TOKENS = NoTokens("<s>", "</s>")
TALK = [
    {"role": "user", "content": "Name a colour."},
    {"role": "assistant", "content": "Red 빨강."},
    {"role": "user", "content": "Another?"},
    {"role": "assistant", "content": "Blue, or 파랑"},
]
WITH_INPUT = [
    {"role": "user", "content": "Sort.", "input": "b, a"},
    {"role": "assistant", "content": "a, b"},
]
# Each as its source has it, with the end-of-text token that the source adds to the reply.
PUBLISHED = {
    ("alpaca", "plain"): "<s>Below is an instruction that describes a task. Write a response that appropriately "
    "completes the request.\n\n### Instruction:\nName a colour.\n\n### Response:[Red 빨강.</s>]",
    ("alpaca", "input"): "<s>Below is an instruction that describes a task, paired with an input that provides "
    "further context. Write a response that appropriately completes the request.\n\n### Instruction:\nSort."
    "\n\n### Input:\nb, a\n\n### Response:[a, b</s>]",
    ("alpaca_lora", "plain"): "<s>Below is an instruction that describes a task. Write a response that appropriately "
    "completes the request.\n\n### Instruction:\nName a colour.\n\n### Response:\n[Red 빨강.</s>]",
    ("alpaca_lora", "input"): "<s>Below is an instruction that describes a task, paired with an input that provides "
    "further context. Write a response that appropriately completes the request.\n\n### Instruction:\nSort."
    "\n\n### Input:\nb, a\n\n### Response:\n[a, b</s>]",
    ("vicuna_v1.1", "talk"): "<s>A chat between a curious user and an artificial intelligence assistant. The "
    "assistant gives helpful, detailed, and polite answers to the user's questions. USER: Name a colour. "
    "ASSISTANT:[ Red 빨강.</s>]USER: Another? ASSISTANT:[ Blue, or 파랑</s>]",
    ("llama2_chat", "talk"): "<s>[INST] Name a colour. [/INST][ Red 빨강. </s>]<s>[INST] Another? "
    "[/INST][ Blue, or 파랑 </s>]",
    ("llama2_chat", "system"): "<s>[INST] <<SYS>>\nBe kind.\n<</SYS>>\n\nName a colour. [/INST][ Red 빨강. </s>]",
    ("chatml", "system"): "<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\nName a colour.<|im_end|>\n"
    "<|im_start|>assistant\n[Red 빨강.<|im_end|>]\n",
    ("koalpaca", "plain"): "### 질문: Name a colour.\n\n### 답변:[ Red 빨강.</s>]",
    ("koalpaca", "input"): "### 질문: Sort.\n\n### 맥락: b, a\n\n### 답변:[ a, b</s>]",
    ("llama3", "system"): "<s><|start_header_id|>system<|end_header_id|>\n\nBe kind.<|eot_id|>"
    "<|start_header_id|>user<|end_header_id|>\n\nName a colour.<|eot_id|>"
    "<|start_header_id|>assistant<|end_header_id|>\n\n[Red 빨강.<|eot_id|>]",
    ("gemma", "talk"): "<s><start_of_turn>user\nName a colour.<end_of_turn>\n<start_of_turn>model\n"
    "[Red 빨강.<end_of_turn>]\n<start_of_turn>user\nAnother?<end_of_turn>\n<start_of_turn>model\n"
    "[Blue, or 파랑<end_of_turn>]\n",
    ("gemma", "system"): "<s><start_of_turn>user\nBe kind.\n\nName a colour.<end_of_turn>\n<start_of_turn>model\n"
    "[Red 빨강.<end_of_turn>]\n",
    ("zephyr", "system"): "<|system|>\nBe kind.</s>\n<|user|>\nName a colour.</s>\n<|assistant|>\n[Red 빨강.</s>]\n",
    ("qwen2", "plain"): "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n<|im_start|>user\n"
    "Name a colour.<|im_end|>\n<|im_start|>assistant\n[Red 빨강.<|im_end|>]\n",
    ("qwen2.5", "plain"): "<|im_start|>system\nYou are Qwen, created by Alibaba Cloud. You are a helpful assistant."
    "<|im_end|>\n<|im_start|>user\nName a colour.<|im_end|>\n<|im_start|>assistant\n[Red 빨강.<|im_end|>]\n",
    ("qwen2.5", "system"): "<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\nName a colour.<|im_end|>\n"
    "<|im_start|>assistant\n[Red 빨강.<|im_end|>]\n",
    ("harmony", "system"): "<|start|>system<|message|>You are ChatGPT, a large language model trained by OpenAI.\n"
    "Knowledge cutoff: 2024-06\n\nReasoning: medium\n\n# Valid channels: analysis, commentary, final. Channel must be "
    "included for every message.<|end|><|start|>developer<|message|># Instructions\n\nBe kind.<|end|><|start|>user"
    "<|message|>Name a colour.<|end|><|start|>assistant[<|channel|>final<|message|>Red 빨강.<|return|>]",
    ("codellama_infill", "gap"): "<s><PRE> def double(x):\n    return  <SUF>\n\nprint(double(2)) <MID>[2 * x <EOT>]",
}
CONVERSATIONS = {
    "plain": TALK[:2],
    "talk": TALK,
    "input": WITH_INPUT,
    "system": [{"role": "system", "content": "Be kind."}, *TALK[:2]],
    "gap": [
        {"role": "user", "content": "def double(x):\n    return <FILL_ME>\n\nprint(double(2))"},
        {"role": "assistant", "content": "2 * x"},
    ],
}
GAPPED = "codellama_infill"  # fills a gap, and holds no conversation
SUITED = [(name, talk) for name in FORMATS for talk in CONVERSATIONS if (name == GAPPED) == (talk == "gap")]


COLON_AND_QUOTE = ':"'  # one token of the vocabulary


@pytest.fixture(scope="module", params=["gpt2", "llama2", "llama2-legacy"])
def tokenizer(request: pytest.FixtureRequest) -> Iterator[Any]:
    """A small tokenizer of each kind in use, trained here: byte-level, and two of Llama's with a space of their own."""
    transformers = pytest.importorskip("transformers")
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

    kind = request.param
    made = Tokenizer(models.BPE(byte_fallback=kind != "gpt2"))
    if kind == "gpt2":
        made.pre_tokenizer, made.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
        alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    else:
        alphabet = [*map(chr, range(33, 127)), "▁"]
        made.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
        if kind == "llama2":
            made.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
        else:
            made.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    special = ["<s>", "</s>", "<|im_start|>", "<|im_end|>", "<|eot_id|>", "<end_of_turn>", "<EOT>"]
    special += ["<|start|>", "<|message|>", "<|end|>", "<|return|>"]
    fallback = [] if kind == "gpt2" else [f"<0x{byte:02X}>" for byte in range(256)]
    trainer = trainers.BpeTrainer(
        vocab_size=1000, special_tokens=special + fallback, initial_alphabet=alphabet, show_progress=False
    )
    pieces = [piece for name, talk in SUITED for piece in FORMATS[name].pieces(CONVERSATIONS[talk])]
    # As in Llama's vocabulary, no token reaches over a space, and a newline is a byte of its own.
    words = [word for piece in pieces for word in piece.text.split()]
    # Often and after anything, so that it is the first token to be made.
    quoting = [f"{letter}{COLON_AND_QUOTE}" for letter in string.ascii_letters] * 100
    made.train_from_iterator([*words, *quoting], trainer)
    return transformers.PreTrainedTokenizerFast(tokenizer_object=made, bos_token="<s>", eos_token="</s>")


def marked(pieces: list[PromptPart]) -> str:
    return "".join(f"[{piece.text}]" if piece.trained else piece.text for piece in pieces)


@pytest.mark.parametrize(("name", "talk"), PUBLISHED)
def test_a_format_writes_what_its_source_published_and_marks_the_replies_with_their_end(name: str, talk: str):
    assert marked(prompt_format(name).pieces(CONVERSATIONS[talk], TOKENS)) == PUBLISHED[name, talk]


WRITTEN_BY_MISTRAL = json.loads((Path(__file__).parent / "goldens" / "mistral.json").read_text())["written"]


@pytest.mark.parametrize("case", WRITTEN_BY_MISTRAL, ids=lambda case: f"{case['format']}-{len(case['messages'])}")
def test_mistrals_formats_write_what_mistrals_own_library_writes(case: Any):
    assert prompt_format(case["format"]).render(case["messages"], TOKENS, add_generation_prompt=True) == case["text"]


@pytest.mark.parametrize(("name", "talk"), SUITED)
def test_tokens_and_mask_are_those_of_the_chat_template_in_transformers(tokenizer: Any, name: str, talk: str):
    shape, messages = prompt_format(name), CONVERSATIONS[talk]
    ours = shape.encode(tokenizer, messages)
    theirs = tokenizer.apply_chat_template(
        messages, chat_template=shape.chat_template, return_dict=True, return_assistant_tokens_mask=True
    )
    assert ours.ids == theirs["input_ids"]
    assert ours.trained == [bool(flag) for flag in theirs["assistant_masks"]]


@pytest.mark.parametrize("name", FORMATS)
def test_what_is_trained_goes_on_from_exactly_the_tokens_that_are_served(tokenizer: Any, name: str):
    shape = prompt_format(name)
    asked = CONVERSATIONS["gap" if name == GAPPED else "plain"][0]
    messages = [asked, {"role": "assistant", "content": '"Red".'}]
    served = tokenizer.apply_chat_template(
        messages[:1], chat_template=shape.chat_template, add_generation_prompt=True, return_dict=True
    )["input_ids"]
    encoded = shape.encode(tokenizer, messages)
    assert encoded.ids[: len(served)] == served
    assert encoded.trained.index(True) == len(served)


def test_no_token_reaches_from_the_prompt_into_the_reply(tokenizer: Any):
    shape, messages = prompt_format("alpaca"), [TALK[0], {"role": "assistant", "content": '"Red".'}]
    both = tokenizer.convert_tokens_to_ids(COLON_AND_QUOTE)
    assert both in tokenizer.encode(shape.render(messages, tokenizer), add_special_tokens=False)
    assert both not in shape.encode(tokenizer, messages).ids


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "base"])
def test_the_token_that_ends_a_reply_is_learned(tokenizer: Any, name: str):
    shape = prompt_format(name)
    # In harmony, only the last reply of a conversation returns.
    talk = CONVERSATIONS["gap" if name == GAPPED else "plain" if name == "harmony" else "talk"]
    encoded = shape.encode(tokenizer, talk)
    (end,) = tokenizer.encode(shape.end_of_reply(tokenizer), add_special_tokens=False)
    learned = [trained for id_, trained in zip(encoded.ids, encoded.trained, strict=True) if id_ == end]
    assert learned.count(True) == len([message for message in talk if message["role"] == "assistant"])


def test_a_completion_starts_without_the_token_that_its_server_adds():
    text = prompt_format("llama3").for_completion([Message("user", "Hi")])
    assert text.startswith("<|start_header_id|>user<|end_header_id|>")
    later = prompt_format("koalpaca").for_completion([Message(**message) for message in TALK[:3]])
    assert "Red 빨강.<|endoftext|>\n\n### 질문: Another?" in later  # and ends replies with its own models' token


def test_a_conversation_that_a_format_has_no_place_for_is_refused_with_the_reason():
    with pytest.raises(Rejected, match=r"codellama_infill refuses .* one <FILL_ME>"):
        prompt_format(GAPPED).for_completion([Message("user", "Hi")])


def test_a_prompt_ends_where_the_reply_is_due():
    rendered = prompt_format("vicuna_v1.1").render([Message("user", "Hi")], TOKENS, add_generation_prompt=True)
    assert rendered.endswith("questions. USER: Hi ASSISTANT:")


def test_every_format_is_documented_with_what_it_was_checked_against():
    page = (Path(__file__).parents[2] / "docs" / "prompt_formats.md").read_text()
    assert [name for name in FORMATS if f"`{name}`" not in page] == []


def test_an_unknown_format_is_refused_with_the_names_that_there_are():
    with pytest.raises(BadInput, match="no prompt format vicuna") as refused:
        prompt_format("vicuna")
    assert "vicuna_v1.1" in str(refused.value.hint)


def dialogue(*messages: Message) -> str:
    return prompt_format("base").render(messages, add_generation_prompt=True)


def test_the_text_ends_where_the_assistant_is_to_go_on():
    assert dialogue(Message("user", " Hello? ")).endswith("\n\n### Person:\nHello?\n\n### Assistant:\n")


def test_the_assistants_line_ends_where_somebody_else_would_speak():
    stop = prompt_format("base").stop
    assert all(mark.strip() in dialogue(Message("user", "Hello?")) for mark in stop)
    assert 0 < len(stop) <= 2  # endpoints take four, and callers have their own


def test_earlier_turns_come_in_order():
    conversation = [Message("user", "First?"), Message("assistant", "One."), Message("user", "Second?")]
    text = dialogue(*conversation)
    assert text.endswith("### Person:\nFirst?\n\n### Assistant:\nOne.\n\n### Person:\nSecond?\n\n### Assistant:\n")


def test_instructions_open_the_text():
    text = dialogue(Message("system", "Answer in verse."), Message("user", "Hi"))
    assert text.startswith("Answer in verse.\n")


def test_what_a_person_writes_is_never_a_template():
    assert "{{ turns }} <b>" in dialogue(Message("user", "{{ turns }} <b>"))
