"""The network computes what transformers computes, at once or token by token."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from generation.backends.llama.network import Cache
from generation.conversation import Sampling
from tests.generation.backends.llamas import SHAPES, TOKENS, logits_by_torch, logits_of, model_of, write_llama

torch = pytest.importorskip("torch")


def greedy_by_torch(weights: Any, prompt: list[int], count: int) -> list[int]:
    fed = torch.tensor([prompt])
    made = weights.generate(
        fed, attention_mask=torch.ones_like(fed), max_new_tokens=count, do_sample=False, eos_token_id=-1
    )
    return [int(token) for token in made[0, len(prompt) :]]


@pytest.mark.parametrize("changes", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_logits_and_greedy_tokens_are_those_of_transformers(tmp_path: Path, changes: dict[str, Any], dtype: str):
    weights = write_llama(tmp_path / "llama", dtype=dtype, **changes)
    assert np.abs(logits_of(tmp_path / "llama") - logits_by_torch(weights)).max() < 1e-4
    drawn = list(model_of(tmp_path / "llama").draw(TOKENS, Sampling(max_tokens=60)))
    assert drawn == greedy_by_torch(weights, TOKENS, 60)


def test_reading_token_by_token_gives_the_logits_of_reading_at_once(random_llama: Path):
    network = model_of(random_llama).network
    cache = Cache(network.shape, len(TOKENS))
    one_by_one = np.stack([network.read([token], cache) for token in TOKENS])
    assert np.abs(one_by_one - logits_of(random_llama)).max() < 1e-4
