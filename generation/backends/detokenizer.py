"""The detokenizer: token ids, as a language model draws them, become pieces of text and one end.

For backends that run a language model in this process. A character may be made of several tokens, and a stop string
may begin in one token and end in a later one; what is not certain yet is held back.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from generation.backends.text import REPLACEMENT, clean
from generation.backends.thinking import ThinkingSplitter, only_thinking
from generation.conversation import End, Piece, Usage
from generation.errors import EmptyReply

Decode = Callable[[Sequence[int]], str]  # token ids to text, special tokens left out


class Detokenizer:
    """Turns the tokens of one reply into text, one token at a time.

    Attributes:
        over: the reply has ended; no further token belongs to it.
    """

    def __init__(
        self, decode: Decode, *, ends: Collection[int], stops: Collection[str], max_tokens: int, prompt_tokens: int
    ) -> None:
        """Begin a reply.

        Args:
            decode: makes text of tokens.
            ends: token ids that end a reply.
            stops: strings that end a reply. The text ends before the first of them.
            max_tokens: longest reply.
            prompt_tokens: for the usage.
        """
        self._text, self._stop = TokenText(decode), StopStrings(stops)
        self._ends, self._max_tokens, self._prompt_tokens = ends, max_tokens, prompt_tokens
        self._finish_reason, self._num_tokens = "length", 0
        self._thinking, self._said, self._thought = ThinkingSplitter(), False, False
        self.over = False

    def feed(self, token: int) -> list[Piece]:
        """Take a token and return what is certain by now; as a rule one piece, or none."""
        self._num_tokens += 1
        if token in self._ends:
            self._finish_reason, self.over = "stop", True
            return []
        pieces = self._pieces(self._stop.feed(self._text.feed(token)))
        self.over = self._stop.reached or self._num_tokens >= self._max_tokens
        return pieces

    def end(self) -> list[Piece | End]:
        """Return the text that was held back, then the end of the reply.

        Raises:
            OnlyThinking: there is thinking and no answer.
            EmptyReply: the text is empty or only white space.
        """
        rest = self._pieces(self._stop.feed(self._text.rest()) + self._stop.rest())
        rest += self._noted(self._thinking.rest())
        finish_reason = "stop" if self._stop.reached else self._finish_reason
        if self._thought and not self._said:
            raise only_thinking(cut=finish_reason == "length")
        if not self._said:
            raise EmptyReply(f"The reply ended with “{finish_reason}” and no text.")
        style = "marks" if self._thought else ""
        return [*rest, End(finish_reason, Usage(self._prompt_tokens, self._num_tokens), thinking=style)]

    def _pieces(self, text: str) -> list[Piece]:
        return self._noted(self._thinking.feed(clean(text))) if text else []

    def _noted(self, pieces: list[Piece]) -> list[Piece]:
        for piece in pieces:
            self._thought = self._thought or piece.recalls or bool(piece.reasoning)
            self._said = bool(piece.text.strip()) or (self._said and not piece.recalls)
        return pieces


def detokenized(tokens: Iterable[int], detokenizer: Detokenizer) -> Iterator[Piece | End]:
    """Yield the text of `tokens` piece by piece, then one `End`. No more tokens are taken than needed.

    Raises:
        EmptyReply: the text is empty or only white space.
    """
    for token in tokens:
        yield from detokenizer.feed(token)
        if detokenizer.over:
            break
    yield from detokenizer.end()


class TokenText:
    """Decodes one token at a time, together with those just before it, on which its text may depend."""

    def __init__(self, decode: Decode) -> None:
        self._decode = decode
        self._ids: list[int] = []
        self._known = 0  # how many of `_ids` have been returned as text

    def feed(self, token: int) -> str:
        """Take a token and return the text of all characters that are complete."""
        self._ids.append(token)
        text = self._new_text()
        # Part of a character decodes as the replacement character. A character has four bytes at most, so after four
        # tokens it is no part of one.
        if text.endswith(REPLACEMENT) and len(self._ids) - self._known < 4:
            return ""
        # Only the last tokens are kept, as context for the next one.
        self._ids = self._ids[self._known :]
        self._known = len(self._ids)
        return text

    def rest(self) -> str:
        """Return the text of a character that stayed incomplete."""
        return self._new_text()

    def _new_text(self) -> str:
        return self._decode(self._ids)[len(self._decode(self._ids[: self._known])) :]


class StopStrings:
    """Passes text on up to the first stop string.

    Attributes:
        reached: a stop string has come; no more text is passed on.
    """

    def __init__(self, stops: Collection[str]) -> None:
        self._stops = tuple(filter(None, stops))
        self._held = ""
        self.reached = False

    def feed(self, text: str) -> str:
        """Take text, and return what cannot be part of a stop string."""
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
        """Return the text that was held back: it began like a stop string and was none."""
        rest, self._held = self._held, ""
        return rest


def _overlap(text: str, stop: str) -> int:
    """Return how many characters at the end of `text` are the beginning of `stop`."""
    longest = min(len(text), len(stop) - 1)
    return next((size for size in range(longest, 0, -1) if text.endswith(stop[:size])), 0)
