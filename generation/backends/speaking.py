"""Speaking: token ids, as a language model draws them, become pieces of text and one end.

For backends that run a language model in this process. A character may be made of several tokens, and a stop string
may begin in one token and end in a later one; what is not certain yet is held back.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from generation.backends.text import REPLACEMENT, clean
from generation.conversation import End, Piece, Usage
from generation.errors import EmptyReply

Decode = Callable[[Sequence[int]], str]  # token ids to text, special tokens left out


def spoken(
    tokens: Iterable[int],
    decode: Decode,
    *,
    ends: Collection[int],
    stops: Collection[str],
    max_tokens: int,
    prompt_tokens: int,
) -> Iterator[Piece | End]:
    """Yield what `tokens` say piece by piece, then one `End`; no more tokens are taken than needed.

    Args:
        tokens: the reply's token ids.
        decode: makes text of them.
        ends: token ids that end a reply.
        stops: strings that end a reply; neither they nor what follows them is said.
        max_tokens: longest reply.
        prompt_tokens: for the usage.

    Raises:
        EmptyReply: nothing but space was said.
    """
    text, stop = TokenText(decode), StopStrings(stops)
    finish_reason, said, num_tokens = "length", False, 0
    for token in tokens:
        num_tokens += 1
        if token in ends:
            finish_reason = "stop"
            break
        if piece := stop.feed(text.feed(token)):
            said = said or bool(piece.strip())
            yield Piece(clean(piece))
        if stop.reached:
            finish_reason = "stop"
            break
        if num_tokens >= max_tokens:
            break
    if rest := stop.feed(text.rest()) + stop.rest():
        said = said or bool(rest.strip())
        yield Piece(clean(rest))
    if not said:
        raise EmptyReply(f"The reply ended with “{finish_reason}” and no text.")
    yield End("stop" if stop.reached else finish_reason, Usage(prompt_tokens, num_tokens))


class TokenText:
    """Decodes token by token, each with those said last before it: a token's text depends on them."""

    def __init__(self, decode: Decode) -> None:
        self._decode = decode
        self._ids: list[int] = []
        self._known = 0  # of `_ids`, how many have been said

    def feed(self, token: int) -> str:
        """Return the text that is whole by now."""
        self._ids.append(token)
        text = self._unsaid()
        # Part of a character decodes as the replacement character. Four bytes are the longest, so more is no part.
        if text.endswith(REPLACEMENT) and len(self._ids) - self._known < 4:
            return ""
        # Only what was said last stays, for the next token to lean on.
        self._ids = self._ids[self._known :]
        self._known = len(self._ids)
        return text

    def rest(self) -> str:
        """Return what never became whole."""
        return self._unsaid()

    def _unsaid(self) -> str:
        return self._decode(self._ids)[len(self._decode(self._ids[: self._known])) :]


class StopStrings:
    """Lets text through up to the first stop string.

    Attributes:
        reached: a stop string came; nothing is let through any more.
    """

    def __init__(self, stops: Collection[str]) -> None:
        self._stops = tuple(filter(None, stops))
        self._held = ""
        self.reached = False

    def feed(self, text: str) -> str:
        """Return what is certainly no part of a stop string."""
        if self.reached or not text:
            return ""
        text = self._held + text
        places = [place for stop in self._stops if (place := text.find(stop)) >= 0]
        if places:
            self.reached, self._held = True, ""
            return text[: min(places)]
        keep = max((_overlap(text, stop) for stop in self._stops), default=0)
        self._held = text[len(text) - keep :]
        return text[: len(text) - keep]

    def rest(self) -> str:
        """Return what was held back and turned out to be text."""
        rest, self._held = self._held, ""
        return rest


def _overlap(text: str, stop: str) -> int:
    """Return how many characters at the end of `text` are the beginning of `stop`."""
    longest = min(len(text), len(stop) - 1)
    return next((size for size in range(longest, 0, -1) if text.endswith(stop[:size])), 0)
