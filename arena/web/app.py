"""The web application: its pages, its other routes, and the middleware that guards them."""

import warnings
from collections.abc import Sequence

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from starlette.middleware.gzip import GZipMiddleware

from arena.battles.battles import Battles
from arena.battles.rounds import Rounds
from arena.board.depth import look_in_depth
from arena.board.observations import observe
from arena.board.observer import Observer
from arena.board.standings import Standings
from arena.contenders.opened import OpenContenders
from arena.errors import DatabaseUnavailable
from arena.exchange.past_battles import PastBattles
from arena.settings import Settings
from arena.voters.erasure import Erasure
from arena.voters.identity import Identities
from arena.web import desk_page, operations_page, privacy_page
from arena.web.about_page import about_page
from arena.web.battle import stream
from arena.web.battle.page import BattlePage
from arena.web.board.archive import add_battle_archive
from arena.web.board.audit_log import add_audit_log
from arena.web.board.benchmarks import add_benchmarks
from arena.web.board.compare import add_compare_page
from arena.web.board.contender import add_contender_page
from arena.web.board.depth import add_depth_page
from arena.web.board.routes import add_board
from arena.web.board.snapshots import add_snapshots
from arena.web.board.transparency import add_transparency
from arena.web.campaigns.organisers import PATH as CAMPAIGNS
from arena.web.campaigns.organisers import add_organisers
from arena.web.campaigns.rating import SECTIONS as RATING
from arena.web.campaigns.rating import add_rating
from arena.web.desk_page import add_moderation_desk
from arena.web.events import EventGate, TextBlocks
from arena.web.gradio_import import gr
from arena.web.head_requests import HeadRequests
from arena.web.link_preview import show_our_preview
from arena.web.notice import notice_points
from arena.web.operations_page import add_operations
from arena.web.operators_door import OperatorsDoor
from arena.web.plain_pages import PlainPages
from arena.web.privacy_page import add_privacy_page
from arena.web.proxies import Proxies
from arena.web.rate_limits import RateLimits
from arena.web.rendering import PAGES, render
from arena.web.root import lying_at
from arena.web.security import Gatekeeper
from arena.web.static_files import STATIC, add_static_files
from arena.web.texts import say
from arena.web.theme import arena_theme
from arena.web.trusted_networks import TrustedNetworks
from generation.value_rules import parts_of

# A prompt's character takes up to 12 bytes in JSON (a surrogate pair, escaped); the rest of an event is small.
BYTES_A_CHAR = 12
BYTES_AROUND = 16_384


def create_app(
    battles: Battles,
    standings: Standings,
    *,
    settings: Settings,
    background: Sequence[Rounds] = (),
    open_contenders: OpenContenders | None = None,
) -> FastAPI:
    """Return the application that serves all pages, the leaderboard as JSON, and `/healthz`.

    Operators are told of rounds in the `background` that fail. `open_contenders` makes the answers of campaigns;
    without it only the command does.

    `/healthz` answers 200 once the pages can be used: the server has started and the database answers.
    """
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/healthz")
    async def health() -> dict[str, str]:
        await standings.current()
        return {"status": "ready"}

    files = add_static_files(app)
    plain = PlainPages(settings.title, versioned=files)

    @app.exception_handler(DatabaseUnavailable)
    async def unavailable(request: Request, _error: Exception) -> Response:
        if request.url.path.startswith(("/api/", "/healthz")):
            return JSONResponse({"error": say("problems.database_away")}, 503)
        return plain.problem(request, say("problems.away"), [say("problems.database_away")], status=503)

    observer = Observer(standings.database, observe)
    past = PastBattles(standings.database, publish=settings.publish_conversations)
    add_board(app, plain, standings, observer, refresh_s=settings.leaderboard_refresh_s)
    add_transparency(app, plain, standings, observer)
    add_audit_log(app, plain, standings)
    add_contender_page(app, plain, standings, observer)
    add_compare_page(app, plain, standings, observer)
    add_depth_page(app, plain, standings, Observer(standings.database, look_in_depth))
    add_battle_archive(app, plain, standings, past)
    add_benchmarks(app, plain, standings)
    add_snapshots(app, plain, standings, title=settings.title)
    erasure = Erasure(standings.database, keep_counts=settings.erased_votes == "count")
    add_privacy_page(app, plain, battles.consents, erasure, settings)
    add_rating(app, plain, standings.database)
    if settings.operator_password:
        door = OperatorsDoor(settings.operator_password)
        # Before the pages of single contenders, whose paths begin alike.
        add_moderation_desk(app, plain, standings.database, door=door)
        add_organisers(app, plain, standings.database, open_contenders, door=door, settings=settings)
        add_operations(
            app,
            plain,
            standings.database,
            battles,
            background,
            door=door,
            public=settings.public,
        )
    app.get(stream.PATH)(stream.battle_stream(battles))
    show_our_preview()
    # Gradio keeps what its pages hold from the start on, so their addresses must be right from the start on.
    with warnings.catch_warnings(), lying_at(settings.root_path):
        pages = battle_pages(battles, settings=settings)
        # Gradio warns of this in every application with several pages, even when server-side rendering is off.
        warnings.filterwarnings("ignore", message="SSR mode is not supported")
        gr.mount_gradio_app(
            app,
            pages,
            path="/",
            root_path=settings.root_path,
            theme=arena_theme(),
            head=render("head.html", file=files),
            favicon_path=str(STATIC / "arena.svg"),
            footer_links=[],
            run_history=False,
            show_error=False,
            enable_monitoring=False,
            mcp_server=False,
            ssr_mode=False,
            pwa=False,
            max_file_size=1,
        )
    max_body_bytes = BYTES_AROUND + BYTES_A_CHAR * settings.max_prompt_chars
    app.add_middleware(GZipMiddleware)  # leaves event streams alone, so each word is sent as it comes
    app.add_middleware(EventGate, events=pages.declared_events(), max_body_bytes=max_body_bytes)
    app.add_middleware(RateLimits, per_minute=settings.expensive_per_minute)
    app.add_middleware(
        Gatekeeper,
        identities=Identities(battles.admission.keys),
        pages={
            *(*PAGES, *files, stream.PATH, "/healthz", "/battles", "/compare"),
            *(operations_page.PATH, desk_page.PATH, CAMPAIGNS),
        },
        sections=(
            *("/leaderboard/", "/contenders/", "/battles/", operations_page.SECTION),
            *(f"{CAMPAIGNS}/", *RATING),
        ),
        forms=(*privacy_page.FORMS, operations_page.ACT_PATH, desk_page.PATH, f"{CAMPAIGNS}/", *RATING),
        open_section="/api/",
        voter_pages={"/"},
        max_body_bytes=max_body_bytes,
        missing_page=lambda: plain.render(
            "problem.html", section="", heading=say("problems.no_page"), lines=[say("problems.no_page_hint")]
        ),
        root_path=settings.root_path,
        frame_ancestors=parts_of(settings.frame_ancestors),
        never_framed={operations_page.PATH},
    )
    app.add_middleware(HeadRequests)
    app.add_middleware(
        Proxies,
        trusted=TrustedNetworks.parse(settings.trusted_proxies),
        allowed_hosts=parts_of(settings.allowed_hosts),
        root_path=settings.root_path,
    )
    return app


def battle_pages(battles: Battles, *, settings: Settings) -> TextBlocks:
    """Return the pages that Gradio serves, without the middleware that guards them."""
    pages: TextBlocks
    with TextBlocks(title=settings.title, analytics_enabled=False, fill_width=True) as pages:
        battle = BattlePage(
            battles,
            title=settings.title,
            max_prompt_chars=settings.max_prompt_chars,
            published=settings.publish_conversations,
            notice_points=notice_points(settings),
        )
        battle.connect(pages)
    with pages.route(say("pages.about"), "/about"):
        about_page(title=settings.title, published=settings.publish_conversations)
    return pages
