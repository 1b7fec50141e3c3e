"""A conversation with a language model: messages, how to draw the reply, and what a backend yields of it."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, Protocol

from generation.declared_tables import Means
from generation.value_rules import FILLED, FROM_0, Count, NotNegative, Rule, between

Role = Literal["system", "user", "assistant"]

_PENALTY = between(-2, 2)
_BIASES = Rule("from -100 to 100", lambda biases: all(-100 <= bias <= 100 for bias in biases.values()))


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Sampling:
    """How to draw the reply. None leaves a value to the endpoint."""

    max_tokens: Annotated[Count, Means("longest reply", unit="tokens", example=1024)] = 1024
    temperature: Annotated[NotNegative | None, Means("randomness; 0 always takes the likeliest token", example=0.7)] = (
        None
    )
    top_p: Annotated[float | None, between(0, 1), Means("share of the likeliest tokens to draw from", example=0.95)] = (
        None
    )
    presence_penalty: Annotated[
        float | None, _PENALTY, Means("penalty on tokens that occurred already", example=0.0)
    ] = None
    frequency_penalty: Annotated[
        float | None, _PENALTY, Means("penalty on tokens for each time that they occurred", example=0.0)
    ] = None
    seed: Annotated[int | None, FROM_0, Means("makes draws repeatable, where the endpoint knows how", example=42)] = (
        None
    )
    stop: Annotated[tuple[str, ...], FILLED, Means("a reply ends before these", example=["### Instruction:"])] = ()
    logit_bias: Annotated[
        Mapping[str, float], _BIASES, Means("added to the logit of a token, by its id", example={"50256": -100})
    ] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the endpoint bills them; `cached_tokens` is the part of the prompt billed as cached."""

    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of the reply's text, as it came: whole code points, no NUL, no lone surrogates.

    Empty text is a sign of work without text to show yet, such as reasoning.
    """

    text: str


@dataclass(frozen=True, slots=True)
class End:
    """The proper end of a reply. `finish_reason` is the endpoint's word, such as "stop" or "length"."""

    finish_reason: str
    usage: Usage | None = None


@dataclass(frozen=True, slots=True)
class Completion:
    """A whole reply, with the rate-limit headers that came with it (lower-case names)."""

    text: str
    finish_reason: str
    usage: Usage | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


class Backend(Protocol):
    """Streams text for a contender."""

    def stream(self, messages: Sequence[Message], sampling: Sampling) -> AsyncGenerator[Piece | End, None]:
        """Yield the reply to `messages` piece by piece, then one `End`.

        Raises:
            BackendError: the request did not end as a whole reply. No other exception is raised for a
                fault of the endpoint or of the network.
        """
        ...

    async def complete(
        self, messages: Sequence[Message], sampling: Sampling, *, schema: Mapping[str, Any] | None = None
    ) -> Completion:
        """Return the whole reply at once. `schema` asks for JSON of that shape where the endpoint can.

        Raises:
            BackendError: as `stream`.
        """
        ...

    async def aclose(self) -> None:
        """Close the connections. Streams still open end."""
        ...
