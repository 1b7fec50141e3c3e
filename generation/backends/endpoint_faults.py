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

from generation.backends.error_bodies import ErrorBody
from generation.backends.reach import OutOfReach
from generation.backends.text import quoted
from generation.errors import (
    BackendError,
    BadEncoding,
    ContentFiltered,
    ContextTooLong,
    FirstTokenTimeout,
    NotAStream,
    PromptDeclined,
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
QUOTA_CODES = {"insufficient_quota", "billing_hard_limit_reached", "billing_not_active", "billing_error", "arrearage"}
NO_MONEY = re.compile(
    r"credit balance is too low|insufficient (balance|credits?|funds|quota)|(out of|no|more) credits|exceeded your "
    r"(current quota|monthly included credits)|billing hard limit|payment required|account .{0,30}(overdue|arrears)",
    re.IGNORECASE,
)
# A vendor's words for "this prompt is not answered here". Another prompt would be.
DECLINED_CODES = {
    *("invalid_prompt", "content_policy_violation", "content_filter", "contentfilter", "content_blocked"),
    *("moderation_blocked", "moderation", "responsibleaipolicyviolation", "data_inspection_failed"),
    *("datainspectionfailed", "prompt_blocked", "safety", "prohibited_content", "unsafe_prompt", "1301"),
    *("sensitive_words_detected", "input_moderation", "usage_policy_violation", "cyber_policy", "contentpolicy"),
}
DECLINED = re.compile(
    r"content (management )?polic|usage polic|safety system|flagged (as|by|for)|violat\w+ .{0,60}polic|"
    r"(inappropriate|sensitive|unsafe) content|content (filter|moderation)|blocked .{0,40}(safety|prompt)",
    re.IGNORECASE,
)
CAPACITY = 498  # Groq: no capacity in this tier at the moment
LONGEST_WAIT_S = 7 * 24 * 3600.0


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
    told = ErrorBody.of(body)
    if status >= 500 and told.status in {402, 429}:  # a gateway's own failure, and what the endpoint behind it said
        status = told.status
    sentence = f"{status} {quoted(told.message)}"
    if 300 <= status < 400:
        return NotAStream(
            f"{status} redirect to {quoted(headers.get('location', '?'))}", hint="Set `url` to the final address."
        )
    if told.retry_after_s is None and (
        status == 402 or not QUOTA_CODES.isdisjoint(told.codes) or NO_MONEY.search(told.message)
    ):
        return QuotaExhausted(sentence, hint="Add credit to the account, or pause this contender.")
    if status in {429, CAPACITY} or "rate_limit_exceeded" in told.codes:
        return RateLimited(sentence, retry_after_s=_retry_after_s(headers, told))
    if status not in {401, 404} and (
        not DECLINED_CODES.isdisjoint(told.codes) or (status in {400, 403, 422, 451} and DECLINED.search(told.message))
    ):
        return PromptDeclined(sentence, hint="The vendor refuses prompts like this one; others are answered.")
    if status not in {401, 403, 404} and (
        "context_length_exceeded" in told.codes or CONTEXT_TOO_LONG.search(told.message)
    ):
        return ContextTooLong(sentence, hint="Shorten the conversation or lower `max_tokens`.")
    if status >= 500 or status in {408, 409, 425}:
        return ServerFault(sentence)
    return Rejected(
        sentence, hint={401: "Check the key.", 403: "Check the key.", 404: "Check `url` and `model`."}.get(status)
    )


def fault_of_error_object(error: object) -> BackendError:
    """Return the `BackendError` for an error object that came with status 200, in or instead of a stream."""
    return fault_of_status(ErrorBody.of(error).status or 500, error, {})


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


def _retry_after_s(headers: Mapping[str, str], told: ErrorBody) -> float | None:
    """Return the seconds that the endpoint asks to wait: by OpenAI's header, RFC 9110 (10.2.3), or in its body."""
    try:
        if "retry-after-ms" in headers:
            return _bounded(float(headers["retry-after-ms"]) / 1000)
        wish = headers["retry-after"]
        if re.fullmatch(r"\s*\d+(\.\d+)?\s*", wish):
            return _bounded(float(wish))
        return _bounded(email.utils.parsedate_to_datetime(wish).timestamp() - time.time())
    except (KeyError, ValueError, OverflowError):
        return _bounded(told.retry_after_s) if told.retry_after_s is not None else None


def _bounded(seconds: float) -> float:
    return min(max(0.0, seconds), LONGEST_WAIT_S)
