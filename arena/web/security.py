"""Guards the pages: refuses requests, gives visitors their cookie, and sets the headers of every answer.

`Gatekeeper` refuses requests from other sites' pages, bodies that are too long, and every path that our pages do not
need; Gradio serves many more. (`arena.web.events` then checks the one call to Gradio that is left.) The content
security policy keeps the browser from loading anything from another host, whatever a contender writes.
"""

import hashlib
import re
import secrets
from collections.abc import Callable, Mapping, Set
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from arena.db.states import VoterKey
from arena.web import events

COOKIE = "arena_voter"
COOKIE_SECONDS = 365 * 24 * 3600
TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
LENGTH = re.compile(r"[0-9]{1,12}")

# Gradio's page needs inline scripts and styles, and compiles its templates.
CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "frame-src 'none'",
        "base-uri 'self'",
        "object-src 'none'",
    ]
)
HEADERS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # The address of a battle holds its handle, which no other site may learn.
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
}
# Before a script of another site may send `If-None-Match`, its browser asks us whether that is allowed.
PREFLIGHT = {
    "access-control-allow-origin": "*",
    "access-control-allow-methods": "GET, HEAD",
    "access-control-allow-headers": "if-none-match",
    "access-control-max-age": "86400",
    "cross-origin-resource-policy": "cross-origin",
}

GRADIO_FILES = ("/assets/", "/static/")
# After a broken connection, Gradio's page asks for `app_id` until it gets an answer, and then reloads.
GRADIO_READS = {"/theme.css", "/manifest.json", "/favicon.ico", "/gradio_api/app_id"}


def voter_key(cookies: Mapping[str, str]) -> VoterKey | None:
    """Return the voter of these cookies: the SHA-256 of our cookie in hex, or None if it is missing."""
    token = cookies.get(COOKIE, "")
    return VoterKey(hashlib.sha256(token.encode()).hexdigest()) if TOKEN.fullmatch(token) else None


class Gatekeeper:
    """ASGI middleware around the whole application.

    Args:
        app: answers the requests that are let through.
        pages: paths of our pages and files; all are read with GET.
        sections: beginnings of further paths, which are read with GET too.
        forms: paths that a form of ours is posted to.
        open_section: beginning of the paths that other sites' pages may read as well.
        voter_pages: those of `pages` that give a new cookie to a visitor who has none.
        max_body_bytes: the longest body that is accepted.
        missing_page: returns the HTML for a browser that asks for a page that does not exist.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        pages: set[str],
        voter_pages: set[str],
        max_body_bytes: int,
        sections: tuple[str, ...] = (),
        forms: Set[str] = frozenset(),
        open_section: str | None = None,
        missing_page: Callable[[], str] | None = None,
    ) -> None:
        self._app = app
        self._reads = pages | GRADIO_READS
        self._sections = (*GRADIO_FILES, *sections, *filter(None, [open_section]))
        self._posts = {events.PATH, *forms}
        self._open_section = open_section
        self._voter_pages = voter_pages
        self._max_body_bytes = max_body_bytes
        self._missing_page = missing_page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            refusal = self._refusal(scope)
            await (refusal or self._app)(scope, receive, self._with_headers(scope, send))
        else:
            await send({"type": "websocket.close"})  # none of our pages opens one

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        if self._open_section and scope["path"].startswith(self._open_section):
            if scope["method"] == "OPTIONS":
                return PlainTextResponse("", 204, PREFLIGHT)
        elif is_foreign(scope["method"], headers):
            return PlainTextResponse("This request comes from another site.", 403)
        if not self._is_known(scope["method"], scope["path"]):
            if self._missing_page and "text/html" in headers.get("accept", ""):
                return HTMLResponse(self._missing_page(), 404)
            return PlainTextResponse("There is nothing here.", 404)
        if scope["method"] == "POST":
            length = headers.get("content-length", "")
            if not LENGTH.fullmatch(length):
                return PlainTextResponse("The request must say how long it is.", 411)
            if int(length) > self._max_body_bytes:
                return PlainTextResponse("The request is too long.", 413)
        return None

    def _is_known(self, method: str, path: str) -> bool:
        if method in {"GET", "HEAD"}:
            return path in self._reads or path.startswith(self._sections)
        return method == "POST" and path in self._posts

    def _with_headers(self, scope: Scope, send: Send) -> Send:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)  # a page may set a stricter value, open data a wider one
                if scope["path"] in self._voter_pages and voter_key(HTTPConnection(scope).cookies) is None:
                    headers.append("set-cookie", new_cookie(secure=scope["scheme"] == "https"))
            await send(message)

        return send_with_headers


def is_foreign(method: str, headers: Headers) -> bool:
    """Whether another site's page makes this request. A link to us that somebody follows does not count.

    Browsers tell this in `Sec-Fetch-Site` if the connection is safe, and otherwise in `Origin`. Other programs send
    neither, and hold no visitor's cookies.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        followed_link = method == "GET" and headers.get("sec-fetch-mode") == "navigate"
        return site not in {"same-origin", "none"} and not followed_link
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != headers.get("host")


def new_cookie(*, secure: bool) -> str:
    """Return a `Set-Cookie` header that makes a visitor a new voter."""
    parts = [f"{COOKIE}={secrets.token_urlsafe(32)}", f"Max-Age={COOKIE_SECONDS}", "Path=/", "HttpOnly", "SameSite=Lax"]
    return "; ".join([*parts, "Secure"] if secure else parts)
