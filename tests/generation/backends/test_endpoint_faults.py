"""What exceptions and error bodies mean."""

import json
import ssl
from collections.abc import Iterator

import aiohttp
import httpx2
import openai
import pytest

from generation.backends.endpoint_faults import FAULTS, backend_error, fault_of_error_object, fault_of_status
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


def descendants(kind: type[BaseException]) -> Iterator[type[BaseException]]:
    yield kind
    for child in kind.__subclasses__():
        yield from descendants(child)


def bare(kind: type[BaseException]) -> BaseException:
    """An exception of this kind as a library would raise it, without going through its constructor."""
    error = kind.__new__(kind)
    response = httpx2.Response(418, request=httpx2.Request("POST", "http://x"))
    for name, value in {"response": response, "status_code": 418, "body": None, "message": "teapot"}.items():
        if isinstance(error, openai.OpenAIError):
            setattr(error, name, value)
    return error


EXPECTED = {
    openai.OpenAIError: ServerFault,
    openai.APIError: ServerFault,
    openai.APIConnectionError: Unreachable,
    openai.APITimeoutError: FirstTokenTimeout,
    openai.APIResponseValidationError: NotAStream,
    openai.LengthFinishReasonError: TooLong,
    openai.ContentFilterFinishReasonError: ContentFiltered,
}


@pytest.mark.parametrize("kind", sorted({*descendants(openai.OpenAIError)}, key=lambda kind: kind.__name__))
def test_every_exception_of_the_openai_client_has_a_meaning(kind: type[Exception]):
    meaning = backend_error(bare(kind), begun=False)  # type: ignore[arg-type]
    expected = Rejected if issubclass(kind, openai.APIStatusError) else EXPECTED.get(kind, ServerFault)
    assert type(meaning) is expected


@pytest.mark.parametrize(
    "kind", [httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, aiohttp.ClientError, OSError]
)
def test_every_exception_of_the_transport_is_caught_and_has_a_meaning(kind: type[Exception]):
    for descendant in {*descendants(kind)}:
        assert issubclass(descendant, FAULTS)
    assert isinstance(backend_error(kind("x"), begun=True), BackendError)


REQUEST = httpx2.Request("POST", "http://x")


def no_connection(*causes: Exception) -> Exception:
    return caused(openai.APIConnectionError(request=REQUEST), *causes)


def timeout(*causes: Exception) -> Exception:
    return caused(openai.APITimeoutError(request=REQUEST), *causes)


def caused(error: Exception, *causes: Exception) -> Exception:
    """`error`, raised from the first of the causes, raised from the second, and so on."""
    link = error
    for cause in causes:
        link.__cause__ = cause
        link = cause
    return error


@pytest.mark.parametrize(
    ("error", "begun", "meaning"),
    [
        # The aiohttp transport reports a broken connection as a connection timeout.
        (timeout(httpx2.ConnectTimeout("x"), aiohttp.ServerDisconnectedError()), False, Unreachable),
        (timeout(httpx2.ConnectTimeout("x"), aiohttp.ClientOSError(104, "reset")), False, Unreachable),
        (timeout(httpx2.TimeoutException("x"), aiohttp.ConnectionTimeoutError("x")), False, Unreachable),
        (timeout(httpx2.ReadTimeout("x"), aiohttp.SocketTimeoutError("x")), False, FirstTokenTimeout),
        (no_connection(httpx2.ConnectError("x"), ssl.SSLError("x")), False, Unreachable),
        (caused(httpx2.ReadTimeout("x"), aiohttp.SocketTimeoutError("x")), True, Stalled),
        (caused(httpx2.ReadTimeout("x"), aiohttp.SocketTimeoutError("x")), False, FirstTokenTimeout),
        (caused(httpx2.ReadError("x"), aiohttp.ClientPayloadError("x")), True, Truncated),
        (caused(httpx2.ConnectTimeout("x"), aiohttp.ClientOSError(104, "reset")), True, Truncated),
        (httpx2.RemoteProtocolError("x"), True, Truncated),
        (ConnectionResetError(104, "reset"), True, Truncated),
        (RuntimeError("Connection closed."), True, Truncated),
        (UnicodeDecodeError("utf-8", b"secret \xe9", 7, 8, "invalid"), True, BadEncoding),
        (json.JSONDecodeError("x", "y", 0), True, NotAStream),
        (httpx2.DecodingError("x"), True, NotAStream),
    ],
)
def test_the_whole_chain_of_causes_is_read(error: Exception, begun: bool, meaning: type[BackendError]):
    assert type(backend_error(error, begun=begun)) is meaning
    assert "secret" not in str(backend_error(error, begun=begun))


def test_a_bug_stays_a_bug():
    with pytest.raises(RuntimeError, match="generator ignored"):
        backend_error(RuntimeError("async generator ignored GeneratorExit"), begun=True)


@pytest.mark.parametrize(
    ("status", "body", "meaning"),
    [
        (400, {"message": "Unknown field."}, Rejected),
        (400, {"code": "context_length_exceeded"}, ContextTooLong),
        (400, {"message": "the request exceeds the available context size"}, ContextTooLong),
        (400, {"message": "prompt is too long: 9 tokens > 8 maximum"}, ContextTooLong),
        (400, {"code": "content_filter"}, PromptDeclined),
        (402, "Insufficient balance", QuotaExhausted),
        (403, {"message": "context length of your plan"}, Rejected),
        (408, None, ServerFault),
        (418, ["teapot"], Rejected),
        (429, {"type": "insufficient_quota"}, QuotaExhausted),
        (429, "", RateLimited),
        (500, {"message": "Trying to keep the first 9 tokens: context length of only 8"}, ContextTooLong),
        (520, "<html>", ServerFault),
        (304, None, NotAStream),
    ],
)
def test_an_error_answer_has_its_class(status: int, body: object, meaning: type[BackendError]):
    assert type(fault_of_status(status, body, {})) is meaning


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        ("gone", ServerFault),
        ({"message": "x", "code": 429}, RateLimited),
        ({"message": "x", "code": 400}, Rejected),
        ({"message": "x", "code": "rate_limit_exceeded"}, RateLimited),
        ({"message": "x", "code": 7}, ServerFault),
        (True, ServerFault),
    ],
)
def test_an_error_object_in_a_stream_has_its_class(error: object, meaning: type[BackendError]):
    assert type(fault_of_error_object(error)) is meaning


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-3"}, None),
        ({}, None),
    ],
)
def test_the_endpoints_wish_for_patience_is_read_in_every_spelling(headers: dict[str, str], seconds: float | None):
    error = fault_of_status(429, None, headers)
    assert isinstance(error, RateLimited)
    assert error.retry_after_s == seconds


def test_a_long_or_many_lined_answer_is_quoted_shortly():
    sentence = str(fault_of_status(500, "first\n\x1b[31mline " + "x" * 10_000, {}))
    assert sentence.startswith("500 “first [31mline xxx")
    assert len(sentence) < 320
