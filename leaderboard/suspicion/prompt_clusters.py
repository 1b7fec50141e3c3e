"""Prompts that are the same, or nearly: recognisers are made for given prompts, so an attacker has to pay for new ones.

Two prompts are near duplicates if they share most of their pairs of neighbouring words, which is found without
comparing them: four groups of minimal hashes (Broder, Compression and Complexity of Sequences, 1997).
"""

import hashlib
import re
import struct
from itertools import pairwise

BANDS, HASHES = (
    4,
    4,
)  # groups of minimal hashes, and hashes in each: 9 in 10 pairs at 80 % of pairs shared, 1 in 5 at half
SHORT = 5  # prompts of fewer words are in a cluster with their equals only
WORD = re.compile(r"\w+", re.UNICODE)
_MASK = (1 << 64) - 1
_ODD = [0x9E3779B97F4A7C15 * (2 * place + 1) & _MASK | 1 for place in range(BANDS * HASHES)]


class PromptClusters:
    """Gives each prompt the number of its cluster. The same prompts in the same order get the same numbers."""

    def __init__(self) -> None:
        self._known: dict[int, int] = {}

    def number(self, prompt: str, *, new: int) -> int:
        """Return the number of the cluster of a prompt that is known, or else `new`, which it then has."""
        keys = list(_keys(prompt))
        found = next((self._known[key] for key in keys if key in self._known), new)
        for key in keys:
            self._known.setdefault(key, found)
        return found


def _keys(prompt: str) -> list[int]:
    """Return numbers of which near duplicates share at least one; the first is of the words themselves."""
    words = WORD.findall(prompt.casefold())
    keys = [_hash(" ".join(words) or prompt.strip())]
    if len(words) < SHORT:
        return keys
    pairs = {_hash(f"{one} {other}") for one, other in pairwise(words)}
    least = [min((pair * odd & _MASK) ^ (odd >> 7) for pair in pairs) for odd in _ODD]
    for band in range(BANDS):
        part = least[band * HASHES : (band + 1) * HASHES]
        keys.append(int.from_bytes(hashlib.blake2b(struct.pack(">5Q", band, *part), digest_size=8).digest(), "big"))
    return keys


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")
