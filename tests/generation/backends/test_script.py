"""Scripts: which reply is chosen for which prompt, and what a wrong script is told."""

import pytest

from generation import errors
from generation.backends.registry import open_backend
from generation.backends.script import Script
from generation.conversation import Message
from generation.errors import BackendError, BadInput, ServerFault
from generation.value_rules import any_of


def line(script: Script, prompt: str, *earlier: str, seed: int | None = None) -> str:
    """What the script says to a conversation whose prompts are `earlier` and then `prompt`."""
    turns = [message for text in earlier for message in (Message("user", text), Message("assistant", "Yes."))]
    return script.line([*turns, Message("user", prompt)], seed=seed).text


def script(**options: object) -> Script:
    return Script.from_options(options)


def test_replies_come_in_turn():
    told = script(reply=["one", "two"])
    assert [line(told, "?") for _ in range(3)] == ["one", "two", "one"]


def test_a_random_reply_depends_on_the_conversation_and_the_seed_only():
    options = {"reply": [str(n) for n in range(10)], "order": "random"}
    first, second = script(**options), script(**options)
    prompts = [f"prompt {n}" for n in range(20)]
    said = [line(first, prompt) for prompt in prompts]
    assert said == [line(second, prompt) for prompt in prompts]
    assert len(set(said)) > 3
    assert said != [line(first, prompt, seed=1) for prompt in prompts]


def test_the_first_rule_that_fits_answers():
    told = script(
        reply="I do not know, {{ prompt }}.",
        rules=[
            {"match": r"(?i)my name is (?P<name>\w+)", "reply": "Hello, {{ name|title }}!"},
            {"match": r"(\d+) *\+ *(\d+)", "reply": "{{ groups[1]|int + groups[2]|int }}"},
            {"match": "(?i)my", "reply": "never reached for a name"},
            {"turn": 3, "reply": "That is turn {{ turn }}, after {{ previous }}"},
        ],
    )
    assert line(told, "Hi, my name is ada") == "Hello, Ada!"
    assert line(told, "What is 2 + 40?") == "42"
    assert line(told, "What now", "a", "b") == "That is turn 3, after Yes."
    assert line(told, "friend") == "I do not know, friend."


def test_a_template_may_choose_at_random():
    told = script(reply="{{ ['a', 'b', 'c', 'd']|random }}")
    said = [line(told, str(n)) for n in range(20)]
    assert said == [line(told, str(n)) for n in range(20)]
    assert len(set(said)) > 2


def test_the_prompt_is_never_taken_for_a_template():
    assert line(script(), "{{ turn }}{% raw %}") == "{{ turn }}{% raw %}"


def test_a_reply_that_cannot_be_filled_in_is_a_fault_of_the_script():
    told = script(rules=[{"match": r"(\d+)", "reply": "{{ 10 / groups[1]|int }}"}])
    assert line(told, "5") == "2.0"
    with pytest.raises(ServerFault, match="division by zero"):
        line(told, "0")


def test_every_wrong_option_is_told_at_once():
    options = {
        "replay": "x",
        "reply": "{{ naem }} and {% if %}",
        "tokens_per_s": -1,
        "fail": "stal",
        "rules": [
            {"match": "(", "reply": "{{ name }}"},
            {"reply": ["ok", 3], "order": "shuffle"},
            {"match": "x", "mtach": "y", "stall_after_tokens": 0.5, "reply": []},
        ],
    }
    with pytest.raises(BadInput) as refusal:
        open_backend("scripted", options)
    assert refusal.value.faults == (
        "replay: is not a key here; did you mean `reply`?",
        "tokens_per_s: must be a number from 0, not -1",
        f"fail: must be {any_of(sorted(KINDS))}; did you mean `stalled`?",
        "rules[1].match: is no regular expression: missing ), unterminated subpattern at position 0",
        "rules[1].reply: does not know name; it knows groups, previous, prompt, turn",
        "rules[2].reply: must be a text, or a list of one or more",
        "rules[2].order: must be `cycle` or `random`",
        "rules[2].match: is missing; give `match`, `turn` or both",
        "rules[3].mtach: is not a key here; did you mean `match`?",
        "rules[3].stall_after_tokens: must be a whole number from 0, not 0.5",
        "rules[3].reply: must be a text, or a list of one or more",
        "reply: line 1: Expected an expression, got 'end of statement block'",
    )


KINDS = {
    kind.kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, BackendError) and kind is not BackendError
}
