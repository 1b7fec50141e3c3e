"""Every format is told by its keys, and every row survives the way through every other format."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generation.dataset import Example
from generation.errors import BadInput
from generation.formats import FORMATS, FormatName, Misfit, as_example, convert, detect

PATH = Path("data.jsonl")
TEXT = st.text(max_size=12)
WORDS = st.text(min_size=1, max_size=12)
# Keys of the user's own; those of the formats are tested by name below.
REST = st.dictionaries(st.sampled_from(["id", "source", "정보"]), TEXT | st.integers(), max_size=2)
PAIRS = st.lists(st.lists(TEXT, min_size=2, max_size=2), min_size=1, max_size=3)


@st.composite
def alpaca_rows(draw: st.DrawFn) -> dict[str, Any]:
    row: dict[str, Any] = {key: draw(TEXT) for key in ("instruction", "input", "output")}
    row |= draw(st.fixed_dictionaries({}, optional={"system": WORDS, "history": PAIRS}))
    return row | draw(REST)


@st.composite
def conversations(draw: st.DrawFn) -> list[tuple[str, str]]:
    turns = [("system", draw(WORDS))] if draw(st.booleans()) else []
    for prompt, reply in draw(PAIRS):
        turns += [("user", prompt), ("assistant", reply)]
    return turns


def sharegpt_row(turns: list[tuple[str, str]]) -> dict[str, Any]:
    names = {"user": "human", "assistant": "gpt", "system": "system"}
    return {"conversations": [{"from": names[role], "value": text} for role, text in turns]}


def messages_row(turns: list[tuple[str, str]]) -> dict[str, Any]:
    return {"messages": [{"role": role, "content": text} for role, text in turns]}


def prompt_completion_row(turns: list[tuple[str, str]]) -> dict[str, Any]:
    messages = messages_row(turns)["messages"]
    return {"prompt": messages[:-1], "completion": messages[-1:]}


ROWS = {
    "alpaca": alpaca_rows(),
    "sharegpt": st.builds(lambda turns, rest: sharegpt_row(turns) | rest, conversations(), REST),
    "messages": st.builds(lambda turns, rest: messages_row(turns) | rest, conversations(), REST),
    "prompt-completion": st.builds(lambda turns, rest: prompt_completion_row(turns) | rest, conversations(), REST)
    | st.builds(lambda prompt, completion: {"prompt": prompt, "completion": completion}, TEXT, TEXT),
}


@pytest.mark.parametrize("other", ROWS)
@pytest.mark.parametrize("source", ROWS)
def test_a_row_comes_back_the_same_from_every_format(source: FormatName, other: FormatName):
    @settings(max_examples=40)
    @given(ROWS[source], st.sampled_from(["\n\n", "\nInput:\n", "", " "]))
    def check(row: dict[str, Any], joiner: str):
        (there,) = convert([row], source=source, target=other, joiner=joiner)
        assert not isinstance(there, Misfit)
        assert detect(PATH, [there]) == other
        assert convert([json.loads(json.dumps(there))], source=other, target=source) == [row]

    check()


@pytest.mark.parametrize("name", ROWS)
def test_each_format_is_told_by_its_keys(name: FormatName):
    @settings(max_examples=40)
    @given(st.lists(ROWS[name], min_size=1, max_size=3))
    def check(rows: list[dict[str, Any]]):
        assert detect(PATH, rows) == name

    check()


def test_rows_of_several_formats_or_none_are_refused_by_number():
    rows = [{"messages": []}, {"instruction": "", "output": ""}, {"messages": []}, {"text": "x", "label": 1}]
    with pytest.raises(BadInput) as raised:
        detect(PATH, rows)
    assert raised.value.faults == ("row 2: has `instruction`, `output`, which is alpaca", "row 4: has `text`, `label`")
    with pytest.raises(BadInput, match="has no rows"):
        detect(PATH, [])


def test_the_joiner_is_kept_in_the_row():
    row = {"instruction": "Add", "input": "2 + 3", "output": "5"}
    (converted,) = convert([row], source="alpaca", target="messages", joiner="\nInput:\n")
    assert converted == {
        "messages": [{"role": "user", "content": "Add\nInput:\n2 + 3"}, {"role": "assistant", "content": "5"}],
        "alpaca": {"input": "2 + 3", "joiner": "\nInput:\n"},
    }


def test_a_prompt_that_was_edited_since_is_not_cut_in_two():
    row = messages_row([("user", "Add 2 and 4"), ("assistant", "6")])
    row["alpaca"] = {"input": "2 + 3", "joiner": "\n"}
    assert convert([row], source="messages", target="alpaca") == [
        {"instruction": "Add 2 and 4", "input": "", "output": "6"}
    ]


def test_unusual_speakers_and_further_keys_of_a_turn_are_kept():
    row = {
        "id": "a",
        "conversations": [
            {"from": "user", "value": "Weather?"},
            {"from": "function_call", "value": "{}"},
            {"from": "observation", "value": "rain"},
            {"from": "bing", "value": "It rains.", "weight": 0},
        ],
    }
    (there,) = convert([row], source="sharegpt", target="messages")
    assert isinstance(there, dict)
    assert [message["role"] for message in there["messages"]] == ["user", "function_call", "tool", "assistant"]
    assert convert([there], source="messages", target="sharegpt") == [row]


def test_a_system_prompt_beside_sharegpt_turns_becomes_a_message():
    row = {"system": "Be brief.", "conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hi."}]}
    (there,) = convert([row], source="sharegpt", target="messages")
    assert there == messages_row([("system", "Be brief."), ("user", "Hi"), ("assistant", "Hi.")])


@pytest.mark.parametrize(
    ("source", "target", "row", "reason"),
    [
        ("alpaca", "messages", {"instruction": 1, "output": ""}, "`instruction` is not text"),
        ("alpaca", "messages", {"instruction": "", "output": "", "history": [["a"]]}, "`history` must hold pairs"),
        ("sharegpt", "alpaca", {"conversations": "x"}, "`conversations` is not a list of objects"),
        ("sharegpt", "alpaca", {"conversations": [{"from": "human"}]}, "`value` is not text"),
        ("messages", "alpaca", messages_row([]), "the roles are none"),
        ("messages", "alpaca", messages_row([("user", "a")]), "the roles are user"),
        ("messages", "alpaca", messages_row([("user", "a"), ("user", "b")]), "the roles are user, user"),
        (
            "messages",
            "alpaca",
            {"messages": [{"role": "user", "content": [{"type": "text"}]}]},
            "user says is not text",
        ),
        (
            "messages",
            "alpaca",
            {"messages": [{"role": "user", "content": "", "name": "x"}, {"role": "assistant", "content": ""}]},
            "no place for a message's `name`",
        ),
        (
            "messages",
            "alpaca",
            messages_row([("user", "a"), ("assistant", "b")]) | {"output": "c"},
            "`output` would be overwritten",
        ),
        ("messages", "prompt-completion", messages_row([("user", "a")]), "needs a prompt and a completion"),
    ],
)
def test_what_a_format_cannot_hold_is_said_and_not_dropped(
    source: FormatName, target: FormatName, row: dict[str, Any], reason: str
):
    (misfit,) = convert([row], source=source, target=target)
    assert isinstance(misfit, Misfit)
    assert reason in str(misfit)


def test_a_row_of_any_format_can_be_seen_as_one_example():
    turns = [("system", "Be brief."), ("user", "a"), ("assistant", "b"), ("user", "c"), ("assistant", "d")]
    expected = Example("a\nc", "", "b\nd")
    assert as_example(sharegpt_row(turns), source="sharegpt") == expected
    assert as_example(messages_row(turns), source="messages") == expected
    assert as_example(prompt_completion_row(turns), source="prompt-completion") == expected
    alpaca = {"instruction": "a", "input": "b", "output": "c"}
    assert as_example(alpaca, source="alpaca") == Example("a", "b", "c")
    assert set(FORMATS) == set(ROWS)
