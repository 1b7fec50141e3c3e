"""Drawing: chooses the next token by its logits."""

from collections import Counter

import numpy as np

from generation.backends.llama.weights import Array
from generation.conversation import Sampling


class TokenDraw:
    """Draws the tokens of one reply. Without a temperature, or at 0, it takes the likeliest."""

    def __init__(self, sampling: Sampling) -> None:
        self._sampling = sampling
        self._rng = np.random.default_rng(sampling.seed)
        self._drawn: Counter[int] = Counter()

    def __call__(self, logits: Array) -> int:
        """Return the next token's id, and remember it for the penalties."""
        logits = self._adjusted(logits)
        token = self._sample(logits) if self._sampling.temperature else int(logits.argmax())
        self._drawn[token] += 1
        return token

    def _adjusted(self, logits: Array) -> Array:
        sampling = self._sampling
        logits = logits.copy()
        for name, bias in sampling.logit_bias.items():
            logits[int(name)] += bias
        # As in OpenAI's API: `presence` counts once for a token that was drawn, `frequency` each time.
        for token, times in self._drawn.items():
            logits[token] -= (sampling.presence_penalty or 0) + (sampling.frequency_penalty or 0) * times
        return logits

    def _sample(self, logits: Array) -> int:
        assert self._sampling.temperature
        scaled = logits.astype(np.float64) / self._sampling.temperature
        chances = np.exp(scaled - scaled.max())
        order = np.argsort(-chances)
        summed = np.cumsum(chances[order])
        # The smallest set that holds `top_p` of all chances (Holtzman et al. 2020), the likeliest token always in it.
        kept = 1 + int(np.searchsorted(summed, (self._sampling.top_p or 1.0) * summed[-1]))
        kept = min(kept, len(order))
        place = np.searchsorted(summed[:kept], self._rng.random() * summed[kept - 1], side="right")
        return int(order[min(int(place), kept - 1)])
