"""Channels: what a voter sees of a reply before the vote, as numbers for a classifier."""

import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy import sparse

from arena.votes.answer_style import FEATURES, style_of

WORDS = 4096  # columns that words and pairs of words are hashed into
LONGEST = 4000  # characters of an answer that are read
_WORD = re.compile(r"[^\W_]+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class SeenReply:
    """What could be seen of a reply: its text, and when it came. Times are in seconds, None where unknown."""

    contender: str
    prompt: str
    text: str
    first_token_s: float | None = None
    duration_s: float | None = None
    num_pieces: int = 0


Features = Callable[[Sequence[SeenReply]], sparse.csr_array]


def words(replies: Sequence[SeenReply]) -> sparse.csr_array:
    """Return a bag of words and of pairs of words for each reply, hashed, with rows of length 1."""
    data, columns, ends = [], [], [0]
    for reply in replies:
        found = _WORD.findall(reply.text[:LONGEST].lower())
        keys = [*found, *(f"{first} {second}" for first, second in pairwise(found))]
        places, counts = np.unique([zlib.crc32(key.encode()) % WORDS for key in keys], return_counts=True)
        weights = 1.0 + np.log(counts)
        data.append(weights / (np.linalg.norm(weights) or 1.0))
        columns.append(places)
        ends.append(ends[-1] + len(places))
    shape = (len(replies), WORDS)
    if not replies:
        return sparse.csr_array(shape)
    return sparse.csr_array((np.concatenate(data), np.concatenate(columns).astype(np.int64), ends), shape=shape)


def length(replies: Sequence[SeenReply]) -> sparse.csr_array:
    """Return how long each reply is: characters, words and lines."""
    return _dense([[len(one.text), len(one.text.split()), one.text.count("\n") + 1] for one in replies])


def form(replies: Sequence[SeenReply]) -> sparse.csr_array:
    """Return the form of each reply: its Markdown, code, links, capitals and punctuation, for its length."""
    rows = []
    for one in replies:
        style = style_of([one.text])
        counts = [getattr(style, feature) for feature in FEATURES if feature != "characters"]
        marks = [one.text.count(mark) for mark in ("```", "`", "\n\n", "!", "?", ":", ";", "(", "—", "…", "|", "http")]
        emoji = sum(ord(letter) > 0x1F000 for letter in one.text)
        capitals = sum(letter.isupper() for letter in one.text)
        size = max(1, len(one.text)) / 1000
        rows.append([*counts, *(count / size for count in (*counts, *marks, emoji, capitals))])
    return _dense(rows)


def timing(replies: Sequence[SeenReply]) -> sparse.csr_array:
    """Return when the events of each reply came: the wait, the time it wrote, the number and rate of its pieces."""
    rows = []
    for one in replies:
        wait = one.first_token_s or 0.0
        writing = max(0.0, (one.duration_s or 0.0) - wait)
        rate = len(one.text) / writing if writing > 0 else 0.0
        step = writing / one.num_pieces if one.num_pieces else 0.0
        rows.append([1000 * wait, 1000 * writing, one.num_pieces, rate, 1000 * step])
    return _dense(rows)


CHANNELS: Mapping[str, Features] = {"text": words, "length": length, "format": form, "timing": timing}


def _dense(rows: Sequence[Sequence[float]]) -> sparse.csr_array:
    """Return rows as logarithms, with their squares and products, so that a linear rule can draw a curve."""
    if not rows:
        return sparse.csr_array((0, 1))
    logs = np.log1p(np.maximum(0.0, np.array(rows, dtype=float)))
    spread = logs.std(axis=0)
    plain = (logs - logs.mean(axis=0)) / np.where(spread > 1e-12, spread, 1.0)
    pairs = [plain[:, [i]] * plain[:, [j]] for i in range(plain.shape[1]) for j in range(i, min(i + 3, plain.shape[1]))]
    return sparse.csr_array(np.hstack([plain, *pairs]))
