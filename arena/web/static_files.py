"""The files that pages load: style sheets, scripts and Plotly. A file's address changes with its contents."""

import asyncio
import gzip
import os
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import Response
from starlette.routing import Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from arena.web.theme import colours

STATIC = Path(__file__).parent / "static"
OWN = ("/arena.css", "/arena.js", "/board.css", "/board.js", "/rating.css", "/rating.js")
COLOURS = "/colours.css"
PLOTLY = "/plotly.js"
# Starlette's own table of media types differs between machines, and browsers obey the type.
MEDIA_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}
# Browsers may keep a file for a year, because other contents get another address.
KEPT = {"cache-control": "public, max-age=31536000"}


def add_static_files(app: FastAPI) -> dict[str, str]:
    """Serve the files. Returns the address of each with its version, by its path."""
    files = _KeptFiles(directory=STATIC)
    app.router.routes.extend(Route(path, files) for path in OWN)
    css, script = colours().encode(), _plotly()
    compressed: list[bytes] = []

    @app.get(COLOURS)
    async def colours_of_the_theme() -> Response:
        return Response(css, media_type=MEDIA_TYPES[".css"], headers=KEPT)

    @app.get(PLOTLY)
    async def plotly(request: Request) -> Response:
        if "gzip" not in request.headers.get("accept-encoding", ""):
            return Response(script, media_type=MEDIA_TYPES[".js"], headers=KEPT)
        # Compressed only once, because it is long: if it were compressed for each of 30 visitors at once, they would
        # wait ten times as long (7.5 s instead of 0.8 s).
        compressed[:] = compressed or [await asyncio.to_thread(gzip.compress, script)]
        headers = KEPT | {"content-encoding": "gzip", "vary": "accept-encoding"}
        return Response(compressed[0], media_type=MEDIA_TYPES[".js"], headers=headers)

    contents = {path: (STATIC / path[1:]).read_bytes() for path in OWN} | {COLOURS: css, PLOTLY: script}
    return {path: f"{path}?v={sha256(content).hexdigest()[:12]}" for path, content in contents.items()}


class _KeptFiles(StaticFiles):
    """Serves the files of a folder with headers that let browsers keep them."""

    def file_response(
        self, full_path: os.PathLike[str] | str, stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers.update(KEPT | {"content-type": MEDIA_TYPES[Path(full_path).suffix]})
        return response


def _plotly() -> bytes:
    """Return Plotly's script, which comes with its package."""
    spec = find_spec("plotly")
    assert spec
    assert spec.submodule_search_locations
    return (Path(spec.submodule_search_locations[0]) / "package_data" / "plotly.min.js").read_bytes()
