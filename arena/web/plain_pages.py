"""Pages without Gradio: HTML from templates, with the arena's look and without inline scripts.

They can be read without JavaScript. `board.js` adds plots, filters that apply at once, and a board that renews itself.
"""

from collections.abc import Mapping
from hashlib import sha256

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from arena.web.rendering import render

# Styles may be inline because Plotly writes a style element. Scripts come from files only; none is compiled from text.
CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    ]
)


class PlainPages:
    """Renders templates with the masthead of the arena called `title`.

    `versioned` holds the addresses of the static files by their paths (`static_files.add_static_files`).
    """

    def __init__(self, title: str, *, versioned: Mapping[str, str]) -> None:
        self._title = title
        self._versioned = versioned

    def render(self, template: str, /, **values: object) -> Markup:
        """Return a page as HTML."""
        return render(template, arena_title=self._title, file=self._versioned, **values)

    def page(self, request: Request, template: str, /, *, status: int = 200, **values: object) -> Response:
        """Answer with a page."""
        html = self.render(template, **values)
        headers = {"content-security-policy": CONTENT_SECURITY_POLICY}
        return conditional(request, html.encode(), "text/html; charset=utf-8", status=status, headers=headers)

    def problem(self, request: Request, heading: str, lines: list[str], *, status: int) -> Response:
        """Answer with a page that says what is wrong, and that leads back to the leaderboard."""
        return self.page(request, "problem.html", status=status, heading=heading, lines=lines)


def conditional(
    request: Request, body: bytes, media_type: str, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Answer with `body` and its ETag, or with an empty 304 if the reader has this body already."""
    etag = f'"{sha256(body).hexdigest()[:32]}"'
    headers = {**(headers or {}), "etag": etag, "cache-control": "no-cache"}
    known = {tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")}
    if status == 200 and known & {etag, "*"}:
        return Response(status_code=304, headers=headers)
    return Response(body, status, headers, media_type)
