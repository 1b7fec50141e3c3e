"""What can go wrong while a language model is asked for text.

GenerationError                  shown to a person as one sentence and a hint, without a traceback
├── BadInput                     a file or recipe that a person must correct; lists every fault at once
└── BackendError                 one request did not end as a whole reply
    ├── Unreachable              no connection: refused, DNS, TLS
    ├── Rejected                 the endpoint answered 4xx: wrong key, unknown model, bad request
    │   ├── QuotaExhausted       the account has no money or quota left; asking again cannot help
    │   ├── ContextTooLong       the prompt does not fit the context
    │   ├── PromptDeclined       the vendor refuses this prompt because of what it says
    │   └── NotRecorded          answers come from a recording, and it has none to this prompt
    ├── RateLimited              429; carries `retry_after_s` where the endpoint gave it
    ├── ServerFault              5xx, or an error object in the stream
    ├── FirstTokenTimeout        nothing came in time
    ├── Stalled                  the stream fell silent between two tokens
    ├── TotalTimeout             the reply took longer than a reply may
    ├── Truncated                the stream ended without a finish reason, or was cut
    ├── EmptyReply               it ended properly and said nothing
    │   └── OnlyThinking         it thought, and gave no answer
    ├── ContentFiltered          the endpoint withheld the reply, or the rest of it
    ├── NotAStream               HTML, a redirect or malformed events where a stream was due
    ├── BadEncoding              bytes that are not UTF-8
    └── TooLong                  more bytes or tokens than a reply may have
"""

from collections.abc import Sequence
from typing import ClassVar


class GenerationError(Exception):
    """Base of all errors of this package that a person can act on.

    Attributes:
        hint: what to do next, or None.
        exit_code: what a command that ends with this error returns.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, sentence: str, *, hint: str | None = None) -> None:
        super().__init__(sentence)
        self.hint = hint


class BadInput(GenerationError):
    """A file that a person must correct. `faults` holds one line a fault, each with its place."""

    exit_code = 2

    def __init__(self, sentence: str, faults: Sequence[str] = (), *, hint: str | None = None) -> None:
        super().__init__("\n  ".join([sentence, *faults]), hint=hint)
        self.faults = tuple(faults)


class BackendError(GenerationError):
    """One request did not end as a whole reply.

    `kind` is the word that is stored and counted. The sentence is for maintainers and may quote the
    endpoint; it is never shown to a voter.
    """

    kind: ClassVar[str] = "backend"


class Unreachable(BackendError):
    """No connection: refused, DNS, TLS."""

    kind = "unreachable"


class Rejected(BackendError):
    """The endpoint answered 4xx: wrong key, unknown model, bad request."""

    kind = "rejected"


class QuotaExhausted(Rejected):
    """The account has no money or quota left; asking again cannot help."""

    kind = "quota_exhausted"


class ContextTooLong(Rejected):
    """The prompt does not fit the context."""

    kind = "context_too_long"


class PromptDeclined(Rejected):
    """The vendor refuses this prompt because of what it says; it would answer another."""

    kind = "prompt_declined"


class NotRecorded(Rejected):
    """Answers come from a recording, and it has none to this prompt."""

    kind = "not_recorded"


class RateLimited(BackendError):
    """The endpoint answered 429. `retry_after_s` is its own wish in seconds, or None."""

    kind = "rate_limited"

    def __init__(self, sentence: str, *, retry_after_s: float | None = None, hint: str | None = None) -> None:
        super().__init__(sentence, hint=hint)
        self.retry_after_s = retry_after_s


class ServerFault(BackendError):
    """The endpoint answered 5xx, or sent an error object in the stream."""

    kind = "server_fault"


class FirstTokenTimeout(BackendError):
    """Nothing came in time."""

    kind = "first_token_timeout"


class Stalled(BackendError):
    """The stream fell silent between two tokens."""

    kind = "stalled"


class TotalTimeout(BackendError):
    """The reply took longer than a reply may."""

    kind = "total_timeout"


class Truncated(BackendError):
    """The stream ended without a finish reason, or was cut."""

    kind = "truncated"


class EmptyReply(BackendError):
    """The reply ended properly and said nothing."""

    kind = "empty_reply"


class OnlyThinking(EmptyReply):
    """The reply thought, and ended without an answer."""

    kind = "only_thinking"


class ContentFiltered(BackendError):
    """The endpoint withheld the reply, or the rest of it, because of what it says."""

    kind = "content_filtered"


class NotAStream(BackendError):
    """HTML, a redirect or malformed events came where a stream was due."""

    kind = "not_a_stream"


class BadEncoding(BackendError):
    """The endpoint sent bytes that are not UTF-8."""

    kind = "bad_encoding"


class TooLong(BackendError):
    """The reply had more bytes or tokens than a reply may have."""

    kind = "too_long"
