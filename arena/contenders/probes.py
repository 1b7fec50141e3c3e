"""Probes: the few tiny requests by which a check gets to know a contender, and how it hears the answers.

A model that thinks before it speaks needs room for it. So a first answer that is cut off, or that is all thinking, is
asked for once more with more room.
"""

import re
import time
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from arena.contenders.opened import OpenContenders
from arena.db.tables import Contender
from generation.backends.dialect import Dialect
from generation.backends.learned import Learned
from generation.backends.limits import limited
from generation.backends.recorded import RecordedBackend
from generation.conversation import End, Message, Piece, Transcript
from generation.errors import EmptyReply, GenerationError, Truncated

MAX_TOKENS = 48
MAX_TOKENS_OF_THINKERS = 2048
MAX_TOKENS_IN_PROCESS = 256  # to see whether a cut reply thinks; this machine's own time, which also delays its start
READY = (Message("user", "Reply with one short sentence: are you ready?"),)
MEMORY = (
    Message("user", "My name is Hana. Reply with OK."),
    Message("assistant", "OK."),
    Message("user", "What is my name? Reply with the name only."),
)
KOREAN = (Message("user", "한국어로 한 문장만 대답해 주세요: 맑은 날의 하늘은 무슨 색인가요?"),)
WHO = (Message("user", "Who are you, and who made you? Answer in one short sentence."),)
SIGN = "OKAPI"
SIGNED = f"End every reply with the word {SIGN}."


@dataclass(frozen=True, slots=True)
class ProbeAnswer:
    """A contender's answer to one request of the check, with its times in seconds."""

    text: str
    first_token_s: float
    total_s: float
    num_pieces: int
    end: End


class Probes:
    """Asks one contender. Figures of the first answer stay known if it ends in an error.

    Attributes:
        num_pieces: pieces of the answer that came last, as far as it came.
        first_token_s: seconds until its first text; None where none came.
        learned: what is known of the endpoint by now.
    """

    def __init__(self, contender: Contender, open_contenders: OpenContenders, *, as_known: bool = False) -> None:
        """Open the contender as if nothing were known of it, or `as_known`, as battles do.

        Raises:
            ArenaError, GenerationError: it cannot be opened.
        """
        self._contender = contender
        self._open_contenders = open_contenders
        self._max_tokens = MAX_TOKENS
        self._styles: list[str] = []
        self.num_pieces = 0
        self.first_token_s: float | None = None
        length_field = str(contender.options.get("max_tokens_field", "max_tokens"))
        self.learned = Learned(Dialect(length_field=length_field))
        self._opened = open_contenders.get(contender) if as_known else open_contenders.apart(contender, self.learned)

    async def aclose(self) -> None:
        """Close what was opened for the probes alone."""
        await self._open_contenders.part(self._opened)

    async def first(self) -> ProbeAnswer:
        """Return the answer to the first question: a fixed one, or one of those that a recording knows.

        Raises:
            GenerationError: it does not answer.
        """
        question = self._first_question()
        try:
            answer = await self.hear(question)
        except Truncated as error:
            answer = await self._without_reason(question, error)
        except EmptyReply as error:
            if not error.hint:  # it did not end at its length
                raise
            self._max_tokens = self._room()
            return await self._learned(await self.hear(question))
        if answer.end.finish_reason == "length" and not answer.end.thinking:
            answer = await self._with_room(question, answer)
        return await self._learned(answer)

    async def lives(self) -> bool:
        """Return whether it answers one tiny request; thinking that finds no end in it is an answer too."""
        try:
            await self.hear(self._first_question())
        except EmptyReply as error:
            return error.hint is not None  # it ended at its length
        return True

    def _first_question(self) -> Sequence[Message]:
        backend = self._opened.backend
        return backend.example if isinstance(backend, RecordedBackend) else READY

    async def ask(self, messages: Sequence[Message], *, system: str = "") -> ProbeAnswer | GenerationError:
        """Return the answer to a further question, or why there is none."""
        try:
            return await self.hear(messages, system=system)
        except GenerationError as error:
            return error

    async def hear(self, messages: Sequence[Message], *, system: str = "") -> ProbeAnswer:
        """Return the answer to `messages`; `system` is added to the contender's own system prompt.

        Raises:
            GenerationError: there is none.
        """
        opened = self._opened
        prompt = "\n\n".join(filter(None, [opened.system_prompt, system]))
        before = [Message("system", prompt)] if prompt else []
        asked_for = self._max_tokens if self._max_tokens > MAX_TOKENS else min(MAX_TOKENS, opened.sampling.max_tokens)
        sampling = replace(opened.sampling, max_tokens=asked_for)
        self.num_pieces, self.first_token_s = 0, None
        started, told, end = time.monotonic(), Transcript(), None
        num_pieces, first_token_s = 0, None
        answer = opened.backend.stream([*before, *messages], sampling)
        async with aclosing(limited(answer, opened.limits)) as events:
            async for event in events:
                if isinstance(event, Piece):
                    told.add(event)
                    if event.recalls:
                        num_pieces, first_token_s = 0, None
                    if event.text:
                        first_token_s = first_token_s or time.monotonic() - started
                        num_pieces += 1
                    self.num_pieces, self.first_token_s = num_pieces, first_token_s
                else:
                    end = event
        assert end is not None, "a stream ends with its end or an error"
        self._styles.append(end.thinking)
        return ProbeAnswer(told.text, first_token_s or 0.0, time.monotonic() - started, num_pieces, end)

    def conclude(self) -> Learned:
        """Return what all answers together show of the endpoint."""
        style = next(filter(None, self._styles), "none")
        self.learned = replace(self.learned, dialect=self._dialect(), thinking=style)
        return self.learned

    def _dialect(self) -> Dialect:
        spoken = getattr(self._opened.backend, "dialect", None)
        return spoken if isinstance(spoken, Dialect) else self.learned.dialect

    def _room(self) -> int:
        context = self._contender.context_size
        return min(MAX_TOKENS_OF_THINKERS, context // 2) if context else MAX_TOKENS_OF_THINKERS

    async def _without_reason(self, question: Sequence[Message], error: Truncated) -> ProbeAnswer:
        """Ask an endpoint again whose first reply had no reason for its end: perhaps it never has one."""
        if self._contender.backend != "openai" or "marked the end" not in str(error):
            raise error
        self.learned = replace(self.learned, done_is_end=True)
        await self._reopen()
        return await self.hear(question)

    async def _with_room(self, question: Sequence[Message], answer: ProbeAnswer) -> ProbeAnswer:
        """Ask again with more room whether an answer that was cut off was thinking; return what shows more."""
        room = self._room()
        self._max_tokens = room if self._contender.backend == "openai" else min(room, MAX_TOKENS_IN_PROCESS)
        try:
            longer = await self.hear(question)
        except GenerationError:
            longer = answer
        if longer.end.thinking:
            return longer
        self._max_tokens = MAX_TOKENS
        return answer

    async def _learned(self, answer: ProbeAnswer) -> ProbeAnswer:
        """Open the endpoint anew with what the first answer shows, so that further ones are understood at once."""
        if answer.end.thinking == "closing mark":
            self.learned = replace(self.learned, dialect=self._dialect(), thinking="closing mark")
            await self._reopen()
        return answer

    async def _reopen(self) -> None:
        await self.aclose()
        self._opened = self._open_contenders.apart(self._contender, self.learned)


def follows_system_prompt(answer: ProbeAnswer) -> bool:
    """Return whether an answer that was asked for with `SIGNED` shows it."""
    return bool(re.search(SIGN, answer.text, re.IGNORECASE))
