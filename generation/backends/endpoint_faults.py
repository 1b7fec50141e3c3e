"""Endpoint faults: turns exceptions and error bodies of an OpenAI-compatible endpoint into our `BackendError`s.

The openai client lets errors of four libraries through, and the aiohttp transport reports a broken connection as a
timeout; so every exception in the chain of causes is read, not only the one that was raised.
"""

import email.utils
import json
import re
import time
from collections.abc import Iterator, Mapping

import aiohttp
import httpx2
import openai

from generation.backends.reach import OutOfReach
from generation.backends.text import quoted
from generation.errors import (
    BackendError,
    BadEncoding,
    ContentFiltered,
    ContextTooLong,
    FirstTokenTimeout,
    NotAStream,
    QuotaExhausted,
    RateLimited,
    Rejected,
    ServerFault,
    Stalled,
    TooLong,
    Truncated,
    Unreachable,
)

# All exceptions that a fault of the endpoint or of the network can raise. OSError includes TimeoutError and TLS errors;
# RuntimeError is what aiohttp raises when a connection is lost between two reads.
FAULTS: tuple[type[Exception], ...] = (
    BackendError,
    openai.OpenAIError,
    httpx2.HTTPError,
    httpx2.InvalidURL,
    httpx2.StreamError,
    aiohttp.ClientError,
    OSError,
    UnicodeError,
    json.JSONDecodeError,
    RuntimeError,
)
CLOSED_BETWEEN_READS = "Connection closed."
CONTEXT_TOO_LONG = re.compile(
    r"context[ _-]?(length|window|size)|maximum context|(prompt|input)s? (is|are) too long|too many tokens",
    re.IGNORECASE,
)
QUOTA_CODES = {"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"}


def backend_error(error: Exception, *, begun: bool) -> BackendError:
    """Return the `BackendError` for `error`, one of `FAULTS`. `begun`: some text had already come.

    Raises:
        RuntimeError: `error` itself, if it is a bug and no fault of the endpoint.
    """
    causes = list(_causes(error))

    def among(*kinds: type[Exception]) -> bool:
        return any(isinstance(cause, kinds) for cause in causes)

    quotation = _quotation_of(causes)
    if isinstance(error, BackendError):
        return error
    if refused := next((cause for cause in causes if isinstance(cause, OutOfReach)), None):
        return Unreachable(f"{refused}.", hint="Allow its network by ARENA_PRIVATE_NETWORKS, if it is yours.")
    if str(error) == CLOSED_BETWEEN_READS:
        return _lost_connection(causes, quotation)
    if isinstance(error, RuntimeError) and not isinstance(error, httpx2.StreamError):
        raise error
    if isinstance(error, openai.APIStatusError):
        return fault_of_status(error.status_code, error.body, error.response.headers)
    if among(UnicodeError):
        return BadEncoding(f"The endpoint sent bytes that are not UTF-8: {quotation}.")
    if among(aiohttp.ConnectionTimeoutError):
        return Unreachable(f"No connection in time: {quotation}.")
    if among(TimeoutError, httpx2.ReadTimeout):
        return (
            Stalled(f"Nothing more came: {quotation}.") if begun else FirstTokenTimeout(f"Nothing came: {quotation}.")
        )
    if among(aiohttp.ClientConnectionError, OSError) or isinstance(error, httpx2.TransportError):
        return _lost_connection(causes, quotation)
    if isinstance(error, openai.APITimeoutError):
        return FirstTokenTimeout(f"Nothing came: {quotation}.")
    if isinstance(error, openai.APIConnectionError | httpx2.InvalidURL | aiohttp.InvalidURL):
        return Unreachable(f"No connection: {quotation}.")
    if isinstance(error, openai.ContentFilterFinishReasonError):
        return ContentFiltered(f"The endpoint withheld the reply: {quotation}.")
    if isinstance(error, openai.LengthFinishReasonError):
        return TooLong(f"The reply is too long: {quotation}.")
    if isinstance(error, openai.APIResponseValidationError | json.JSONDecodeError):
        return NotAStream(f"The endpoint sent something else than a reply: {quotation}.")
    if isinstance(error, openai.OpenAIError):
        return ServerFault(f"The endpoint failed: {quotation}.")
    return NotAStream(f"The endpoint broke the rules of HTTP: {quotation}.")


def never_arrived(error: openai.APIConnectionError) -> bool:
    """Whether the endpoint cannot have begun to answer: connection refused, or reset before a header came."""
    return any(
        isinstance(cause, ConnectionError | aiohttp.ServerDisconnectedError | aiohttp.ClientConnectorError)
        and not isinstance(cause, aiohttp.ClientSSLError)
        for cause in _causes(error)
    ) and not any(isinstance(cause, OutOfReach) for cause in _causes(error))


def fault_of_status(status: int, body: object, headers: Mapping[str, str]) -> BackendError:
    """Return the `BackendError` for an error answer.

    Args:
        status: the HTTP status, or the one named in an error object.
        body: the JSON error object or the text that came with it.
        headers: of the answer.
    """
    code = str(body.get("code") or body.get("type") or "") if isinstance(body, Mapping) else ""
    message = str((body.get("message") or body.get("detail") if isinstance(body, Mapping) else None) or body or "")
    sentence = f"{status} {quoted(message)}"
    if 300 <= status < 400:
        return NotAStream(
            f"{status} redirect to {quoted(headers.get('location', '?'))}", hint="Set `url` to the final address."
        )
    if status == 402 or code in QUOTA_CODES:
        return QuotaExhausted(sentence, hint="Add credit to the account, or pause this contender.")
    if status == 429 or code == "rate_limit_exceeded":
        return RateLimited(sentence, retry_after_s=_retry_after_s(headers))
    if code == "content_filter":
        return ContentFiltered(sentence)
    if status not in {401, 403, 404} and (code == "context_length_exceeded" or CONTEXT_TOO_LONG.search(message)):
        return ContextTooLong(sentence, hint="Shorten the conversation or lower `max_tokens`.")
    if status >= 500 or status == 408:
        return ServerFault(sentence)
    return Rejected(
        sentence, hint={401: "Check the key.", 403: "Check the key.", 404: "Check `url` and `model`."}.get(status)
    )


def fault_of_error_object(error: object) -> BackendError:
    """Return the `BackendError` for an error object that came with status 200, in or instead of a stream."""
    code = error.get("code") if isinstance(error, Mapping) else None
    status = code if isinstance(code, int) and 400 <= code < 600 else 500
    return fault_of_status(status, error, {})


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def _quotation_of(causes: list[BaseException]) -> str:
    deepest = next((cause for cause in reversed(causes) if str(cause)), causes[-1])
    # The text of a UnicodeError repeats all the bytes that could not be decoded.
    reason = deepest.reason if isinstance(deepest, UnicodeDecodeError) else str(deepest)
    return quoted(f"{type(deepest).__name__} {reason}")


def _lost_connection(causes: list[BaseException], quotation: str) -> BackendError:
    if isinstance(causes[0], openai.APIConnectionError):
        return Unreachable(
            f"No connection: {quotation}.", hint="Check that the endpoint runs and `url` is its address."
        )
    return Truncated(f"The connection broke in the middle of the reply: {quotation}.")


def _retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that the endpoint asks to wait: by OpenAI's own header, or RFC 9110, section 10.2.3."""
    try:
        if "retry-after-ms" in headers:
            return max(0.0, float(headers["retry-after-ms"]) / 1000)
        wish = headers["retry-after"]
        if re.fullmatch(r"\s*\d+(\.\d+)?\s*", wish):
            return float(wish)
        return max(0.0, email.utils.parsedate_to_datetime(wish).timestamp() - time.time())
    except (KeyError, ValueError, OverflowError):
        return None
