"""The operators' page: load, failures and times of each contender's endpoint. It exists only if a password is set."""

import asyncio
import base64
import hmac
from collections.abc import Sequence

from fastapi import FastAPI, Request
from starlette.responses import PlainTextResponse, Response

from arena.battles.battles import Battles
from arena.battles.lanes import Load
from arena.battles.rounds import Rounds
from arena.db.session import Database
from arena.operations.figures import recent_figures
from arena.web.plain_pages import CONTENT_SECURITY_POLICY, PlainPages
from arena.web.texts import say

PATH = "/operations"
PERIODS = (1, 7)  # days
# The page shows who is answering now, so no cache between here and the operator may keep it.
HEADERS = {"content-security-policy": CONTENT_SECURITY_POLICY, "cache-control": "no-store"}
CHALLENGE = {"www-authenticate": 'Basic realm="operations", charset="UTF-8"', "cache-control": "no-store"}
GUESS_S = 1.0  # seconds; wrong passwords are answered one at a time, each after this delay


def add_operations(
    app: FastAPI,
    pages: PlainPages,
    database: Database,
    battles: Battles,
    background: Sequence[Rounds] = (),
    *,
    password: str,
) -> None:
    """Serve the page to everybody who gives `password`, with any user name; others are asked for it."""
    door = OperatorsDoor(password)

    @app.get(PATH)
    async def operations(request: Request) -> Response:
        if refusal := await door.refusal(request):
            return refusal
        days = next((days for days in PERIODS if request.query_params.get("days") == str(days)), PERIODS[0])
        figures = await asyncio.to_thread(recent_figures, database, days=days)
        html = pages.render(
            "operations.html",
            figures=figures,
            load=battles.load(),
            idle=Load(),
            days=days,
            periods=PERIODS,
            troubles=[rounds.trouble for rounds in background if rounds.trouble],
        )
        return Response(html, headers=HEADERS, media_type="text/html; charset=utf-8")


class OperatorsDoor:
    """Lets in whoever gives the operators' password. Wrong ones are answered one at a time, each after `GUESS_S`."""

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


def password_of(authorization: str) -> bytes:
    """Return the password in an `Authorization` header of the basic scheme (RFC 7617), or nothing."""
    scheme, _, encoded = authorization.partition(" ")
    try:
        said = base64.b64decode(encoded.strip(), validate=True) if scheme.casefold() == "basic" else b""
    except ValueError:
        return b""
    return said.partition(b":")[2]
