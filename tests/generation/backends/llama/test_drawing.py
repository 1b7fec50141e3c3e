"""Drawing: biases, penalties, and chances in proportion."""

from pathlib import Path

import numpy as np
import pytest

from generation.backends.llama.network import Cache
from generation.conversation import Sampling
from tests.generation.backends.llamas import HELLO, model_of

pytest.importorskip("torch")


async def test_biases_and_penalties_change_what_is_likeliest(random_llama: Path):
    model = model_of(random_llama)
    prompt = model.prompt(HELLO)
    (first,) = model.draw(prompt, Sampling(max_tokens=1))
    assert list(model.draw(prompt, Sampling(max_tokens=1, logit_bias={str(first): -100.0}))) != [first]
    assert list(model.draw(prompt, Sampling(max_tokens=5, logit_bias={"9": 100.0}))) == [9] * 5
    varied = list(model.draw(prompt, Sampling(max_tokens=40, presence_penalty=1000.0)))
    assert len(set(varied)) == 40


async def test_sampling_draws_in_proportion(random_llama: Path):
    model = model_of(random_llama)
    prompt = model.prompt(HELLO)
    logits = model.network.read(prompt, Cache(model.network.shape, len(prompt))) / 3
    chances = np.exp(logits - logits.max()) / np.exp(logits - logits.max()).sum()
    drawn = [next(iter(model.draw(prompt, Sampling(max_tokens=1, temperature=3.0, seed=seed)))) for seed in range(600)]
    likeliest = int(chances.argmax())
    assert drawn.count(likeliest) / 600 == pytest.approx(chances[likeliest], abs=0.07)
    few = {next(iter(model.draw(prompt, Sampling(1, temperature=3.0, top_p=1e-6, seed=seed)))) for seed in range(20)}
    assert few == {likeliest}
