"""Error bodies: what an endpoint says of an error, whatever shape it says it in.

Read are OpenAI's `{"error": {…}}`, Gemini's list of such objects, Anthropic's `{"type": "error", …}`, Mistral's and
vLLM's flat object, FastAPI's `{"detail": …}`, Cloudflare's `{"errors": […]}`, DashScope's and Bedrock's
`{"code": …, "message": …}`, bare text, and JSON in text.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_NESTED = ("error", "errors", "detail", "details", "metadata")
_CODES = ("code", "type", "status", "error_type", "error_code", "reason", "err_code", "innererror")
_MESSAGES = ("message", "msg", "detail", "error_message", "error_msg", "reason", "title", "raw")
_DEEPEST = 5
_RETRY = re.compile(r"(?:retry|again) (?:in|after) (\d+(?:\.\d+)?) ?s", re.IGNORECASE)
# Words for a status, by letters alone: Google's canonical codes, Anthropic's types, names of AWS exceptions.
_STATUS_OF = {
    "invalidargument": 400,
    "validationexception": 400,
    "failedprecondition": 400,
    "authenticationerror": 401,
    "unauthenticated": 401,
    "invalidapikey": 401,
    "billingerror": 402,
    "permissionerror": 403,
    "permissiondenied": 403,
    "accessdeniedexception": 403,
    "notfounderror": 404,
    "notfound": 404,
    "modelnotfound": 404,
    "requesttoolarge": 413,
    "ratelimiterror": 429,
    "ratelimitexceeded": 429,
    "resourceexhausted": 429,
    "throttlingexception": 429,
    "throttling": 429,
    "toomanyrequests": 429,
    "internal": 500,
    "apierror": 500,
    "internalservererror": 500,
    "modelstreamerrorexception": 500,
    "unavailable": 503,
    "serviceunavailable": 503,
    "serviceunavailableexception": 503,
    "deadlineexceeded": 504,
    "timeouterror": 504,
    "overloadederror": 529,
    "overloaded": 529,
}


@dataclass(frozen=True, slots=True)
class ErrorBody:
    """What an error says.

    Attributes:
        message: its sentence; the whole body as text where it has none.
        codes: its code words in lower case, the outermost first.
        status: the HTTP status that it names, as a number, as text or by a word; None where it names none.
        retry_after_s: how long it asks to wait.
    """

    message: str
    codes: tuple[str, ...]
    status: int | None
    retry_after_s: float | None

    @classmethod
    def of(cls, body: object) -> "ErrorBody":
        """Read a body: JSON already decoded, or text."""
        if isinstance(body, str):
            body = _decoded(body)
        tables = list(_tables(body))
        messages = [text for table in tables for name in _MESSAGES if isinstance(text := table.get(name), str) and text]
        texts = [text for table in tables for name in _NESTED if isinstance(text := table.get(name), str) and text]
        stated = [table.get(name) for table in tables for name in (*_CODES, "status_code", "http_code")]
        codes = tuple(code.strip().casefold() for code in stated if isinstance(code, str) and code.strip())
        numbers = (_status(value) for value in stated)
        return cls(
            message=next(iter([*messages, *texts]), "" if tables and not body else _plain(body)),
            codes=codes,
            status=next((number for number in numbers if number), None),
            retry_after_s=_retry_after_s(tables, " ".join(messages)),
        )


def states_error(chunk: Mapping[str, object]) -> bool:
    """Return whether a JSON object is an error rather than a part of a reply."""
    if chunk.get("error") or chunk.get("object") == "error" or chunk.get("type") == "error":
        return True
    if "choices" in chunk:
        return False
    told = any(isinstance(chunk.get(name), str) for name in ("message", "msg"))
    return bool(chunk.get("errors") or chunk.get("detail")) or (told and any(name in chunk for name in _CODES))


def _decoded(text: str) -> object:
    try:
        return json.loads(text) if text.lstrip("\ufeff \r\n\t")[:1] in {"{", "["} else text
    except (ValueError, RecursionError):
        return text


def _tables(value: object, depth: int = 0) -> Iterator[Mapping[str, object]]:
    """Yield the objects that an error is made of, the innermost error first."""
    if depth > _DEEPEST:
        return
    if isinstance(value, list):
        for one in value[:8]:
            yield from _tables(one, depth + 1)
    elif isinstance(value, Mapping):
        for name in _NESTED:
            inner = value.get(name)
            yield from _tables(_decoded(inner) if isinstance(inner, str) else inner, depth + 1)
        yield value


def _status(value: object) -> int | None:
    if isinstance(value, str):
        if not re.fullmatch(r"\s*\d{3}\s*", value):
            return _STATUS_OF.get(re.sub(r"[^a-z]", "", value.casefold()))
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 400 <= value < 600 else None


def _retry_after_s(tables: list[Mapping[str, object]], message: str) -> float | None:
    for table in tables:
        for name in ("retryDelay", "retry_after", "retry_after_seconds"):
            if found := re.fullmatch(r"(\d{1,6}(?:\.\d+)?)s?", str(table.get(name, ""))):
                return float(found[1])
    found = _RETRY.search(message)
    return float(found[1]) if found else None


def _plain(body: object) -> str:
    try:
        return body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    except (TypeError, ValueError):
        return str(body)
