"""The `recorded` backend: replays stored answers, each to the prompt that it belongs to.

For APIs that are gone, and for campaigns that compare the same answers over and over. The recording is a JSONL file:

    {"prompt": "What do alpacas eat?", "reply": "Mostly grass.", "first_token_s": 0.4, "duration_s": 1.9}
    {"messages": [{"role": "user", "content": "Hi"}, …], "reply": "…", "usage": {"prompt_tokens": 9, …}}
"""

import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from generation.backends.completion import completed
from generation.backends.endings import Ending, ending_of, fault_of_ending
from generation.backends.options import RecordedOptions, named
from generation.backends.paced import paced, words_of
from generation.backends.script import Manner
from generation.backends.thinking import apart
from generation.backends.usage import usage_of
from generation.conversation import Completion, End, Message, Piece, Role, Sampling, Usage
from generation.declared_tables import build
from generation.errors import BadInput, NotRecorded

Conversation = tuple[tuple[Role, str], ...]  # role and content of each message


@dataclass(frozen=True, slots=True)
class RecordedAnswer:
    """One line of a recording.

    Attributes:
        reply: the text.
        finish_reason: why it ended.
        usage: tokens as they were billed.
        first_token_s, duration_s: how long it took, where that was recorded.
    """

    reply: str
    finish_reason: str = "stop"
    usage: Usage | None = None
    first_token_s: float | None = None
    duration_s: float | None = None

    def recorded_manner(self, num_words: int) -> Manner | None:
        """Return the recorded pace, None where no times were recorded."""
        if self.first_token_s is None or self.duration_s is None:
            return None
        written_s = self.duration_s - self.first_token_s
        return Manner(self.first_token_s, (num_words - 1) / written_s if written_s > 0 else 0.0)


class RecordedBackend:
    """Streams recorded answers. A prompt must match exactly, except for space around it.

    A system message is compared only where the recording has one.
    """

    def __init__(self, answers: Mapping[Conversation, RecordedAnswer], *, pace: str, natural: Manner) -> None:
        self._answers = answers
        self._pace = pace
        self._natural = natural

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> "RecordedBackend":
        """Open a recording with the options that `RecordedOptions` declares.

        Answers without recorded times are given at the natural pace.

        Raises:
            BadInput: an option is wrong, or lines of the file are; lists every fault.
        """
        settings = build(RecordedOptions, options, name=named("recorded"))
        natural = Manner(settings.first_token_s, settings.tokens_per_s)
        return cls(read_recording(Path(settings.file)), pace=settings.pace, natural=natural)

    @property
    def example(self) -> tuple[Message, ...]:
        """A conversation that it can answer: the first of the recording."""
        return tuple(Message(role, content) for role, content in next(iter(self._answers)))

    def stream(
        self,
        messages: Sequence[Message],
        sampling: Sampling,  # noqa: ARG002
    ) -> AsyncGenerator[Piece | End, None]:
        """Yield the recorded reply word by word, then one `End`. `sampling` changes nothing.

        Raises:
            NotRecorded: there is no answer to this conversation.
            BackendError: the recorded reply was not whole when it was recorded.
        """
        return apart(self._replayed(messages))

    async def _replayed(self, messages: Sequence[Message]) -> AsyncGenerator[Piece | End, None]:
        answer = self._answer(messages)
        words = words_of(answer.reply)
        manner = Manner() if self._pace == "at once" else self._natural
        if self._pace == "recorded":
            manner = answer.recorded_manner(len(words)) or self._natural
        async with aclosing(paced(words, manner.due_s)) as pieces:
            async for piece in pieces:
                yield piece
        ending = ending_of(answer.finish_reason)
        if ending not in {Ending.WHOLE, Ending.CUT}:
            raise fault_of_ending(answer.finish_reason, ending)
        yield End(ending.value, answer.usage, answer.finish_reason)

    async def complete(
        self,
        messages: Sequence[Message],
        sampling: Sampling,
        *,
        schema: Mapping[str, Any] | None = None,  # noqa: ARG002
    ) -> Completion:
        """Return the recorded reply at its pace; `sampling` and `schema` change nothing.

        Raises:
            NotRecorded: there is no answer to this conversation.
        """
        return await completed(self.stream(messages, sampling))

    async def aclose(self) -> None:
        """Do nothing: there is no connection."""

    def _answer(self, messages: Sequence[Message]) -> RecordedAnswer:
        conversation = tuple((message.role, message.content.strip()) for message in messages)
        without_system = tuple(turn for turn in conversation if turn[0] != "system")
        answer = self._answers.get(conversation) or self._answers.get(without_system)
        if answer is None:
            raise NotRecorded(
                f"The recording has {len(self._answers)} answers, and none to this conversation.",
                hint="A recorded contender can only be asked its own prompts.",
            )
        return answer


def read_recording(file: Path) -> dict[Conversation, RecordedAnswer]:
    """Return the answers in a JSONL file.

    Raises:
        BadInput: it cannot be read, or lines are faulty; names every one.
    """
    try:
        lines = file.read_text("utf-8-sig").splitlines()
    except OSError as error:
        raise BadInput(f"The recording {file} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise BadInput(f"The recording {file} is not UTF-8.", hint="Save it as UTF-8.") from error
    answers: dict[Conversation, RecordedAnswer] = {}
    first: dict[Conversation, int] = {}
    faults: list[str] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        record = _Record(line)
        faults += (f"{file.name}:{number}: {fault}" for fault in record.faults)
        if not record.faults:
            earlier = first.setdefault(record.conversation, number)
            if earlier != number:
                faults.append(f"{file.name}:{number}: repeats the prompt of line {earlier}")
            answers[record.conversation] = record.answer
    if not answers and not faults:
        faults.append(f"{file.name}: holds no answer")
    if faults:
        raise BadInput(f"The recording {file} cannot be used:", faults)
    return answers


class _Record:
    """One line, read as far as it can be; `faults` says what is wrong with it."""

    def __init__(self, line: str) -> None:
        self.faults: list[str] = []
        self.conversation: Conversation = ()
        self.answer = RecordedAnswer("")
        try:
            values = json.loads(line)
        except (ValueError, RecursionError) as error:
            self.faults.append(f"is not JSON: {error}")
            return
        if not isinstance(values, dict):
            self.faults.append("must be an object with `prompt` or `messages`, and `reply`")
            return
        self.conversation = self._conversation(values)
        reply = values.get("reply")
        if not isinstance(reply, str) or not reply.strip():
            self.faults.append("`reply` must be text that is not blank")
        self.answer = RecordedAnswer(
            str(reply),
            str(values.get("finish_reason") or "stop"),
            self._usage(values.get("usage")),
            self._seconds(values, "first_token_s"),
            self._seconds(values, "duration_s"),
        )

    def _conversation(self, values: Mapping[str, Any]) -> Conversation:
        if ("prompt" in values) == ("messages" in values):
            self.faults.append("must have either `prompt` or `messages`")
            return ()
        messages = values.get("messages", [{"role": "user", "content": values.get("prompt")}])
        try:
            return tuple(_turn(message) for message in messages)
        except (AttributeError, LookupError, TypeError, ValueError):
            wanted = "`messages` must be a list of `role` and `content`"
            self.faults.append(wanted if "messages" in values else "`prompt` must be text")
            return ()

    def _usage(self, value: object) -> Usage | None:
        if value is None:
            return None
        if usage := usage_of(value):
            return usage
        self.faults.append("`usage` must hold `prompt_tokens` and `completion_tokens`, both above 0")
        return None

    def _seconds(self, values: Mapping[str, Any], name: str) -> float | None:
        value = values.get(name)
        if value is None or (type(value) in (int, float) and 0 <= value < float("inf")):
            return value
        self.faults.append(f"`{name}` must be seconds, 0 or more")
        return None


def _turn(message: Any) -> tuple[Role, str]:
    role, content = message["role"], message["content"].strip()
    if role not in get_args(Role) or not content:
        raise ValueError
    return role, content
