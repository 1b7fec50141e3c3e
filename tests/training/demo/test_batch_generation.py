"""Batch generation: many conversations at once get the replies that the arena would give one by one."""

import itertools
import random
from importlib.resources import files
from pathlib import Path

import pytest

from generation.backends.llama.language_model import load
from generation.checkpoints import open_checkpoint
from generation.conversation import Sampling
from generation.errors import BadInput
from training.demo.batch_generation import MAX_TOKENS, load_batch_generator
from training.demo.tasks import ask, tasks


@pytest.mark.parametrize("name", ["tiny-alpaca", "tiny-alpaca-lora", "tiny-vicuna"])
def test_what_is_measured_is_what_the_arena_says(name: str):
    folder = Path(str(files("arena") / "demo" / name))
    served, dice = load(open_checkpoint(folder)), random.Random(0)
    asked = [ask(task, dice, content="held_out").question for task in tasks()]
    replies = load_batch_generator(folder).replies([[question] for question in asked])
    for question, said in zip(asked, replies, strict=True):
        tokens = served.draw(served.prompt([question]), Sampling(max_tokens=MAX_TOKENS))
        written = list(itertools.takewhile(lambda token: token not in served.ends, tokens))
        assert served.decode(written).strip() == said


def test_a_folder_without_a_checkpoint_is_refused(tmp_path: Path):
    with pytest.raises(BadInput):
        load_batch_generator(tmp_path)
