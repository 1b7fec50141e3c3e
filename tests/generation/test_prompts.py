"""Conversations written out for base models."""

from generation.backends import Message
from generation.prompts import dialogue


def test_the_text_ends_where_the_assistant_is_to_go_on():
    prompt = dialogue([Message("user", " Hello? ")])
    assert prompt.text.endswith("\n\n### Person:\nHello?\n\n### Assistant:\n")


def test_the_assistants_line_ends_where_somebody_else_would_speak():
    prompt = dialogue([Message("user", "Hello?")])
    assert all(mark.strip() in prompt.text for mark in prompt.stop)
    assert 0 < len(prompt.stop) <= 2  # endpoints take four, and callers have their own


def test_earlier_turns_come_in_order():
    conversation = [Message("user", "First?"), Message("assistant", "One."), Message("user", "Second?")]
    text = dialogue(conversation).text
    assert text.endswith("### Person:\nFirst?\n\n### Assistant:\nOne.\n\n### Person:\nSecond?\n\n### Assistant:\n")


def test_instructions_open_the_text():
    assert dialogue([Message("system", "Answer in verse."), Message("user", "Hi")]).text.startswith(
        "Answer in verse.\n"
    )


def test_what_a_person_writes_is_never_a_template():
    assert "{{ turns }} <b>" in dialogue([Message("user", "{{ turns }} <b>")]).text
