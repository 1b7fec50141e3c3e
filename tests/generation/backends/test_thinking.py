"""Thinking is told from the answer, wherever the endpoint cuts its text into pieces."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generation.backends.thinking import MARKS, ThinkingSplitter, apart
from generation.conversation import End, Piece, Transcript
from generation.errors import OnlyThinking

FINAL = "<|start|>assistant<|channel|>final<|message|>Hello"
# A reply, its thinking and its answer.
REPLIES = [
    ("<think>Hm.</think>\n\nHello", "Hm.", "Hello"),
    (" \n<Thinking>Hm.</THINKING> Hello", "Hm.", "Hello"),
    ("<think>\n\n</think>\n\nHello", "\n\n", "Hello"),
    ("<think>a < b </thin> c</think>Hello", "a < b </thin> c", "Hello"),
    ("<think>One.</think>\n<think>Two.</think>Hello", "One.Two.", "Hello"),
    ("Hm.\n</think>\n\nHello", "Hm.\n", "Hello"),
    ("Hm.</reasoning>Hello", "Hm.", "Hello"),
    ("</think>\n\nHello", "", "Hello"),
    ("[THINK]Hm.[/THINK]Hello", "Hm.", "Hello"),
    ("◁think▷Hm.◁/think▷Hello", "Hm.", "Hello"),
    ("<|channel>thought\nHm.<channel|>Hello", "\nHm.", "Hello"),
    (
        "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>final<|message|>Hello<|return|>",
        "Hm.",
        "Hello",
    ),
    (
        "<|channel|>commentary to=functions.f <|constrain|>json<|message|>{}<|call|>" + FINAL,
        "{}",
        "Hello",
    ),
    ("analysisHm.assistantfinalHello", "analysisHm.", "Hello"),
    # Answers that speak of marks, or only look like them.
    ("Use `<think>` and `</think>`.", "", "Use `<think>` and `</think>`."),
    ("The `</think>` tag ends it.", "", "The `</think>` tag ends it."),
    ('The tag "</think>" ends it.', "", 'The tag "</think>" ends it.'),
    ("```html\n</think>\n```\nDone.", "", "```html\n</think>\n```\nDone."),
    ("~~~\n<think>\n</think>\n~~~\n", "", "~~~\n<think>\n</think>\n~~~\n"),
    ("Hello <think>Hm.</think> there", "", "Hello <think>Hm.</think> there"),
    ("`x = a`\n\n```\ncode\n```\nthen </think>Hello", "`x = a`\n\n```\ncode\n```\nthen ", "Hello"),
    ("<thin air> and [thin", "", "<thin air> and [thin"),
    ("analysis of a final", "", "analysis of a final"),
    ("<|channel|> is a token", "", "<|channel|> is a token"),
    ("\n  Hello", "", "\n  Hello"),
    ("a < b and [1] </thing>", "", "a < b and [1] </thing>"),
]


def split(pieces: list[str], **how: bool) -> Transcript:
    splitter, told = ThinkingSplitter(**how), Transcript()
    for text in pieces:
        for piece in splitter.feed(text):
            told.add(piece)
    for piece in splitter.rest():
        told.add(piece)
    return told


@pytest.mark.parametrize(("reply", "thinking", "answer"), REPLIES)
def test_thinking_and_answer_are_told_apart_wherever_the_text_is_cut(reply: str, thinking: str, answer: str):
    wanted = Transcript(answer, thinking)
    assert split([reply]) == wanted
    assert split([*reply]) == wanted
    for place in range(1, len(reply)):
        assert split([reply[:place], reply[place:]]) == wanted


@pytest.mark.parametrize("mark", MARKS)
def test_every_mark_opens_and_closes(mark: str):
    assert split([f"{mark}Hm.{MARKS[mark]}Hello"]) == Transcript("Hello", "Hm.")


@settings(max_examples=60)
@given(st.lists(st.sampled_from([*MARKS, *MARKS.values(), "Hm", "`", "```\n", "\n", " ", "<", "analysis", "<|end|>"])))
def test_no_cut_changes_what_is_told_apart(words: list[str]):
    assert split(words) == split(["".join(words)])


def test_a_reply_that_begins_in_thinking_gives_no_text_before_the_mark():
    splitter = ThinkingSplitter(opened=True)
    assert [piece.text for piece in splitter.feed("Hm. I think so. ")] == [""]
    assert splitter.is_thinking
    assert split(["Hm. </thi", "nk> Hello"], opened=True) == Transcript("Hello", "Hm. ")


def test_where_no_marks_are_expected_a_lone_one_is_text():
    assert split(["The </think> tag"], expected=False) == Transcript("The </think> tag")


async def stream(*events: Piece | End):
    for event in events:
        yield event


async def test_a_stream_of_text_is_split_and_keeps_its_end():
    events = [event async for event in apart(stream(Piece(""), Piece("<think>Hm.</think>Hi"), End("stop")))]
    assert events == [Piece(""), Piece("", "Hm."), Piece("Hi"), End("stop")]
    assert events[-1].thinking == "marks"


@pytest.mark.parametrize(("finish", "hint"), [("stop", False), ("length", True)])
async def test_a_stream_of_thinking_alone_is_a_fault_that_names_the_budget(finish: str, hint: bool):
    with pytest.raises(OnlyThinking) as fault:
        _ = [event async for event in apart(stream(Piece("<think>Hm."), End(finish)))]
    assert bool(fault.value.hint) is hint
    assert not hint or ("max_tokens" in fault.value.hint and "thinking_tokens" in fault.value.hint)
