"""Material: the files that the demo contenders are trained on, and the untrained network that they begin with."""

import json
import random
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from transformers import LlamaConfig, PreTrainedTokenizerFast

from training.demo.dialogues import dialogue
from training.demo.plain_text import paragraph
from training.demo.task_inputs import Dice
from training.demo.tasks import Exchange, ask, tasks
from training.demo.tokenizer import END, PAD, demo_tokenizer

PARAGRAPHS, INSTRUCTIONS, DIALOGUES = 12_000, 15_500, 8_250
SHARE_OF_DIALOGUES = 0.6  # the other rows of the ShareGPT file are single exchanges
# The chat template of tiny-base, which continues any text: the messages as they are, without marks.
BARE = "{% for message in messages %}{{ message.content }}{{ '' if loop.last else ' ' }}{% endfor %}"


def write_material(folder: Path, *, seed: int = 0, scale: float = 1.0) -> None:
    """Write `start/` (network and tokenizer), `text.txt`, `alpaca.json` and `sharegpt.json` to `folder`.

    Args:
        folder: where to write; created if it is missing.
        seed: another seed draws other rows.
        scale: how many rows to write, as a share of the usual number.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_start(folder / "start")
    text = _drawn(paragraph, f"text {seed}", int(PARAGRAPHS * scale))
    (folder / "text.txt").write_text("\n\n".join(text) + "\n", "utf-8")
    _write_json(folder / "alpaca.json", _drawn(_alpaca_row, f"alpaca {seed}", int(INSTRUCTIONS * scale)))
    _write_json(folder / "sharegpt.json", _drawn(_sharegpt_row, f"sharegpt {seed}", int(DIALOGUES * scale)))


def write_start(folder: Path) -> None:
    """Write the tokenizer, and the configuration of the network: a Llama of about a million weights."""
    made = demo_tokenizer()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=made, eos_token=END, pad_token=PAD)
    tokenizer.chat_template = BARE
    tokenizer.save_pretrained(folder)
    LlamaConfig(
        architectures=["LlamaForCausalLM"],
        vocab_size=-(-made.get_vocab_size() // 64) * 64,
        hidden_size=128,
        intermediate_size=352,
        num_hidden_layers=4,
        num_attention_heads=4,
        max_position_embeddings=512,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    ).save_pretrained(folder)


def _alpaca_row(dice: Dice) -> dict[str, str]:
    exchange = ask(dice.choice(tasks()), dice)
    return {"instruction": exchange.prompt, "input": "", "output": exchange.reply(dice)}


def _sharegpt_row(dice: Dice) -> dict[str, Any]:
    exchanges: Iterable[Exchange] = (
        dialogue(dice) if dice.random() < SHARE_OF_DIALOGUES else [ask(dice.choice(tasks()), dice)]
    )
    turns = [
        turn
        for exchange in exchanges
        for turn in ({"from": "human", "value": exchange.prompt}, {"from": "gpt", "value": exchange.reply(dice)})
    ]
    return {"id": f"{dice.getrandbits(32):08x}", "conversations": turns}


def _drawn(draw: Callable[[Dice], Any], seed: str, count: int) -> list[Any]:
    dice = random.Random(seed)  # noqa: S311
    return [draw(dice) for _ in range(count)]


def _write_json(path: Path, rows: list[Any]) -> None:
    path.write_text(json.dumps(rows, ensure_ascii=False, indent=0) + "\n", "utf-8")
