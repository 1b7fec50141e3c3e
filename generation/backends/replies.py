"""Replies: turns the JSON of an OpenAI-compatible endpoint into pieces of text, an end, or an error.

Reads chat and plain completions, whole and in chunks. The endpoint is not trusted: a value of an unexpected type counts
as missing.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from generation.backends.endpoint_faults import fault_of_error_object
from generation.backends.text import WholeText, quoted
from generation.conversation import End, Piece, Usage
from generation.errors import ContentFiltered, EmptyReply, NotAStream, ServerFault, Truncated


class ReceivedReply:
    """One reply, read from the whole body or chunk by chunk.

    Attributes:
        finish_reason: why it ended, in the endpoint's word; empty before that.
        begun: some text or reasoning has come.
        done: the endpoint has sent its mark for "no more chunks".
    """

    def __init__(self) -> None:
        self.finish_reason = ""
        self.begun = False
        self.done = False
        self._has_text = False
        self._usage: object = None
        self._text = WholeText()

    @property
    def over(self) -> bool:
        """Whether no more text can come."""
        return bool(self.finish_reason) or self.done

    def pieces(self, events: Iterable[str]) -> Iterator[Piece]:
        """Yield the text of chunks, or of a whole body, given as JSON. Text before a fault is yielded first.

        Raises:
            BackendError: it is not JSON, not an object, or an error.
        """
        for event in events:
            if event == "[DONE]":
                self.done = True
            else:
                yield from self._read(_json_object(event))

    def _read(self, chunk: dict[str, Any]) -> Iterator[Piece]:
        error = chunk.get("error")
        if error or chunk.get("object") == "error":
            raise fault_of_error_object(error or chunk)
        self._usage = chunk.get("usage") or self._usage
        choices = chunk.get("choices")
        choice = choices[0] if isinstance(choices, list) and choices else None
        if not isinstance(choice, dict):
            return
        message = choice.get("delta") or choice.get("message")
        if not isinstance(message, dict):
            message = choice
        text = self._text.feed(_text_of(message))
        if reason := choice.get("finish_reason"):
            self.finish_reason = str(reason)
            text += self._text.rest()
        if text or message.get("reasoning_content") or message.get("reasoning"):
            self.begun = True
            self._has_text = self._has_text or bool(text.strip())
            yield Piece(text)

    def end(self) -> End:
        """Return how the reply ended. Call this when all of it is read.

        Raises:
            ContentFiltered: the endpoint withheld it.
            Truncated: it has no finish reason, or the endpoint aborted it.
            ServerFault: the endpoint says that it failed.
            EmptyReply: it has no text.
        """
        match self.finish_reason:
            case "":
                raise Truncated("The reply ended without a finish reason.")
            case "abort" | "cancelled":
                raise Truncated(f"The endpoint aborted the reply: {quoted(self.finish_reason)}.")
            case "error":
                raise ServerFault("The endpoint says that it failed in the middle of the reply.")
            case "content_filter":
                raise ContentFiltered("The endpoint's content filter withheld the reply or the rest of it.")
        if not self._has_text:
            raise EmptyReply(
                f"The reply ended with {quoted(self.finish_reason)} and no text.",
                hint="Raise `max_tokens`." if self.finish_reason == "length" else None,
            )
        return End(self.finish_reason, _usage(self._usage))


def _json_object(data: str) -> dict[str, Any]:
    try:
        value = json.loads(data)
    # Besides bad syntax: numbers too long to convert, and nesting too deep for the parser.
    except (ValueError, RecursionError):
        raise NotAStream(f"This is not JSON: {quoted(data)}.") from None
    if not isinstance(value, dict):
        raise NotAStream(f"This is not a completion: {quoted(data)}.")
    return value


def _text_of(message: Mapping[str, Any]) -> str:
    text = message.get("content") or message.get("refusal") or message.get("text")
    if isinstance(text, list):  # a list of parts; parts of reasoning have "thinking" instead of "text"
        text = "".join(part["text"] for part in text if isinstance(part, dict) and isinstance(part.get("text"), str))
    return text if isinstance(text, str) else ""


def _usage(usage: object) -> Usage | None:
    if not isinstance(usage, dict):
        return None
    details = usage.get("prompt_tokens_details")
    cached = details.get("cached_tokens") if isinstance(details, dict) else None
    prompt, completion = usage.get("prompt_tokens"), usage.get("completion_tokens")
    if not isinstance(prompt, int) or not isinstance(completion, int):
        return None
    return Usage(prompt, completion, cached if isinstance(cached, int) else 0)
