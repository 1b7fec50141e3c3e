"""A conversation with a language model: messages, how to draw the reply, and what a backend yields of it."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Sampling:
    """How to draw the reply. None leaves a value to the endpoint."""

    max_tokens: int = 1024
    temperature: float | None = None
    top_p: float | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()
    logit_bias: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the endpoint bills them; `cached_tokens` is the part of the prompt billed as cached."""

    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of the reply's text, as it came: whole code points, no NUL, no lone surrogates.

    Empty text says that the contender is at work (it reasons) without anything to show yet.
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
