"""The operators' pages: load, failures and times of each contender's endpoint, and all that is known of each.

They exist only if a password is set. What is changed here is asked for by a form with a token that only these pages
hold, so no other site can make an operator's browser ask for it.
"""

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from hmac import compare_digest
from urllib.parse import parse_qs, quote

from fastapi import FastAPI, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from arena.battles.battles import Battles
from arena.battles.lanes import Load
from arena.battles.rounds import Rounds
from arena.clock import now
from arena.contenders.register import Contenders
from arena.db.session import Database
from arena.errors import ArenaError, UnknownContender
from arena.operations.contender_reports import ACTS, act_on, report_of
from arena.operations.figures import recent_figures
from arena.operations.voter_figures import recent_voter_figures
from arena.web.operators_door import OperatorsDoor, user_of
from arena.web.plain_pages import CONTENT_SECURITY_POLICY, PlainPages
from arena.web.texts import say

log = logging.getLogger(__name__)

PATH = "/operations"
SECTION = f"{PATH}/"
ACT_PATH = f"{PATH}/act"
PERIODS = (1, 7)  # days
# The page shows who is answering now, so no cache between here and the operator may keep it.
HEADERS = {"content-security-policy": CONTENT_SECURITY_POLICY, "cache-control": "no-store"}


def add_operations(
    app: FastAPI,
    pages: PlainPages,
    database: Database,
    battles: Battles,
    background: Sequence[Rounds] = (),
    *,
    door: OperatorsDoor,
    public: bool = False,
) -> None:
    """Serve the pages to everybody whom `door` lets in."""
    contenders = Contenders(database, public=public)

    def shown(html: str, status: int = 200) -> Response:
        return Response(html, status, headers=HEADERS, media_type="text/html; charset=utf-8")

    async def contender_page(slug: str, *, done: str = "", problem: str = "", status: int = 200) -> Response:
        try:
            report = await asyncio.to_thread(report_of, database, contenders, slug)
        except UnknownContender as error:
            return PlainTextResponse(str(error), 404, {"cache-control": "no-store"})
        html = pages.render(
            "operations_contender.html", report=report, token=token_of(door, now()), done=done, problem=problem
        )
        return shown(html, status)

    @app.get(PATH)
    async def operations(request: Request) -> Response:
        if refusal := await door.refusal(request):
            return refusal
        days = next((days for days in PERIODS if request.query_params.get("days") == str(days)), PERIODS[0])
        figures = await asyncio.to_thread(recent_figures, database, days=days)
        voters = await asyncio.to_thread(recent_voter_figures, database, days=days)
        return shown(
            pages.render(
                "operations.html",
                figures=figures,
                voters=voters,
                load=battles.load(),
                idle=Load(),
                days=days,
                periods=PERIODS,
                troubles=[rounds.trouble for rounds in background if rounds.trouble],
            )
        )

    @app.get(f"{SECTION}{{slug}}")
    async def contender(request: Request, slug: str) -> Response:
        if refusal := await door.refusal(request):
            return refusal
        done = request.query_params.get("done", "")
        return await contender_page(slug, done=done if done in ACTS else "")

    @app.post(ACT_PATH)
    async def act(request: Request) -> Response:
        if refusal := await door.refusal(request):
            return refusal
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode("utf-8", "replace")).items()}
        slug, wanted, who = form.get("slug", ""), form.get("act", ""), user_of(request.headers["authorization"])
        if not is_token(form.get("token", ""), door, now()) or wanted not in ACTS:
            return await contender_page(slug, problem=say("operations.expired"), status=400)
        try:
            await asyncio.to_thread(act_on, database, contenders, slug, wanted, who=who, reason=form.get("reason", ""))
        except ArenaError as error:
            told = f"{error} {error.hint}" if error.hint else str(error)
            return await contender_page(slug, problem=told, status=409)
        log.info("an operator acted who=%s act=%s contender=%s", who, wanted, slug)
        return RedirectResponse(f"{SECTION}{quote(slug, safe='')}?done={wanted}", 303, {"cache-control": "no-store"})


def token_of(door: OperatorsDoor, moment: datetime) -> str:
    """Return the token that a form of this day holds."""
    return door.sign(f"operations-form-{moment:%Y-%m-%d}")


def is_token(given: str, door: OperatorsDoor, moment: datetime) -> bool:
    """Return whether a form that is sent now came from our page, of today or of yesterday."""
    days = (moment, moment - timedelta(days=1))
    return any(compare_digest(given.encode(), token_of(door, day).encode()) for day in days)
