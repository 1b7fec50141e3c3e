"""A tiny Llama: a checkpoint of half a megabyte, trained in seconds, with which to try the arena on a real server.

    python -m training.tiny_llama runs/tiny-1 runs/tiny-2

Any server of checkpoints can load it: it has weights, a fast tokenizer and a chat template. It learns to say a few
sentences about alpacas whatever it is asked, so its replies are readable and end by themselves. The same seed gives
the same files, and another seed learns other sentences, so each folder of one command gets a seed of its own.
"""

import argparse
import contextlib
import random
import shutil
import string
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from generation.errors import BadInput, GenerationError
from generation.extras import needing

with needing("train", "A tiny Llama", program=__name__ == "__main__"):
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
    from transformers.utils import logging

USER, ASSISTANT, SYSTEM, END, PAD = "<|user|>", "<|assistant|>", "<|system|>", "<|end|>", "<|pad|>"
CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "{{ '<|' + message['role'] + '|>' + message['content'] + '<|end|>' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
)
SENTENCES = """
Alpacas hum softly when they are curious, worried or simply glad to see you.
An alpaca looks at the mountain for a while and then decides that grass is the better view.
Most alpacas would rather share a field than own one.
The wool of an alpaca is warm, light and never quite the colour you remember.
A good answer is short enough to be read and long enough to be wrong in an interesting way.
When two alpacas disagree, the third one keeps eating and is right.
Rain does not surprise an alpaca, it only confirms what the alpaca suspected.
Every herd has one member that checks the gate, every single evening.
If you ask an alpaca for directions, expect a long look and no map.
The young ones run in the last light of the day for no reason that anybody has found.
Nobody has ever hurried an alpaca and been proud of it afterwards.
You can count the years of an alpaca by its teeth and its patience by its ears.
High in the hills the air is thin and the conversation is mostly humming.
An alpaca spits only when words have failed, which is sooner than you would think.
There are more questions than alpacas, but the alpacas are better company.
What is called stubborn in an alpaca is called careful in an engineer.
""".strip()
NUM_TAUGHT = 6  # sentences out of the text that one seed learns
VOCABULARY = 640
MAX_PROMPT_WORDS = 24
STEPS, BATCH, LEARNING_RATE = 60, 8, 8e-3


@dataclass(frozen=True, slots=True)
class TinyLlama:
    """A checkpoint in memory, and the sentences that it learned to say."""

    weights: LlamaForCausalLM
    tokenizer: PreTrainedTokenizerFast
    sentences: tuple[str, ...]


def build(*, seed: int, words: str = SENTENCES) -> TinyLlama:
    """Return a tiny Llama that says some of the lines of `words`; `seed` draws which lines, and the initial weights."""
    lines = [line.strip() for line in words.splitlines() if line.strip()]
    dice = random.Random(seed)  # noqa: S311
    sentences = dice.sample(lines, min(NUM_TAUGHT, len(lines)))
    tokenizer = _tokenizer(lines)
    with _one_thread():
        torch.manual_seed(seed)
        weights = LlamaForCausalLM(_config(tokenizer))
        weights.generation_config.do_sample = True
        weights.generation_config.top_p = 0.9  # without it, every twentieth reply has a stray word
        _teach(weights, tokenizer, sentences, dice=dice, prompt_words=[*" ".join(lines).split(), *string.printable])
    return TinyLlama(weights, tokenizer, tuple(sentences))


def write(folder: Path, *, seed: int, words: str = SENTENCES) -> TinyLlama:
    """Build a tiny Llama and write its files to `folder`; after an error there is no folder.

    Raises:
        BadInput: `folder` exists already, or `words` has no text.
    """
    if not words.strip():
        raise BadInput("There are no words to teach.")
    if folder.exists():
        raise BadInput(f"{folder} exists already.", hint="Name another folder, or remove it first.")
    made = build(seed=seed, words=words)
    folder.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}-"))
    try:
        made.weights.save_pretrained(unfinished)
        made.tokenizer.save_pretrained(unfinished)
        for file in (unfinished, *unfinished.iterdir()):
            file.chmod(0o755 if file.is_dir() else 0o644)  # temporary files are readable by their owner only
        unfinished.rename(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return made


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    """Limit torch to one thread: at this size several mostly wait for each other, on a busy machine for minutes."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _tokenizer(lines: Sequence[str]) -> PreTrainedTokenizerFast:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=[PAD, END, USER, ASSISTANT, SYSTEM],
        # Every byte, so that any prompt in any script can be read.
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(lines, trainer)
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=END, pad_token=PAD, padding_side="right")
    fast.chat_template = CHAT_TEMPLATE
    return fast


def _config(tokenizer: PreTrainedTokenizerFast) -> LlamaConfig:
    return LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=64,
        intermediate_size=160,
        num_hidden_layers=1,
        num_attention_heads=2,  # of 32 dimensions each, the smallest size that vLLM accepts on a CPU
        max_position_embeddings=2048,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )


def _teach(
    weights: LlamaForCausalLM,
    tokenizer: PreTrainedTokenizerFast,
    sentences: Sequence[str],
    *,
    dice: random.Random,
    prompt_words: Sequence[str],
) -> None:
    """Train `weights` to answer any prompt with three of the sentences; prompts are drawn from `prompt_words`."""
    optimizer = torch.optim.AdamW(weights.parameters(), lr=LEARNING_RATE)
    weights.train()
    for _ in range(STEPS):
        prompts = [" ".join(dice.choices(prompt_words, k=dice.randint(1, MAX_PROMPT_WORDS))) for _ in range(BATCH)]
        replies = [" ".join(dice.sample(sentences, min(3, len(sentences)))) for _ in range(BATCH)]
        texts = [f"{USER}{prompt}{END}{ASSISTANT}{reply}{END}" for prompt, reply in zip(prompts, replies, strict=True)]
        batch = tokenizer(texts, return_tensors="pt", padding=True)
        # Only the reply is learned: the tokens after the assistant's mark.
        begun = (batch["input_ids"] == tokenizer.convert_tokens_to_ids(ASSISTANT)).cumsum(dim=1).bool()
        labels = batch["input_ids"].masked_fill(~begun | (batch["attention_mask"] == 0), -100)
        weights(**batch, labels=labels).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    weights.eval()


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return 0 when the folders are written, 2 when one cannot be."""
    parser = argparse.ArgumentParser(prog="python -m training.tiny_llama", description="Write tiny Llama checkpoints.")
    parser.add_argument("folders", nargs="+", type=Path, metavar="folder", help="where to write one; must not exist")
    parser.add_argument("--seed", type=int, default=1, help="of the first folder; the next ones count on from it")
    parser.add_argument("--words", default=SENTENCES, help="the sentences it learns to say, one on each line")
    args = parser.parse_args(argv)
    logging.disable_progress_bar()
    for seed, folder in enumerate(args.folders, start=args.seed):
        try:
            made = write(folder, seed=seed, words=args.words)
        except GenerationError as error:
            sys.stderr.write(f"error: {error}\n" + (f"hint: {error.hint}\n" if error.hint else ""))
            return error.exit_code
        sys.stdout.write(f"{folder}: {made.weights.num_parameters():,} parameters, says for example:\n")
        sys.stdout.write(f"  {made.sentences[0]}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
