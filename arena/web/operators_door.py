"""The operators' door: one password for all pages of operators and organisers, asked for by the browser itself."""

import asyncio
import base64
import hmac

from fastapi import Request
from starlette.responses import PlainTextResponse, Response

from arena.web.texts import say

CHALLENGE = {"www-authenticate": 'Basic realm="operations", charset="UTF-8"', "cache-control": "no-store"}
GUESS_S = 1.0  # seconds; wrong passwords are answered one at a time, each after this delay
MAX_NAME_CHARS = 60


class OperatorsDoor:
    """Lets in whoever gives the operators' password, with any user name.

    Wrong ones are answered one at a time, each after `GUESS_S`; so an arena has one door for all its pages.
    """

    def __init__(self, password: str) -> None:
        self._password = password.encode()
        self._guessing = asyncio.Lock()

    async def refusal(self, request: Request) -> Response | None:
        """Return the answer to a request without the password, or None if it has it."""
        given = password_of(request.headers.get("authorization", ""))
        if hmac.compare_digest(given, self._password):
            return None
        if given:
            async with self._guessing:
                await asyncio.sleep(GUESS_S)
        return PlainTextResponse(say("operations.password"), 401, CHALLENGE)

    def sign(self, text: str) -> str:
        """Return a signature of `text` (HMAC-SHA256, in hex) that nobody makes who does not know the password."""
        return hmac.new(self._password, text.encode(), "sha256").hexdigest()


def password_of(authorization: str) -> bytes:
    """Return the password in an `Authorization` header of the basic scheme (RFC 7617), or nothing."""
    return _credentials(authorization).partition(b":")[2]


def user_of(authorization: str) -> str:
    """Return the user name in an `Authorization` header of the basic scheme, as far as it can be shown."""
    name = _credentials(authorization).partition(b":")[0].decode("utf-8", "replace")
    return "".join(character for character in name if character.isprintable())[:MAX_NAME_CHARS] or "operator"


def _credentials(authorization: str) -> bytes:
    scheme, _, encoded = authorization.partition(" ")
    try:
        return base64.b64decode(encoded.strip(), validate=True) if scheme.casefold() == "basic" else b""
    except ValueError:
        return b""
