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
    """Tokens as the endpoint bills them.

    Attributes:
        cached_tokens: the part of the prompt billed as cached.
        reasoning_tokens: the part of the completion that was thinking, where the endpoint says it.
    """

    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int = 0
    reasoning_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of the reply, as it came: whole code points, no NUL, no lone surrogates.

    A piece that holds nothing is a sign of work, such as thinking that the endpoint keeps to itself.

    Attributes:
        text: a part of the answer.
        reasoning: a part of the thinking before it, which is no part of the answer.
        recalls: all text before this piece was thinking too, as only this piece shows.
    """

    text: str
    reasoning: str = ""
    recalls: bool = False


@dataclass(frozen=True, slots=True)
class End:
    """The proper end of a reply.

    Attributes:
        finish_reason: "stop" for a whole reply, "length" for one that was cut off at its longest.
        usage: tokens, where the endpoint counts them.
        said: the endpoint's own word for the end; empty where it has none.
        thinking: how it told its thinking apart: "field", "marks", "closing mark", "hidden", or empty: none was seen.
    """

    finish_reason: str
    usage: Usage | None = None
    said: str = field(default="", compare=False)
    thinking: str = field(default="", compare=False)


class Transcript:
    """What a reply has said so far: its answer as `text`, and its thinking apart from it."""

    def __init__(self, text: str = "", reasoning: str = "") -> None:
        self.text = text
        self._thoughts = [reasoning]  # joined when somebody asks: thinking may come in a hundred thousand pieces

    @property
    def reasoning(self) -> str:
        """The thinking."""
        if len(self._thoughts) > 1:
            self._thoughts = ["".join(self._thoughts)]
        return self._thoughts[0]

    def add(self, piece: Piece) -> None:
        """Add a piece to the answer or to the thinking."""
        if piece.recalls:
            self._thoughts.append(self.text)
            self.text = ""
        if piece.reasoning:
            self._thoughts.append(piece.reasoning)
        self.text += piece.text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Transcript) and (self.text, self.reasoning) == (other.text, other.reasoning)

    def __hash__(self) -> int:
        return hash((self.text, self.reasoning))

    def __repr__(self) -> str:
        return f"Transcript({self.text!r}, {self.reasoning!r})"


@dataclass(frozen=True, slots=True)
class Completion:
    """A whole reply, with the rate-limit headers that came with it (lower-case names).

    `reasoning` is the thinking before the answer, where the endpoint shows it.
    """

    text: str
    finish_reason: str
    usage: Usage | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    reasoning: str = ""


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
