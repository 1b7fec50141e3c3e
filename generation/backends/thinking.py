"""Thinking: the part of a reply in which a model reasons with itself, told apart from its answer as both stream.

Endpoints that have no field for thinking send it as text, between marks: `<think>…</think>` and its kin, the channels
of OpenAI's harmony format, or a lone `</think>` where the chat template opened the thinking already. Marks count only
where a reply begins, so an answer that talks about `<think>`, in code or in prose, stays as it is.

The marks are from the model cards and chat templates of DeepSeek R1, Qwen 3, Magistral, gpt-oss (the harmony guide),
Command A Reasoning, Kimi-VL, Seed-OSS, Gemma, and from Amazon Bedrock, which writes `<reasoning>`.
"""

import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from enum import Enum, auto

from generation.conversation import End, Piece
from generation.errors import OnlyThinking

MARKS = {
    "<think>": "</think>",
    "<thinking>": "</thinking>",
    "<thought>": "</thought>",
    "<reasoning>": "</reasoning>",
    "[think]": "[/think]",
    "<seed:think>": "</seed:think>",
    "<longcat_think>": "</longcat_think>",
    "◁think▷": "◁/think▷",
    "<|begin_of_thought|>": "<|end_of_thought|>",
    "<|start_thinking|>": "<|end_thinking|>",
    "<|channel>thought": "<channel|>",
}
_OPENERS = (*MARKS, "<|start|>", "<|channel|>", "analysis")
_CLOSERS = tuple(MARKS.values())
_LONE = re.compile("|".join(map(re.escape, _CLOSERS)), re.IGNORECASE)
# What is left of harmony where the endpoint strips its special tokens: "analysisThe user … assistantfinalHello".
_BARE_ANALYSIS, _BARE_FINAL = "analysis", "assistantfinal"
_HARMONY = re.compile(r"<\|(start|channel|end|return|call)\|>")
_HEADER = re.compile(r"(<\|start\|>\s*assistant\s*)?<\|channel\|>\s*(analysis|commentary|final)\b")
_MESSAGE = "<|message|>"
_LONGEST_HEADER = 200
_FENCE = re.compile(r"^ {0,3}(?:```|~~~)", re.MULTILINE)
_QUOTES = "`\"'“‘«„"


class _At(Enum):
    """Where in a reply the reading is."""

    START = auto()  # nothing but space came, or thinking has just ended
    THINKING = auto()
    ANSWER = auto()
    HEADER = auto()  # of a message in harmony's format
    CHANNEL = auto()  # in such a message


class ThinkingSplitter:
    """Takes a reply's text as it comes and gives pieces of thinking and of the answer.

    The result does not depend on where the text was cut into pieces.

    Args:
        opened: the reply begins in the middle of thinking, which a lone closing mark ends.
        expected: whether a lone closing mark means something; not so where the endpoint is known to send none.
    """

    def __init__(self, *, opened: bool = False, expected: bool = True) -> None:
        self._at = _At.THINKING if opened else _At.START
        self._closers: tuple[str, ...] = _CLOSERS
        self._held = ""
        self._answer: list[str] = []
        self._awaits_lone = expected and not opened
        self._bare = False
        self._thought = opened
        self._is_final = True
        self.met_lone_closer = opened  # a closing mark came without its opening one

    @property
    def is_thinking(self) -> bool:
        """Whether the text so far ends in thinking."""
        return self._at in {_At.THINKING, _At.HEADER} or (self._at is _At.CHANNEL and not self._is_final)

    def feed(self, text: str) -> list[Piece]:
        """Return what is certain after this text."""
        if self._at is _At.ANSWER and not self._held and not self._may_hold_mark(text):
            if self._awaits_lone:
                self._answer.append(text)
            return [Piece(text)] if text else []
        self._held += text
        found: list[Piece] = []
        while (piece := self._step(last=False)) is not None:
            found.append(piece)
        return [piece for piece in found if piece.text or piece.reasoning or piece.recalls]

    def rest(self) -> list[Piece]:
        """Return what was held back, at the end of the reply."""
        found: list[Piece] = []
        while (piece := self._step(last=True)) is not None:
            found.append(piece)
        return [piece for piece in found if piece.text or piece.reasoning or piece.recalls]

    def _may_hold_mark(self, text: str) -> bool:
        if not self._awaits_lone:
            return False
        return "<" in text or "[" in text or "◁" in text or (self._bare and "a" in text)

    def _step(self, *, last: bool) -> Piece | None:
        """Take one decision about the held text; None if more must come first, or nothing is left."""
        match self._at:
            case _At.START:
                return self._begin(last=last)
            case _At.THINKING:
                return self._think(last=last)
            case _At.ANSWER:
                return self._speak(last=last)
            case _At.HEADER:
                return self._read_header(last=last)
            case _At.CHANNEL:
                return self._read_channel(last=last)

    def _begin(self, *, last: bool) -> Piece | None:
        text = self._held.lstrip()
        if not text and not last:
            return None
        low = text[: max(map(len, _OPENERS))].lower()
        if any(opener.startswith(low) for opener in _OPENERS) and low not in _OPENERS and text and not last:
            return None
        opener = next((mark for mark in _OPENERS if low.startswith(mark)), "")
        if self._thought:
            self._held = text  # the space between thinking and answer belongs to neither
        if opener in MARKS:
            self._held, self._closers, self._at, self._thought = (
                text[len(opener) :],
                (MARKS[opener],),
                _At.THINKING,
                True,
            )
        elif opener.startswith("<|"):
            self._held, self._at = text, _At.HEADER
        else:
            self._bare = opener == _BARE_ANALYSIS and text.startswith(_BARE_ANALYSIS) and not self._thought
            self._awaits_lone = self._awaits_lone and not self._thought
            self._at = _At.ANSWER
        return Piece("")

    def _think(self, *, last: bool) -> Piece | None:
        low = self._held.lower() if self._held.isascii() else _ascii_lower(self._held)
        places = [(low.index(closer), closer) for closer in self._closers if closer in low]
        if places:
            place, closer = min(places)
            reasoning, self._held = self._held[:place], self._held[place + len(closer) :]
            self._at, self._thought = _At.START, True
            return Piece("", reasoning)
        return self._give(self._closers, low, last=last, thinking=True)

    def _speak(self, *, last: bool) -> Piece | None:
        if not self._held:
            return None
        if not self._awaits_lone:
            text, self._held = self._held, ""
            return Piece(text)
        low = _ascii_lower(self._held)
        closers = (*_CLOSERS, _BARE_FINAL) if self._bare else _CLOSERS
        found = _LONE.search(low)
        place, mark = (found.start(), found[0]) if found else (len(low), "")
        if self._bare and 0 <= low.find(_BARE_FINAL) < place:
            place, mark = low.find(_BARE_FINAL), _BARE_FINAL
        if not mark:
            return self._give(closers, low, last=last, thinking=False)
        before = "".join(self._answer) + self._held[:place]
        rest = self._held[place + len(mark) :]
        if mark != _BARE_FINAL and _talks_about(mark, before):
            self._answer.append(said := self._held[: place + len(mark)])
            self._held = rest
            return Piece(said)
        reasoning, self._held = self._held[:place], rest
        self._answer, self._awaits_lone, self._bare = [], False, False
        self._at, self._thought = _At.START, True
        self.met_lone_closer = mark != _BARE_FINAL
        return Piece("", reasoning, recalls=True)

    def _give(self, marks: tuple[str, ...], low: str, *, last: bool, thinking: bool) -> Piece | None:
        """Give the held text, but for an end that may be the beginning of a mark."""
        kept = 0 if last else max((_overlap(low, mark) for mark in marks), default=0)
        text = self._held[: len(self._held) - kept]
        self._held = self._held[len(self._held) - kept :]
        if not text:
            return None
        if thinking:
            return Piece("", text)
        self._answer.append(text)
        return Piece(text)

    def _read_header(self, *, last: bool) -> Piece | None:
        head, mark, rest = self._held.partition(_MESSAGE)
        if mark:
            self._held, self._at, self._thought = rest, _At.CHANNEL, True
            self._is_final = bool(re.search(r"<\|channel\|>\s*final\b", head)) or "<|channel|>" not in head
            return Piece("")
        if len(head) > _LONGEST_HEADER or (last and not _HEADER.match(head)):  # no harmony after all
            self._at, self._awaits_lone = _At.ANSWER, False
            return Piece("")
        if last:
            self._held = ""
        return None

    def _read_channel(self, *, last: bool) -> Piece | None:
        if not self._held:
            return None
        found = _HARMONY.search(self._held)
        if found:
            text, self._held = self._held[: found.start()], self._held[found.end() :]
            if found[1] in {"start", "channel"}:
                self._held, self._at = found[0] + self._held, _At.HEADER
        else:
            marks = ("<|start|>", "<|channel|>", "<|end|>", "<|return|>", "<|call|>")
            kept = 0 if last else max(_overlap(self._held, mark) for mark in marks)
            text = self._held[: len(self._held) - kept]
            self._held = self._held[len(self._held) - kept :]
            if not text:
                return None
        return Piece(text) if self._is_final else Piece("", text)


async def apart(stream: AsyncGenerator[Piece | End, None]) -> AsyncGenerator[Piece | End, None]:
    """Yield a stream of text with the thinking in it told apart.

    Raises:
        OnlyThinking: it ended without an answer.
        BackendError: whatever `stream` raises.
    """
    splitter, said, thought = ThinkingSplitter(), False, False
    async with aclosing(stream):
        async for event in stream:
            pieces = splitter.rest() if isinstance(event, End) else splitter.feed(event.text)
            for piece in pieces:
                thought = thought or piece.recalls or bool(piece.reasoning)
                said = bool(piece.text.strip()) or (said and not piece.recalls)
                yield piece
            if isinstance(event, End):
                if thought and not said:
                    raise only_thinking(cut=event.finish_reason == "length")
                yield replace(event, thinking="marks") if thought else event
            elif not event.text:
                yield event


def only_thinking(*, cut: bool) -> OnlyThinking:
    """Return the error for a reply that holds thinking and no answer. `cut`: it ended at its length limit."""
    if cut:
        return OnlyThinking(
            "The reply reached its length limit while it was still thinking, before any answer.",
            hint="Raise `max_tokens` in its `sampling` or `thinking_tokens`, or lower its `reasoning_effort`.",
        )
    return OnlyThinking("The reply ended after its thinking, without an answer.")


def _overlap(text: str, mark: str) -> int:
    """Return how many characters at the end of `text` may be the beginning of `mark`."""
    for length in range(min(len(mark) - 1, len(text)), 0, -1):
        if text.endswith(mark[:length]):
            return length
    return 0


def _ascii_lower(text: str) -> str:
    """Return the text with A-Z in lower case; unlike `lower`, this never changes its length."""
    return text.lower() if text.isascii() else re.sub("[A-Z]", lambda found: found[0].lower(), text)


def _talks_about(mark: str, before: str) -> bool:
    """Return whether a closing mark after `before` belongs to an answer that is about such marks, or is in code."""
    opener = next(opener for opener, closer in MARKS.items() if closer == mark)
    if opener in _ascii_lower(before) or before[-1:] in tuple(_QUOTES):
        return True
    if len(_FENCE.findall(before)) % 2:
        return True
    paragraph = re.split(r"\n\s*\n|^ {0,3}(?:```|~~~).*$", before, flags=re.MULTILINE)[-1]
    return paragraph.count("`") % 2 == 1
