"""Paced words: yields a text that is already known word by word, as if it were being written."""

import asyncio
import re
from collections.abc import AsyncGenerator, Callable, Sequence

from generation.backends.text import clean
from generation.conversation import Piece

WORDS = re.compile(r"\s*\S+|\s+")


def words_of(text: str) -> list[str]:
    """Return the words of `text`, each with the space before it; together they are the cleaned text."""
    return WORDS.findall(clean(text))


async def paced(words: Sequence[str], due_s: Callable[[int], float]) -> AsyncGenerator[Piece, None]:
    """Yield each word when it is due: `due_s` gives the seconds from now for a word's number."""
    now = asyncio.get_running_loop().time
    start = now()
    for number, word in enumerate(words):
        await asyncio.sleep(max(0.0, start + due_s(number) - now()))
        yield Piece(word)
