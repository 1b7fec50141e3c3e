"""Answers HEAD like GET, without the body (RFC 9110, section 9.3.2): a route has to know GET only."""

from contextlib import suppress

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class _Answered(OSError):
    """Nobody wants the rest of an answer. Starlette ends a stream on this as if the visitor had left."""


class HeadRequests:
    """ASGI middleware around all that answers GET."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return
        answered = False

        async def send_head(message: Message) -> None:
            nonlocal answered
            if not answered:
                answered = True
                await send(message)
                await send({"type": "http.response.body", "body": b"", "more_body": False})
            elif message.get("more_body"):
                raise _Answered

        with suppress(_Answered, ClientDisconnect):
            await self._app({**scope, "method": "GET"}, receive, send_head)
