"""The web application: pages, the few routes beside them, and what guards them."""

import warnings
from collections.abc import Awaitable, Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import gradio as gr
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from arena.battles import Battles
from arena.errors import DatabaseUnavailable
from arena.settings import Settings
from arena.standings import Standings
from arena.web import stream, texts
from arena.web.about_page import about_page
from arena.web.battle_page import BattlePage
from arena.web.leaderboard_page import leaderboard_page
from arena.web.security import Gatekeeper
from arena.web.theme import arena_theme

HERE = Path(__file__).parent
FILES = {"/arena.css": "text/css", "/arena.js": "text/javascript"}
ICON = HERE / "arena.svg"
# A prompt's character takes up to 12 bytes in JSON (a surrogate pair, escaped); the rest of an event is small.
BYTES_A_CHAR = 12
BYTES_AROUND = 16_384


def create_app(battles: Battles, standings: Standings, *, settings: Settings) -> FastAPI:
    """Return the application that serves all pages, the leaderboard as JSON, and `/healthz`.

    `/healthz` answers 200 once the pages can be used: the server has started and the database answers.
    """
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.exception_handler(DatabaseUnavailable)
    async def unavailable(_request: Request, _error: Exception) -> JSONResponse:
        return JSONResponse({"error": texts.DATABASE_AWAY}, 503)

    @app.get("/healthz")
    async def health() -> dict[str, str]:
        await standings.current()
        return {"status": "ready"}

    @app.get("/api/leaderboard")
    async def leaderboard() -> dict[str, Any]:
        view = await standings.current()
        return view.ranking.to_dict()

    app.get(stream.PATH)(stream.battle_stream(battles))
    for path in FILES:
        app.get(path)(_file(path))
    with warnings.catch_warnings():
        # Said of every application with several pages, also where server-side rendering is off.
        warnings.filterwarnings("ignore", message="SSR mode is not supported")
        gr.mount_gradio_app(
            app,
            _pages(battles, standings, settings=settings),
            path="/",
            theme=arena_theme(),
            head=_head(),
            favicon_path=str(ICON),
            footer_links=[],
            run_history=False,
            show_error=False,
            enable_monitoring=False,
            mcp_server=False,
            ssr_mode=False,
            pwa=False,
            max_file_size=1,
        )
    app.add_middleware(
        Gatekeeper,
        pages={*texts.PAGES, *FILES, stream.PATH, "/healthz", "/api/leaderboard"},
        voter_pages={"/"},
        max_body_bytes=BYTES_AROUND + BYTES_A_CHAR * settings.max_prompt_chars,
    )
    return app


def _pages(battles: Battles, standings: Standings, *, settings: Settings) -> gr.Blocks:
    pages: gr.Blocks
    with gr.Blocks(title=settings.title, analytics_enabled=False, fill_width=True) as pages:
        battle = BattlePage(battles, title=settings.title, max_prompt_chars=settings.max_prompt_chars)
        battle.connect(pages)
    with pages.route(texts.PAGES["/leaderboard"], "/leaderboard"):
        leaderboard_page(pages, standings, title=settings.title, refresh_s=settings.leaderboard_refresh_s)
    with pages.route(texts.PAGES["/about"], "/about"):
        about_page(title=settings.title)
    # Gradio runs at most `max_threads` events at a time. `Battles` sets the limit that counts and says so in words;
    # this one only has to be above it, for a battle may be watched from several tabs.
    pages.max_threads = 8 * settings.max_running
    pages.queue(default_concurrency_limit=None, max_size=4 * settings.max_running)
    return pages


def _head() -> str:
    return (
        f'<link rel="stylesheet" href="{_versioned("/arena.css")}">'
        f'<script src="{_versioned("/arena.js")}" defer></script>'
        '<meta name="color-scheme" content="light dark">'
    )


def _versioned(path: str) -> str:
    return f"{path}?v={sha256((HERE / path[1:]).read_bytes()).hexdigest()[:12]}"


def _file(path: str) -> Callable[[], Awaitable[Response]]:
    content = (HERE / path[1:]).read_bytes()

    async def serve() -> Response:
        return Response(content, media_type=FILES[path], headers={"cache-control": "public, max-age=31536000"})

    return serve
