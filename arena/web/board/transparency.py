"""The page that says what the ratings rest on: how often each contender was drawn, and what was left out."""

import asyncio

from fastapi import FastAPI, Request
from starlette.responses import Response

from arena.audit_log.log import AuditLog
from arena.board.observations import Observations
from arena.board.observer import Observer
from arena.board.standings import Standings
from arena.board.transparency import by_owner, pairs_met, register_summary, shares
from arena.leaks.channels import CHANNELS
from arena.leaks.meter import FEWEST_PROMPTS, FEWEST_REPLIES, LeakMeter
from arena.web.board.audit_log import in_short
from arena.web.plain_pages import PlainPages

NEWEST = 10  # acts of the audit log
MONTHS = 3  # of the leak meter


def add_transparency(app: FastAPI, pages: PlainPages, standings: Standings, observer: Observer[Observations]) -> None:
    """Serve the page."""
    log, meter = AuditLog(standings.database), LeakMeter(standings.database)

    @app.get("/leaderboard/transparency")
    async def transparency(request: Request) -> Response:
        view, seen = await standings.current(), await observer.latest()
        registered = await asyncio.to_thread(register_summary, standings.database)
        contenders = shares(view, seen)
        return pages.page(
            request,
            "transparency.html",
            view=view,
            seen=seen,
            contenders=contenders,
            owners=by_owner(contenders, view, registered.private),
            private=registered.private.total(),
            departures=registered.departures,
            pairs=pairs_met(view),
            head=await asyncio.to_thread(log.head),
            entries=await asyncio.to_thread(log.newest_public, limit=NEWEST),
            in_short=in_short,
            leaks=await asyncio.to_thread(meter.rows, months=MONTHS),
            channels=list(CHANNELS),
            fewest=(FEWEST_REPLIES, FEWEST_PROMPTS),
        )
