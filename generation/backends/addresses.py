"""Addresses: what a person wrote as an endpoint's URL, as the base URL that requests are sent to."""

import re
import urllib.parse

ENDINGS = ("/chat/completions", "/completions", "/models")


def base_url(text: str) -> str:
    """Return the base URL meant by `text`: without a request's path or a doubled `/v1`, with `/v1` where no path is.

    Raises:
        ValueError: with a sentence about what is wrong.
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
    for ending in ENDINGS:
        path = path.removesuffix(ending)
    while path.endswith("/v1/v1"):
        path = path.removesuffix("/v1")
    return f"{parts.scheme}://{parts.netloc}{path or '/v1'}"


def _without_secrets(text: str) -> str:
    """Return an address as it may be quoted: people paste keys before an `@` and after a `?`."""
    return re.sub(r"[^/]*@", "…@", re.split("[?#]", text)[0])
