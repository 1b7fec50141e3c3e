"""A reply is whole only if its last word is on the list of clean ones."""

import pytest

from generation.backends.endings import Ending, ending_of, fault_of_ending, said_ending
from generation.errors import BackendError, ContentFiltered, ServerFault, Truncated

WORDS = {
    Ending.WHOLE: ["stop", "STOP", "end_turn", "eos", "eos_token", "stop_sequence", "COMPLETE", "endTurn", " stop "],
    Ending.CUT: ["length", "max_tokens", "MAX_TOKENS", "model_length", "max_output_tokens", "maxTokens"],
    Ending.FILTERED: ["content_filter", "SAFETY", "sensitive", "RECITATION", "guardrail_intervened", "refusal"],
    Ending.FAILED: ["error", "network_error", "insufficient_system_resource", "ERROR"],
    Ending.ABORTED: ["abort", "cancelled", "timeout", "USER_CANCEL"],
    Ending.TOOL: ["tool_calls", "tool_use", "function_call", "MALFORMED_FUNCTION_CALL"],
    Ending.UNKNOWN: ["OTHER", "all_good", "stopp", "0", "완료"],
}
FAULTS: dict[Ending, type[BackendError]] = {
    Ending.FILTERED: ContentFiltered,
    Ending.FAILED: ServerFault,
    Ending.ABORTED: Truncated,
    Ending.TOOL: Truncated,
    Ending.UNKNOWN: Truncated,
}


@pytest.mark.parametrize(("word", "ending"), [(word, ending) for ending, words in WORDS.items() for word in words])
def test_a_word_means_the_same_across_vendors(word: str, ending: Ending):
    assert ending_of(word) is ending
    assert ending_of(f"FINISH_REASON_{word}") is ending
    if ending in FAULTS:
        assert type(fault_of_ending(word, ending)) is FAULTS[ending]


def test_an_operator_can_name_a_further_word():
    assert ending_of("All-Good", clean=["all_good"]) is Ending.WHOLE
    assert "clean_endings" in str(fault_of_ending("all_good", Ending.UNKNOWN).hint)


@pytest.mark.parametrize(
    "value", [None, "", "null", "None", " NULL ", "FINISH_REASON_UNSPECIFIED", 0, 1, True, [], {}, {"type": None}, 1.5]
)
def test_what_says_nothing_is_no_end(value: object):
    assert said_ending(value) == ""


def test_an_object_says_its_type():
    assert said_ending({"type": "stop", "matched": 2}) == "stop"
