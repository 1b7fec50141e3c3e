"""Faults of vendors: turns what pydantic-ai and the vendors' own clients raise into our `BackendError`s."""

import json
import sys
from collections.abc import Iterator, Mapping

from generation.backends.endpoint_faults import FAULTS, backend_error, fault_of_status
from generation.backends.reach import OutOfReach
from generation.backends.text import quoted
from generation.errors import (
    BackendError,
    EmptyReply,
    FirstTokenTimeout,
    NotAStream,
    Rejected,
    ServerFault,
    Stalled,
    Truncated,
    Unreachable,
)


def vendor_faults() -> tuple[type[Exception], ...]:
    """Return all exceptions that a fault of a vendor or of the network can raise."""
    from pydantic_ai.exceptions import AgentRunError, UserError

    amazon = sys.modules.get("botocore.exceptions")  # imported once a model of Bedrock is open
    # A client that meets JSON of another shape than it knows raises what Python raises.
    shapes = (ValueError, TypeError, KeyError, AttributeError)
    return (*FAULTS, AgentRunError, UserError, *shapes, *([amazon.BotoCoreError] if amazon else ()))


def vendor_fault(error: Exception, *, begun: bool) -> BackendError:
    """Return the `BackendError` for `error`, one of `vendor_faults`. `begun`: some text had already come."""
    from pydantic_ai.exceptions import ModelAPIError, ModelConnectionError, ModelTimeoutError, UserError

    causes = [*_causes(error)]
    if isinstance(error, BackendError):
        return error
    if refused := next((cause for cause in causes if isinstance(cause, OutOfReach)), None):
        return backend_error(refused, begun=begun)
    status = next((code for cause in causes if (code := _status(cause))), None)
    if status is not None and not 200 <= status < 300:
        return fault_of_status(status, _body(causes), _headers(causes))
    told = quoted(f"{type(causes[-1]).__name__} {causes[-1]}")
    if isinstance(error, ModelTimeoutError):
        return Stalled(f"Nothing more came: {told}.") if begun else FirstTokenTimeout(f"Nothing came: {told}.")
    if isinstance(error, ModelConnectionError):
        if begun or error.phase == "read":
            return Truncated(f"The connection broke in the middle of the reply: {told}.")
        return Unreachable(f"No connection: {told}.")
    if type(error).__module__.startswith("botocore."):
        return Rejected(f"The request cannot be made: {told}.")
    if any(isinstance(cause, json.JSONDecodeError | UnicodeError) for cause in causes):
        return NotAStream(f"The vendor sent something else than a reply: {told}.")
    if isinstance(error, UserError):
        return Rejected(f"The request cannot be made: {told}.")
    if isinstance(error, ModelAPIError):
        return ServerFault(f"The vendor failed: {told}.")
    if "without content" in str(error):
        return EmptyReply(f"The reply has no text: {told}.")
    return NotAStream(f"The vendor sent a reply of an unknown shape: {told}.")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _status(error: BaseException) -> int | None:
    # Google's client calls it `code`, as aiohttp calls numbers of its own.
    name = "code" if type(error).__module__.startswith("google.") else "status_code"
    value = getattr(error, name, None)
    return value if isinstance(value, int) and 100 <= value < 600 else None


def _body(causes: list[BaseException]) -> object:
    body = next((found for cause in causes if (found := getattr(cause, "body", None))), str(causes[0]))
    if isinstance(body, Mapping) and isinstance(told := body.get("Error"), Mapping):  # Amazon's
        return {"error": {"message": told.get("Message"), "code": told.get("Code")}}
    return body


def _headers(causes: list[BaseException]) -> Mapping[str, str]:
    for cause in causes:
        headers = getattr(getattr(cause, "response", None), "headers", None)
        if isinstance(headers, Mapping):
            return headers
    return {}
