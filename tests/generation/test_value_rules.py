"""Value rules: what fits, what does not, and what is never written into a file."""

import pytest

from generation.value_rules import (
    DAY,
    LINE,
    SHA256,
    VARIABLE,
    Rule,
    any_of,
    between,
    fields_without,
    is_secret,
    one_of,
    secrets_in,
)


@pytest.mark.parametrize(
    ("rule", "fitting", "others"),
    [
        (between(0, 1), [0, 0.5, 1], [-0.1, 1.1]),
        (between(1), [1, 10**9], [0]),
        (one_of("a", "b"), ["a", "b"], ["", "A", "c"]),
        (LINE, ["Alpaca 7B", "알파카"], ["", "  ", "two\nlines", "bell\a", "x" * 401]),
        (DAY, ["2026-11-21"], ["2026-11-31", "21.11.2026", "20261121", ""]),
        (SHA256, ["0123456789abcdef" * 4], ["0123456789ABCDEF" * 4, "0" * 63]),
        (VARIABLE, ["LAB_KEY", "_X1"], ["lab_key", "sk-123", "1X", "ARENA_KEY", ""]),
    ],
)
def test_a_rule_holds_for_what_its_words_say(rule: Rule, fitting: list[object], others: list[object]):
    assert all(map(rule.holds, fitting))
    assert not any(map(rule.holds, others))


def test_words_are_listed_as_a_person_would():
    assert any_of(["a"]) == "`a`"
    assert any_of(["a", "b", "c"]) == "`a`, `b` or `c`"


@pytest.mark.parametrize("key", ["api_key", "API-Key", "token", "Authorization", "access_token"])
def test_a_key_that_is_called_like_a_secret_is_one_at_any_depth(key: str):
    assert is_secret(key)
    assert [*secrets_in({"a": {"b": {key: "x"}}})] == [key]


def test_a_count_of_tokens_is_no_secret():
    assert not is_secret("max_tokens")


def test_fields_of_ours_and_secrets_are_told_apart():
    rule = fields_without({"model"})
    assert rule.holds({"reasoning_effort": "low"})
    assert rule.why
    assert rule.why({"model": "x"}) == "must not hold model: the arena sets that"
    assert rule.why({"a": {"token": "canary"}}) == f"must be {rule.words}"
