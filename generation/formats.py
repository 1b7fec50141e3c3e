"""Formats: the four common shapes of instruction data, and conversion between them without loss.

Every shape is read into a conversation and written from one. A value for which a shape has no place is kept in a note,
under the name of the shape that needs it: an Alpaca row's `input`, with the text that joined it to the instruction, is
found again on the way back. If a value cannot be kept at all, the row is a misfit; nothing is dropped silently.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from generation.dataset import Example, Row, bad_rows
from generation.errors import BadInput

FormatName = Literal["alpaca", "sharegpt", "messages", "prompt-completion"]
# Stands between an Alpaca row's instruction and input where the two become one prompt.
JOINER = "\n\n"


@dataclass(frozen=True, slots=True)
class Conversation:
    """What is said, and the rest of the row.

    Attributes:
        messages: objects with a `role` (system, user, assistant or another), a `content`, and what else they had.
        rest: the other keys of the row.
    """

    messages: Sequence[Row]
    rest: Row


class Misfit(ValueError):
    """The row cannot be read as, or written in, this format; says why."""


@dataclass(frozen=True, slots=True)
class Format:
    """One shape: its keys, and how a row is read (with a joiner) and written."""

    keys: frozenset[str]
    read: Callable[[Row, str], Conversation]
    write: Callable[[Conversation], Row]


def detect(path: Path, rows: Sequence[Row]) -> FormatName:
    """Return the format that all `rows` of the file at `path` have, recognised by its keys.

    Raises:
        BadInput: there are no rows, or some have the keys of no format or of another than the first.
    """
    if not rows:
        raise BadInput(f"{path} has no rows to tell its format by.")
    formats = [_format_of(row) for row in rows]
    first = formats[0]
    strays = [
        f"row {number}: has {listed(row)}" + (f", which is {its_format}" if its_format else "")
        for number, (row, its_format) in enumerate(zip(rows, formats, strict=True), 1)
        if its_format is None or its_format != first
    ]
    if first is None or strays:
        known = "; ".join(f"{listed(shape.keys)} is {name}" for name, shape in FORMATS.items())
        raise bad_rows(path, strays, of=len(rows), hint=f"A format is told by its keys: {known}.")
    return first


def convert(rows: Iterable[Row], *, source: FormatName, target: FormatName, joiner: str = JOINER) -> list[Row | Misfit]:
    """Return each row in the `target` format, or why it does not fit.

    Args:
        rows: in the `source` format.
        source: the format of `rows`; see `detect`.
        target: the format to write.
        joiner: goes between an Alpaca row's instruction and input where they become one prompt.
    """

    def converted(row: Row) -> Row | Misfit:
        try:
            return FORMATS[target].write(FORMATS[source].read(row, joiner))
        except Misfit as misfit:
            return misfit

    return [converted(row) for row in rows]


def as_example(row: Row, *, source: FormatName) -> Example:
    """Return a row as one example. A conversation gives all that the user said, no input, and all the answers.

    Raises:
        Misfit: the row is not in the format.
    """
    if source == "alpaca":
        return Example(*(_text(row, key) for key in ("instruction", "input", "output")))
    texts: dict[str, list[str]] = {"user": [], "assistant": []}
    for message in FORMATS[source].read(row, JOINER).messages:
        texts.get(message["role"], []).append(message["content"])
    return Example("\n".join(texts["user"]), "", "\n".join(texts["assistant"]))


def listed(keys: Iterable[str]) -> str:
    """Return `keys` as they stand in a sentence."""
    return ", ".join(f"`{key}`" for key in keys) or "no keys"


def _format_of(row: Row) -> FormatName | None:
    return next((name for name in get_args(FormatName) if FORMATS[name].keys <= row.keys()), None)


def _read_alpaca(row: Row, joiner: str) -> Conversation:
    instruction, given, output = (_text(row, key) for key in ("instruction", "input", "output"))
    rest = _without(row, "instruction", "input", "output")
    messages = [_message("system", _text(rest, "system"))] if rest.get("system") else []
    if messages:
        del rest["system"]
    for turn in rest.pop("history", None) or []:
        if not (isinstance(turn, list) and len(turn) == 2):
            raise Misfit("`history` must hold pairs of a prompt and its reply")
        messages += [_message("user", turn[0]), _message("assistant", turn[1])]
    if given:
        rest = _joined(rest, {"alpaca": {"input": given, "joiner": joiner}})
    prompt = f"{instruction}{joiner}{given}" if given else instruction
    return Conversation([*messages, _message("user", prompt), _message("assistant", output)], rest)


def _write_alpaca(conversation: Conversation) -> Row:
    messages = list(conversation.messages)
    system = messages.pop(0)["content"] if messages and messages[0]["role"] == "system" else ""
    roles = [message["role"] for message in messages]
    if not roles or roles != ["user", "assistant"] * (len(roles) // 2):
        raise Misfit(f"alpaca needs a user and an assistant in turn; the roles are {', '.join(roles) or 'none'}")
    if extra := sorted({key for message in conversation.messages for key in message} - {"role", "content"}):
        raise Misfit(f"alpaca has no place for a message's {listed(extra)}")
    said = [message["content"] for message in messages]
    rest = _without(conversation.rest, "alpaca")
    instruction, given = _apart(said[-2], conversation.rest.get("alpaca"))
    row = {"instruction": instruction, "input": given, "output": said[-1]}
    if system:
        row["system"] = system
    if history := [said[at : at + 2] for at in range(0, len(said) - 2, 2)]:
        row["history"] = history
    return _joined(row, rest)


def _apart(prompt: str, note: Any) -> tuple[str, str]:
    """Return the instruction and the input that a note says were joined."""
    if isinstance(note, Mapping):
        given = str(note.get("input", ""))
        if given and prompt.endswith(tail := f"{note.get('joiner', JOINER)}{given}"):
            return prompt.removesuffix(tail), given
    return prompt, ""


# The names of speakers in ShareGPT's shape; the first of each role is the one we write.
SPEAKERS = {
    "human": "user",
    "gpt": "assistant",
    "system": "system",
    "observation": "tool",
    "user": "user",
    "assistant": "assistant",
    "chatgpt": "assistant",
    "bing": "assistant",
    "bard": "assistant",
    "tool": "tool",
}
_SPEAKER_OF: dict[str, str] = {role: speaker for speaker, role in reversed(SPEAKERS.items())}


def _read_sharegpt(row: Row, _joiner: str) -> Conversation:
    rest = _without(row, "conversations")
    messages = [_message("system", rest.pop("system"))] if rest.get("system") else []
    for turn in _objects(row, "conversations"):
        speaker = _text(turn, "from", needed=True)
        role = SPEAKERS.get(speaker, speaker)
        # An unusual name is kept, to be written again.
        name = {} if _SPEAKER_OF.get(role, role) == speaker else {"from": speaker}
        content = _text(turn, "value", needed=True)
        messages.append({**_message(role, content), **name, **_without(turn, "from", "value")})
    return Conversation(messages, rest)


def _write_sharegpt(conversation: Conversation) -> Row:
    turns = [
        {
            "from": message.get("from") or _SPEAKER_OF.get(message["role"], message["role"]),
            "value": message["content"],
            **_without(message, "role", "content", "from"),
        }
        for message in conversation.messages
    ]
    return _joined({"conversations": turns}, conversation.rest)


def _read_messages(row: Row, _joiner: str) -> Conversation:
    return Conversation(_messages(row, "messages"), _without(row, "messages"))


def _write_messages(conversation: Conversation) -> Row:
    return _joined({"messages": list(conversation.messages)}, conversation.rest)


def _read_prompt_completion(row: Row, _joiner: str) -> Conversation:
    rest = _without(row, "prompt", "completion")
    if isinstance(row["prompt"], str) and isinstance(row["completion"], str):
        return Conversation([_message("user", row["prompt"]), _message("assistant", row["completion"])], rest)
    prompt, completion = _messages(row, "prompt"), _messages(row, "completion")
    conversation = Conversation([*prompt, *completion], rest)
    if not (prompt and completion):
        raise Misfit("`prompt` and `completion` must both have messages")
    if _write_prompt_completion(conversation) == row:
        return conversation
    # Where the one ends and the other begins would be lost.
    return Conversation(conversation.messages, _joined(rest, {"prompt-completion": {"prompt": len(prompt)}}))


def _write_prompt_completion(conversation: Conversation) -> Row:
    """Write two strings where that is all there is, else two lists of messages, as TRL has them."""
    messages = list(conversation.messages)
    rest = _without(conversation.rest, "prompt-completion")
    plain = [set(message) for message in messages] == [{"role", "content"}] * 2
    if len(rest) == len(conversation.rest) and plain and [m["role"] for m in messages] == ["user", "assistant"]:
        return _joined({"prompt": messages[0]["content"], "completion": messages[1]["content"]}, rest)
    note = conversation.rest.get("prompt-completion", {})
    split = note.get("prompt", len(messages) - 1) if isinstance(note, Mapping) else len(messages) - 1
    if not 0 < split < len(messages):
        raise Misfit("prompt-completion needs a prompt and a completion")
    return _joined({"prompt": messages[:split], "completion": messages[split:]}, rest)


FORMATS: dict[FormatName, Format] = {
    "alpaca": Format(frozenset({"instruction", "output"}), _read_alpaca, _write_alpaca),
    "sharegpt": Format(frozenset({"conversations"}), _read_sharegpt, _write_sharegpt),
    "messages": Format(frozenset({"messages"}), _read_messages, _write_messages),
    "prompt-completion": Format(frozenset({"prompt", "completion"}), _read_prompt_completion, _write_prompt_completion),
}


def _message(role: str, content: Any) -> Row:
    if not isinstance(content, str):
        raise Misfit(f"what the {role} says is not text")
    return {"role": role, "content": content}


def _messages(row: Row, key: str) -> list[Row]:
    return [
        {**message, **_message(_text(message, "role", needed=True), message.get("content"))}
        for message in _objects(row, key)
    ]


def _objects(row: Row, key: str) -> list[Row]:
    found = row[key]
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise Misfit(f"`{key}` is not a list of objects")
    return found


def _text(row: Row, key: str, *, needed: bool = False) -> str:
    found = row.get(key, None if needed else "")
    if not isinstance(found, str):
        raise Misfit(f"`{key}` is not text")
    return found


def _without(row: Mapping[str, Any], *keys: str) -> Row:
    return {key: value for key, value in row.items() if key not in keys}


def _joined(row: Row, rest: Row) -> Row:
    if both := row.keys() & rest.keys():
        raise Misfit(f"{listed(sorted(both))} would be overwritten")
    return {**row, **rest}
