"""Dialects: what of a request an endpoint understands, found out by asking.

OpenAI-compatible endpoints differ in a few fields, and refuse what they do not know. A refusal that names such a field
is answered by asking once more without it. What was accepted is kept, so that the next request is understood at once;
the check of a contender stores it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from generation.conversation import Message
from generation.errors import BackendError, ContextTooLong, NotRecorded, PromptDeclined, QuotaExhausted, Rejected

MOST_TRIES = 5
LENGTH_FIELDS = ("max_tokens", "max_completion_tokens")
SYSTEM_PLACES = ("system", "user")
# Where a wish for more or less thinking goes, in the order in which they are tried.
EFFORT_FIELDS = ("reasoning_effort", "reasoning", "none")
BUDGET_FIELDS = ("thinking_budget", "thinking", "reasoning", "none")
_UNKNOWN = (
    r"not (supported|permitted|allowed|recogni[sz]ed|known|a valid|valid)|unsupported|unrecogni[sz]ed|unknown|"
    r"unexpected|extra (inputs|fields)|additional propert|deprecated|does not (support|accept)|doesn't support|"
    r"cannot be used|is invalid|forbidden"
)
_UNKNOWN_FIELD = re.compile(_UNKNOWN, re.IGNORECASE)
_ANY_FIELD = re.compile(
    r"(extra|unknown|unrecogni[sz]ed|unexpected|additional) (\w+ )?(inputs?|fields?|param|propert|arg)", re.IGNORECASE
)
_NO_STREAM = re.compile(r"\bstream(ing|ed)?\b(?!_options)", re.IGNORECASE)
_SYSTEM = re.compile(
    r"\b(system|developer)\W{0,3}\s*(role|message|prompt|instruction)|\brole\b.{0,60}\bsystem\b", re.IGNORECASE
)
_NOT_REFUSALS_OF_A_FIELD = (ContextTooLong, PromptDeclined, QuotaExhausted, NotRecorded)


@dataclass(frozen=True, slots=True)
class Dialect:
    """What an endpoint understands.

    Attributes:
        length_field: the field for the longest reply.
        asks_usage: token counts of a stream are asked for.
        streams: replies are streamed; otherwise they come whole.
        system: where a system prompt goes: "system", a message of its own, or "user", before the first question.
        effort_field: where the effort of thinking goes.
        budget_field: where the most tokens of thinking go.
    """

    length_field: str = "max_tokens"
    asks_usage: bool = True
    streams: bool = True
    system: str = "system"
    effort_field: str = EFFORT_FIELDS[0]
    budget_field: str = BUDGET_FIELDS[0]

    def adapted(self, refusal: BackendError, fields: Mapping[str, Any]) -> "Dialect | None":
        """Return how to ask again after `refusal` of a request with `fields`; None where that would not help."""
        if not isinstance(refusal, Rejected) or isinstance(refusal, _NOT_REFUSALS_OF_A_FIELD):
            return None
        if re.search(r": (401|403|404) “", str(refusal)) and "stream" not in str(refusal):
            return None
        return next((other for other in self._others(str(refusal), fields) if other != self), None)

    def _others(self, said: str, fields: Mapping[str, Any]) -> Iterator["Dialect"]:
        unknown = bool(_UNKNOWN_FIELD.search(said))
        has_system = any(message["role"] == "system" for message in fields.get("messages", ()))
        if "stream_options" in fields and re.search("stream_options|include_usage", said):
            yield replace(self, asks_usage=False)
        other_field = next(name for name in LENGTH_FIELDS if name != self.length_field)
        if self.length_field in said and (other_field in said or unknown):
            yield replace(self, length_field=other_field)
        if self.effort_field in fields and re.search(r"reasoning|effort", said):
            yield replace(self, effort_field=_next(EFFORT_FIELDS, self.effort_field))
        if self.budget_field in fields and re.search(r"thinking|budget|reasoning", said):
            yield replace(self, budget_field=_next(BUDGET_FIELDS, self.budget_field))
        if has_system and _SYSTEM.search(said):
            yield replace(self, system="user")
        if fields.get("stream") and unknown and _NO_STREAM.search(said) and "stream_options" not in said:
            yield replace(self, streams=False)
        if "stream_options" in fields and _ANY_FIELD.search(said):
            yield replace(self, asks_usage=False)

    def placed(self, messages: Sequence[Message]) -> Sequence[Message]:
        """Return the messages with the system prompt where the endpoint takes it."""
        if self.system == "system" or not messages or messages[0].role != "system":
            return messages
        system, *others = messages
        if not others:
            return (Message("user", system.content),)
        first, *rest = others
        return (Message(first.role, f"{system.content}\n\n{first.content}"), *rest)

    def thinking_fields(self, *, effort: str | None, tokens: int | None) -> dict[str, Any]:
        """Return the fields that ask for this effort of thinking, or for so many tokens of it at most."""
        fields: dict[str, Any] = {}
        if effort and self.effort_field != "none":
            fields[self.effort_field] = {"effort": effort} if self.effort_field == "reasoning" else effort
        if tokens and self.budget_field != "none":
            shapes = {
                "thinking_budget": tokens,
                "thinking": {"type": "enabled", "budget_tokens": tokens},
                "reasoning": {**fields.get("reasoning", {}), "max_tokens": tokens},
            }
            fields[self.budget_field] = shapes[self.budget_field]
        return fields


def _next(names: Sequence[str], name: str) -> str:
    return names[min(names.index(name) + 1, len(names) - 1)]
