"""Guards the pages: refuses requests, gives visitors their cookie, and sets the headers of every answer.

`Gatekeeper` refuses requests from other sites' pages, bodies that are too long, and every path that our pages do not
need; Gradio serves many more. (`arena.web.events` then checks the one call to Gradio that is left.) It also takes the
cookie of a voter out of a request unless this arena signed it; so nobody behind it need check it again. The content
security policy keeps the browser from loading anything from another host, whatever a contender writes.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from arena.db.states import Checked, VoterKey
from arena.errors import DatabaseUnavailable
from arena.voters.identity import LIFETIME, Identities, voter_key_of
from arena.web import events

COOKIE = "arena_voter"
LENGTH = re.compile(r"[0-9]{1,12}")

NOT_FRAMED = "frame-ancestors 'none'"
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
        NOT_FRAMED,
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
    """Return the voter of the cookies that the gatekeeper let through, or None if there is none of ours."""
    return voter_key_of(cookies.get(COOKIE, ""))


class Gatekeeper:
    """ASGI middleware around the whole application.

    Args:
        app: answers the requests that are let through.
        identities: checks the cookies of voters, and makes them; without it nobody is a voter.
        pages: paths of our pages and files; all are read with GET.
        sections: beginnings of further paths, which are read with GET too.
        open_section: beginning of the paths that other sites' pages may read as well.
        voter_pages: those of `pages` that give a new cookie to a visitor who has none of ours.
        max_body_bytes: the longest body that is accepted.
        forms: beginnings of the paths that forms are sent to, with POST.
        missing_page: returns the HTML for a browser that asks for a page that does not exist.
        root_path: where the arena lies below its host; its cookie is sent nowhere else.
        frame_ancestors: origins whose pages may show ours in a frame.
        never_framed: those of `pages` that no page may show in a frame.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        pages: set[str],
        voter_pages: set[str],
        max_body_bytes: int,
        identities: Identities | None = None,
        sections: tuple[str, ...] = (),
        open_section: str | None = None,
        forms: tuple[str, ...] = (),
        missing_page: Callable[[], str] | None = None,
        root_path: str = "",
        frame_ancestors: Sequence[str] = (),
        never_framed: AbstractSet[str] = frozenset(),
    ) -> None:
        self._app = app
        self._identities = identities
        self._reads = pages | GRADIO_READS
        self._sections = (*GRADIO_FILES, *sections, *filter(None, [open_section]))
        self._forms = forms
        self._open_section = open_section
        self._voter_pages = voter_pages
        self._max_body_bytes = max_body_bytes
        self._missing_page = missing_page
        self._cookie_path = f"{root_path}/"
        self._ancestors = " ".join(["frame-ancestors 'self'", *frame_ancestors]) if frame_ancestors else ""
        self._never_framed = never_framed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            refusal = self._refusal(scope)
            scope, cookie = await self._with_own_cookie(scope)
            await (refusal or self._app)(scope, receive, self._with_headers(scope, send, cookie))
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
        return method == "POST" and (path == events.PATH or path.startswith(self._forms))

    async def _with_own_cookie(self, scope: Scope) -> tuple[Scope, str]:
        """Return the request without a cookie of a voter that is not ours, and the cookie that its sender gets."""
        token = HTTPConnection(scope).cookies.get(COOKIE)
        if self._identities is None:
            return (scope if token is None else without_cookie(scope)), ""
        gives = scope["path"] in self._voter_pages
        if token is not None:
            identity = await self._identities.read(token)
            if identity.checked is not Checked.FAILED:  # one that cannot be checked now stays, and is not replaced
                return scope, identity.fresh if gives else ""
            scope = without_cookie(scope)
        try:
            return scope, await self._identities.new() if gives else ""
        except DatabaseUnavailable:
            return scope, ""  # the next visit gives one

    def _with_headers(self, scope: Scope, send: Send, cookie: str) -> Send:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)  # a page may set a stricter value, open data a wider one
                if self._ancestors and scope["path"] not in self._never_framed:
                    policy = headers["content-security-policy"].replace(NOT_FRAMED, self._ancestors)
                    headers["content-security-policy"] = policy
                    del headers["x-frame-options"]  # can name no other site; every browser obeys the policy
                if scope["path"] in self._voter_pages:
                    headers["cache-control"] = "private, no-cache"  # no cache may give one voter's cookie to another
                if cookie:
                    headers.append("set-cookie", self._cookie_header(scope, cookie))
            await send(message)

        return send_with_headers

    def _cookie_header(self, scope: Scope, cookie: str) -> str:
        framed = bool(self._ancestors) and Headers(scope=scope).get("sec-fetch-dest") == "iframe"
        return cookie_header(cookie, secure=scope["scheme"] == "https", path=self._cookie_path, framed=framed)


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


def forgotten_cookie(path: str = "/") -> str:
    """Return a `Set-Cookie` header that makes a browser forget who its voter is; `path` as for `cookie_header`."""
    return f"{COOKIE}=; Max-Age=0; Path={path}; HttpOnly; SameSite=Lax"


def without_cookie(scope: Scope) -> Scope:
    """Return a request without the cookie of a voter."""
    scope = {**scope, "headers": [*scope["headers"]]}
    headers = MutableHeaders(scope=scope)
    pairs = [pair.strip() for line in headers.getlist("cookie") for pair in line.split(";")]
    others = [pair for pair in pairs if pair.partition("=")[0].strip() != COOKIE]
    del headers["cookie"]
    if others:
        headers["cookie"] = "; ".join(others)
    return scope


def cookie_header(cookie: str, *, secure: bool, path: str = "/", framed: bool = False) -> str:
    """Return the `Set-Cookie` header that gives a visitor the cookie of a voter.

    In a frame of another site a browser keeps only what is marked for it, and only over a safe connection. It keeps it
    apart for each site around the frame, so that no site learns of visits to another (CHIPS). Whatever the cookie
    allows, `is_foreign` refuses what other sites' pages send.
    """
    seconds = int(LIFETIME.total_seconds())
    parts = [f"{COOKIE}={cookie}", f"Max-Age={seconds}", f"Path={path}", "HttpOnly"]
    if framed and secure:
        return "; ".join([*parts, "SameSite=None", "Secure", "Partitioned"])
    return "; ".join([*parts, "SameSite=Lax", *(["Secure"] if secure else [])])
