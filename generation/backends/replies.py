"""Replies: turns the JSON of an OpenAI-compatible endpoint into pieces of text and thinking, an end, or an error.

Reads chat and plain completions, whole and in chunks. The endpoint is not trusted: a value of an unexpected type counts
as missing, and a word for the end that nobody knows voids the reply.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from generation.backends.endings import LENGTH, STOP, Ending, ending_of, fault_of_ending, said_ending
from generation.backends.endpoint_faults import fault_of_error_object
from generation.backends.error_bodies import states_error
from generation.backends.text import WholeText, quoted
from generation.backends.thinking import ThinkingSplitter, only_thinking
from generation.backends.usage import usage_of
from generation.conversation import End, Piece, Usage
from generation.errors import EmptyReply, NotAStream, Truncated

# A last chunk that repeats the whole reply is told from a word that happens to be said twice by its length.
REPEATED_CHARS = 16
LONGEST_WORD = 32  # for an end, as far as it is kept
_OF_ANSWER = {"text", "output_text", None}  # kinds of parts
_OF_THINKING = {"thinking", "reasoning", "reasoning_text", "reasoning.text", "reasoning.summary", "summary_text"}


class ReceivedReply:
    """One reply, read from the whole body or chunk by chunk.

    Args:
        clean_endings: further words that this endpoint has for the end of a whole reply.
        done_is_end: the endpoint never says why a reply ends; its mark for "no more chunks" must do.
        opened: replies begin in the middle of thinking.
        expects_marks: whether the text may hold marks of thinking.

    Attributes:
        word: why it ended, in the endpoint's word; empty before that.
        begun: some text or thinking has come.
        done: the endpoint has sent its mark for "no more chunks".
    """

    def __init__(
        self,
        *,
        clean_endings: Collection[str] = (),
        done_is_end: bool = False,
        opened: bool = False,
        expects_marks: bool = True,
    ) -> None:
        self.word = ""
        self.begun = False
        self.done = False
        self._clean_endings = clean_endings
        self._done_is_end = done_is_end
        self._said: list[str] = []  # the text as it came, marks included
        self._has_text = False
        self._has_reasoning = False
        self._by_field = False
        self._usage: Usage | None = None
        self._text, self._reasoning = WholeText(), WholeText()
        self._splitter = ThinkingSplitter(opened=opened, expected=expects_marks)

    @property
    def over(self) -> bool:
        """Whether no more text can come."""
        return bool(self.word) or self.done

    def pieces(self, events: Iterable[str]) -> Iterator[Piece]:
        """Yield the text of chunks, or of a whole body, given as JSON. Text before a fault is yielded first.

        Raises:
            BackendError: it is not JSON, not an object, or an error.
        """
        for event in events:
            if event.strip() == "[DONE]":
                self.done = True
            else:
                yield from self._read(_json_object(event))

    def _read(self, chunk: dict[str, Any]) -> Iterator[Piece]:
        if ("choices" not in chunk or chunk.get("error")) and states_error(chunk):
            raise fault_of_error_object(chunk.get("error") or chunk)
        if (usage := chunk.get("usage")) and (known := usage_of(usage)):
            self._usage = known
        choice = _first_choice(chunk.get("choices"))
        if choice is None or self.word:  # after its end a reply has no more text
            return
        delta = choice.get("delta")
        whole = None if delta else choice.get("message")
        message = delta or whole
        if not isinstance(message, dict):
            message = choice
        text, thought = _text_of(message), _reasoning_of(message)
        self.word = said_ending(choice.get("finish_reason"))[:LONGEST_WORD]
        if text and (whole or self.word):
            text = self._without_repetition(text, whole=bool(whole))
        if thought:
            self._by_field = True
            if whole and self._has_reasoning:
                thought = ""
        yield from self._told(text, thought)

    def _told(self, text: str, thought: str) -> Iterator[Piece]:
        if thought:
            self._has_reasoning = self.begun = True
            yield Piece("", self._reasoning.feed(thought))
        text = self._text.feed(text)
        if self.word:
            text += self._text.rest()
        if text:
            self._said.append(text)
        pieces = self._splitter.feed(text) if text else []
        for piece in [*pieces, *self._splitter.rest()] if self.word else pieces:
            yield self._noted(piece)

    def _noted(self, piece: Piece) -> Piece:
        self.begun = True
        if piece.recalls:
            self._has_text, self._has_reasoning = False, True
        elif piece.reasoning:
            self._has_reasoning = True
        elif not self._has_text:
            self._has_text = bool(piece.text.strip())
        return piece

    def rest(self) -> Iterator[Piece]:
        """Yield what was held back, once nothing more can come."""
        for piece in self._splitter.rest():
            yield self._noted(piece)

    def _without_repetition(self, text: str, *, whole: bool) -> str:
        """Return the text of a chunk without what came before, where it repeats all of the reply so far."""
        before = "".join(self._said)
        if not before:
            return text
        if whole:
            return text[len(before) :] if text.startswith(before) else ""
        return "" if len(self._said) > 1 and len(text) >= REPEATED_CHARS and text == before else text

    def end(self) -> End:
        """Return how the reply ended. Call this when all of it is read.

        Raises:
            ContentFiltered: the endpoint withheld it.
            Truncated: it has no word for its end, an unknown one, or the endpoint aborted it.
            ServerFault: the endpoint says that it failed.
            OnlyThinking: it has thinking and no answer.
            EmptyReply: it has no text.
        """
        ending = self._ending()
        cut = ending is Ending.CUT
        if not self._has_text and (self._has_reasoning or (cut and self._usage and self._usage.reasoning_tokens)):
            raise only_thinking(cut=cut)
        if not self._has_text:
            raise EmptyReply(
                f"The reply ended with {quoted(self.word)} and no text.", hint="Raise `max_tokens`." if cut else None
            )
        return End(LENGTH if cut else STOP, self._usage, self.word, self._style())

    def _ending(self) -> Ending:
        if not self.word:
            if self.done and self._done_is_end:
                return Ending.WHOLE
            told = "The endpoint marked the end of its stream" if self.done else "The stream ended"
            raise Truncated(f"{told} without a reason why the reply ended.")
        ending = ending_of(self.word, clean=self._clean_endings)
        if ending in {Ending.WHOLE, Ending.CUT}:
            return ending
        raise fault_of_ending(self.word, ending)

    def _style(self) -> str:
        if self._by_field:
            return "field"
        if self._splitter.met_lone_closer:
            return "closing mark"
        if self._has_reasoning:
            return "marks"
        return "hidden" if self._usage and self._usage.reasoning_tokens else ""


def _json_object(data: str) -> dict[str, Any]:
    try:
        value = json.loads(data)
    # Besides bad syntax: numbers too long to convert, and nesting too deep for the parser.
    except (ValueError, RecursionError):
        raise NotAStream(f"This is not JSON: {quoted(data)}.") from None
    if isinstance(value, list) and value and isinstance(value[0], dict) and states_error(value[0]):
        value = value[0]  # Gemini puts its errors into a list
    if not isinstance(value, dict):
        raise NotAStream(f"This is not a completion: {quoted(data)}.")
    return value


def _first_choice(choices: object) -> dict[str, Any] | None:
    """Return the choice with index 0; an endpoint that was asked for one may send others, in any order."""
    if not isinstance(choices, list):
        return None
    for choice in choices:
        if isinstance(choice, dict) and choice.get("index") in (0, None):
            return choice
    return None


def _text_of(message: Mapping[str, Any]) -> str:
    content = message.get("content") or message.get("refusal") or message.get("text")
    if isinstance(content, list):
        content = "".join(_part(part, _OF_ANSWER, ("text",)) for part in content)
    return content if isinstance(content, str) else ""


def _reasoning_of(message: Mapping[str, Any]) -> str:
    """Return the thinking in a message: from the first of the fields that hold any, since some repeat each other."""
    for name in ("reasoning_content", "reasoning", "thinking"):
        value = message.get(name)
        if isinstance(value, str) and value:
            return value
    for name in ("reasoning_details", "thinking_blocks", "content"):
        parts = message.get(name)
        if isinstance(parts, list) and (text := "".join(_part(part, _OF_THINKING, _THOUGHTS) for part in parts)):
            return text
    return ""


_THOUGHTS = ("thinking", "text", "summary", "reasoning", "reasoning_content")


def _part(part: object, kinds: Collection[str | None], names: Iterable[str]) -> str:
    """Return the text of a part of a message if it is of one of these kinds."""
    if not isinstance(part, dict) or part.get("type") not in kinds:
        return ""
    for name in names:
        value = part.get(name)
        if isinstance(value, str):
            return value
        if isinstance(value, list):  # Mistral's thinking is a list of parts again
            return "".join(_part(inner, _OF_ANSWER, ("text",)) for inner in value)
    return ""
