"""Pages without Gradio: HTML rendered here from templates, with the arena's look and no inline script.

Nothing on them needs JavaScript to be read; board.js makes them livelier.
"""

from collections.abc import Mapping
from hashlib import sha256

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from arena.web.rendering import render
from arena.web.theme import arena_theme

# Plotly writes its own style element; scripts come from files only, and nothing is compiled from text.
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
    """Renders templates with the masthead of the arena called `title`."""

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
        """Answer that there is no such page, or that it cannot be shown, and where to go from here."""
        return self.page(request, "problem.html", status=status, heading=heading, lines=lines)


def conditional(
    request: Request, body: bytes, media_type: str, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Answer with `body` and its ETag, or with 304 and nothing where the reader has it already."""
    etag = f'"{sha256(body).hexdigest()[:32]}"'
    headers = {**(headers or {}), "etag": etag, "cache-control": "no-cache"}
    known = {tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")}
    if status == 200 and known & {etag, "*"}:
        return Response(status_code=304, headers=headers)
    return Response(body, status, headers, media_type)


def colours() -> str:
    """Return the theme's colours and fonts as CSS variables, light and dark, for pages that Gradio does not style."""
    values = arena_theme().to_dict()["theme"]
    variables = {name: value for name, value in values.items() if isinstance(value, str) and not name.startswith("_")}
    dark = {name.removesuffix("_dark"): value for name, value in variables.items() if name.endswith("_dark")}
    light = {name: value for name, value in variables.items() if not name.endswith("_dark")}
    return (
        f":root {{ color-scheme: light dark; {_declarations(light)} }}\n"
        f"@media (prefers-color-scheme: dark) {{ :root {{ {_declarations(dark)} }} }}\n"
    )


def _declarations(values: Mapping[str, str]) -> str:
    def reference(value: str) -> str:
        return f"var(--{value[1:].replace('_', '-')})" if value.startswith("*") else value

    return " ".join(f"--{name.replace('_', '-')}: {reference(value)};" for name, value in values.items())
