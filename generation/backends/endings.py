"""Endings: what an endpoint's word for the end of a reply means, across vendors.

A reply is whole only if its word is on the list of clean ones, and cut off only if it is on the list for length. Every
other word voids it: a filter, a fault, an abort, a call of a tool, or a word that nobody here knows.

The words are from the vendors' references: OpenAI (chat completions, `finish_reason`), Anthropic (`stop_reason`),
Gemini (`FinishReason`), Amazon Bedrock (Converse, `stopReason`), Mistral, Cohere, DeepSeek, Zhipu, TGI, vLLM.
"""

import re
from collections.abc import Collection
from enum import StrEnum

from generation.backends.text import quoted
from generation.errors import BackendError, ContentFiltered, ServerFault, Truncated

STOP, LENGTH = "stop", "length"  # the two words for a proper end, whatever the endpoint says


class Ending(StrEnum):
    """What a word says of the reply before it."""

    WHOLE = STOP
    CUT = LENGTH
    FILTERED = "filtered"
    FAILED = "failed"
    ABORTED = "aborted"
    TOOL = "tool"
    UNKNOWN = "unknown"


# Words are compared by their letters and digits alone: "MAX_TOKENS", "max-tokens" and "maxTokens" are one word.
_WORDS: dict[Ending, str] = {
    Ending.WHOLE: "stop stopped endturn eos eostoken eot eottoken endoftext endofturn stopsequence stoptoken stopword "
    "stopstring complete completed finish finished done end",
    Ending.CUT: "length maxtokens maxoutputtokens maxnewtokens maxcompletiontokens maxtokensreached maxlength "
    "modellength modelcontextwindowexceeded contextlength contextwindow tokenlimit tokenlimitreached",
    Ending.FILTERED: "contentfilter contentfiltered contentfiltering safety sensitive refusal recitation blocklist "
    "prohibitedcontent spii language imagesafety modelarmor guardrailintervened errortoxic moderation blocked",
    Ending.FAILED: "error errored failed failure networkerror internalerror internalservererror servererror modelerror "
    "insufficientsystemresource overloaded malformedmodeloutput malformedresponse repetitiontruncation",
    Ending.ABORTED: "abort aborted cancel cancelled canceled usercancel timeout timedout timelimit interrupted "
    "disconnected incomplete errorlimit",
    Ending.TOOL: "toolcalls toolcall tooluse functioncall malformedfunctioncall unexpectedtoolcall malformedtooluse "
    "toomanytoolcalls pauseturn",
}
_ENDINGS = {word: ending for ending, words in _WORDS.items() for word in words.split()}
# Some endpoints write one of these in every chunk before the last.
_UNSAID = {"", "null", "none", "nil", "undefined", "unspecified", "unknown", "inprogress", "notfinished", "false"}
_VENDORS_PREFIX = "finishreason"  # Gemini's enumeration in full


def said_ending(value: object) -> str:
    """Return the word for the end that a chunk states, or nothing where it states none."""
    if isinstance(value, dict):  # {"type": "stop", "matched": 2}, as SGLang has it
        value = value.get("type")
    return value.strip() if isinstance(value, str) and _letters(value) not in _UNSAID else ""


def ending_of(word: str, *, clean: Collection[str] = ()) -> Ending:
    """Return what `word` means. `clean` are further words that this endpoint uses for a whole reply."""
    letters = _letters(word)
    if letters in {_letters(one) for one in clean}:
        return Ending.WHOLE
    return _ENDINGS.get(letters, Ending.UNKNOWN)


def fault_of_ending(word: str, ending: Ending) -> BackendError:
    """Return the `BackendError` for a reply that ended with `word`, which is neither clean nor its length limit."""
    match ending:
        case Ending.FILTERED:
            return ContentFiltered(f"The endpoint's filter withheld the reply or the rest of it: {quoted(word)}.")
        case Ending.FAILED:
            return ServerFault(f"The endpoint says that it failed in the middle of the reply: {quoted(word)}.")
        case Ending.ABORTED:
            return Truncated(f"The endpoint aborted the reply: {quoted(word)}.")
        case Ending.TOOL:
            return Truncated(f"The reply ended in a call of a tool, and the arena offers none: {quoted(word)}.")
        case _:
            return Truncated(
                f"The reply ended with {quoted(word)}, which is on no list of endings.",
                hint=f"If that is its word for a whole reply, say so: `clean_endings = [{_toml(word)}]`.",
            )


def _letters(word: str) -> str:
    return re.sub(r"[^a-z0-9]", "", word.casefold()).removeprefix(_VENDORS_PREFIX)


def _toml(word: str) -> str:
    return '"' + re.sub(r"[^\w .-]", "", word)[:32] + '"'
