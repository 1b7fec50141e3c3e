"""Addresses: turns the URL that a person wrote for an endpoint into the base URL that requests are sent to."""

import re
import urllib.parse

from generation.value_rules import Rule

ENDINGS = ("/chat/completions", "/completions", "/models")
# Paths of single requests in other APIs, which an OpenAI-compatible client would miss.
FOREIGN_ENDINGS = {
    "/messages": "Anthropic's API of messages",
    "/responses": "OpenAI's API of responses",
    "/api/chat": "Ollama's own API",
    "/api/generate": "Ollama's own API",
    "/api/tags": "Ollama's own API",
    "/embeddings": "an API of embeddings",
    ":generateContent": "Gemini's own API",
    ":streamGenerateContent": "Gemini's own API",
    "/converse": "Bedrock's own API",
    "/converse-stream": "Bedrock's own API",
    "/invoke": "Bedrock's own API",
}


def base_url(text: str) -> str:
    """Return the base URL of the endpoint at `text`: `/v1` is added where there is no path.

    The path of a single request, such as `/chat/completions`, and a doubled `/v1` are removed.

    Raises:
        ValueError: it cannot be used; the message says why.
    """
    text = text.strip()
    shown = _without_secrets(text)
    if "://" not in text:
        raise ValueError(f"{shown!r} has no scheme; write http://{shown.lstrip('/')} or https://{shown.lstrip('/')}")
    try:
        parts = urllib.parse.urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError(f"{shown!r} is no URL: {error}") from None
    if parts.username or parts.password:
        raise ValueError("must not hold a user or a password; give the key by its own setting")
    if parts.scheme not in {"http", "https"} or not host or any(c.isspace() for c in text):
        raise ValueError(f"{shown!r} is not an http or https address")
    if parts.query or parts.fragment:
        raise ValueError(f"{shown!r} must end with its path, without `?` or `#`")
    path = parts.path.rstrip("/")
    if foreign := _foreign_api(path):
        raise ValueError(f"{shown!r} belongs to {foreign}; {_INSTEAD}")
    for ending in ENDINGS:
        path = path.removesuffix(ending)
    while path.endswith("/v1/v1"):
        path = path.removesuffix("/v1")
    return f"{parts.scheme}://{parts.netloc}{path or '/v1'}"


def same_address(text: str) -> str:
    """Return `base_url(text)` in one spelling, without a default port, so that addresses can be compared.

    Raises:
        ValueError: it cannot be used.
    """
    parts = urllib.parse.urlsplit(base_url(text))
    host, usual = (parts.hostname or "").rstrip("."), {"http": 80, "https": 443}[parts.scheme]
    port = "" if parts.port in {None, usual} else f":{parts.port}"
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}{parts.path}"


def _foreign_api(path: str) -> str | None:
    """Return the other API to which the path of a request belongs."""
    return next((api for ending, api in FOREIGN_ENDINGS.items() if path.endswith(ending)), None)


def _without_secrets(text: str) -> str:
    """Return an address without the parts where people paste keys: before an `@` and after `?` or `#`."""
    return re.sub(r"[^/]*@", "…@", re.split("[?#]", text)[0])


_INSTEAD = "give the OpenAI-compatible address, as a rule with /v1"
_ADDRESS = "an http:// or https:// address, such as http://127.0.0.1:8000/v1"


def _is_address(text: str) -> bool:
    try:
        return bool(base_url(text))
    except ValueError:
        return False


def _why_no_address(text: str) -> str:
    if re.search("[@?#]", text):  # where people paste keys
        return "must be an address without user, password, `?…` and `#…`; name a key's variable in `api_key_env`"
    if "://" in text and (foreign := _foreign_api(text.strip().rstrip("/"))):
        return f"belongs to {foreign}; {_INSTEAD}"
    return f"must be {_ADDRESS}"


ADDRESS = Rule(_ADDRESS, _is_address, alone=True, why=_why_no_address)
ADDRESSES = Rule(
    "a list of http:// or https:// addresses, each once",
    lambda texts: all(map(_is_address, texts)) and len({*map(same_address, texts)}) == len(texts),
    alone=True,
)
