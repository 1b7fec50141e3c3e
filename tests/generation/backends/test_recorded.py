"""Recorded answers: each to its own prompt, at its own pace, and no other prompt."""

import asyncio
import json
from pathlib import Path

import pytest

from generation.backends.recorded import RecordedBackend
from generation.backends.registry import open_backend
from generation.conversation import End, Message, Sampling, Usage
from generation.errors import BadInput, NotRecorded
from tests.generation.backends.conftest import ask

FIRST = {"prompt": "What do alpacas eat?", "reply": "Mostly grass,\n and  hay."}
TIMED = {
    "messages": [
        {"role": "user", "content": "What do alpacas eat?"},
        {"role": "assistant", "content": "Grass."},
        {"role": "user", "content": "And in winter?"},
    ],
    "reply": "Hay and patience.",
    "finish_reason": "length",
    "usage": {"prompt_tokens": 12, "completion_tokens": 4},
    "first_token_s": 0.2,
    "duration_s": 0.5,
    "id": "whatever else was kept",
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "answers.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in (FIRST, TIMED)))
    return path


def recorded(file: Path, **options: object) -> RecordedBackend:
    backend = open_backend("recorded", {"file": str(file), **options})
    assert isinstance(backend, RecordedBackend)
    return backend


async def test_a_prompt_gets_its_own_answer_to_the_letter(file: Path):
    backend = recorded(file, pace="at once")
    outcome = await ask(backend, messages=[Message("user", " What do alpacas eat?\n")], sampling=Sampling(max_tokens=1))
    assert outcome.text == FIRST["reply"]
    assert outcome.end == End("stop")
    assert len(outcome.pieces) == 4


async def test_a_conversation_is_known_by_all_of_its_turns(file: Path):
    turns = [Message(turn["role"], turn["content"]) for turn in TIMED["messages"]]  # type: ignore[arg-type,index]
    done = await recorded(file, pace="at once").complete(turns, Sampling())
    assert (done.text, done.finish_reason, done.usage) == ("Hay and patience.", "length", Usage(12, 4))
    other = [turns[0], Message("assistant", "Hay."), turns[2]]
    assert type((await ask(recorded(file), messages=other)).error) is NotRecorded


async def test_a_prompt_without_an_answer_is_a_failure_with_a_name(file: Path):
    error = (await ask(recorded(file), messages=[Message("user", "What do alpacas drink?")])).error
    assert error
    assert (error.kind, str(error)) == (
        "not_recorded",
        "The recording has 2 answers, and none to this conversation.",
    )


async def test_a_system_message_counts_only_where_one_was_recorded(tmp_path: Path):
    system = {"role": "system", "content": "Be brief."}
    user = {"role": "user", "content": "Hi"}
    file = tmp_path / "answers.jsonl"
    records = [{"prompt": "Hi", "reply": "Hello to you."}, {"messages": [system, user], "reply": "Hi."}]
    file.write_text("\n".join(map(json.dumps, records)))
    backend = recorded(file, pace="at once")
    for text, reply in (("Be brief.", "Hi."), ("Be kind.", "Hello to you.")):
        outcome = await ask(backend, messages=[Message("system", text), Message("user", "Hi")])
        assert outcome.text == reply


@pytest.mark.parametrize(
    ("options", "seconds"),
    [
        ({"pace": "at once"}, 0),
        ({"pace": "recorded"}, 0.5),
        ({"first_token_s": 0.1, "tokens_per_s": 10}, 0.3),
    ],
)
async def test_an_answer_takes_its_time(file: Path, options: dict[str, object], seconds: float):
    turns = [Message(turn["role"], turn["content"]) for turn in TIMED["messages"]]  # type: ignore[arg-type,index]
    now = asyncio.get_running_loop().time
    start = now()
    await ask(recorded(file, **options), messages=turns)
    assert now() - start >= seconds  # a busy machine may take longer, never shorter


def test_every_faulty_line_is_told_at_once(tmp_path: Path):
    file = tmp_path / "answers.jsonl"
    lines = [
        json.dumps(FIRST),
        "{",
        "[]",
        '{"reply": "x"}',
        '{"prompt": "a", "reply": " "}',
        '{"prompt": 3, "reply": "x", "first_token_s": -1}',
        '{"messages": [{"role": "robot", "content": "a"}], "reply": "x", "usage": 3}',
        "",
        json.dumps(FIRST),
    ]
    file.write_text("\n".join(lines))
    with pytest.raises(BadInput) as refusal:
        recorded(file)
    assert [fault.replace("answers.jsonl:", "") for fault in refusal.value.faults] == [
        "2: is not JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
        "3: must be an object with `prompt` or `messages`, and `reply`",
        "4: must have either `prompt` or `messages`",
        "5: `reply` must be text that is not blank",
        "6: `prompt` must be text",
        "6: `first_token_s` must be seconds, 0 or more",
        "7: `messages` must be a list of `role` and `content`",
        "7: `usage` must hold `prompt_tokens` and `completion_tokens`, both above 0",
        "9: repeats the prompt of line 1",
    ]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(None, "cannot be read: No such file"), (b"\xff\xfe", "is not UTF-8"), (b"\n\n", "holds no answer")],
)
def test_a_file_that_is_no_recording_is_refused(tmp_path: Path, content: bytes | None, sentence: str):
    file = tmp_path / "answers.jsonl"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(BadInput, match=sentence):
        recorded(file)
