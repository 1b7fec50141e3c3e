"""Two contenders beside each other: which is better, how sure that is, and what would change it."""

import asyncio

from fastapi import FastAPI, Request
from starlette.responses import Response

from arena.board.comparisons import TwoContenders, by_category, compared
from arena.board.observations import Observations
from arena.board.observer import Observer
from arena.board.standings import Standings, StandingsView
from arena.errors import UnknownContender
from arena.web.board.routes import open_json
from arena.web.plain_pages import PlainPages
from arena.web.texts import say
from arena.web.texts.notes import note_in_words


def add_compare_page(app: FastAPI, pages: PlainPages, standings: Standings, observer: Observer[Observations]) -> None:
    """Serve the comparison of any two contenders, as a page and as JSON."""
    one_at_a_time = asyncio.Lock()  # each takes several fits, so a hundred requests must not run at once

    async def comparison(request: Request) -> tuple[StandingsView, TwoContenders | None]:
        view = await standings.current()
        a, b = (request.query_params.get(side, "") for side in "ab")
        if not a or not b or a == b:
            return view, None
        if unknown := [slug for slug in (a, b) if slug not in view.contenders]:
            raise UnknownContender(say("problems.no_contender_called", slug=unknown[0][:80]))
        async with one_at_a_time:
            return view, await asyncio.to_thread(compared, view, a, b)

    @app.get("/compare")
    async def page(request: Request) -> Response:
        try:
            view, found = await comparison(request)
        except UnknownContender as error:
            return pages.problem(request, say("problems.no_contender"), [str(error)], status=404)
        seen = await observer.latest()
        return pages.page(
            request,
            "compare.html",
            contenders=sorted(view.contenders.values(), key=lambda one: one.label.casefold()),
            chosen={side: request.query_params.get(side, "") for side in "ab"},
            found=found,
            sentences=sentences(found) if found else (),
            categories=by_category(found, seen) if found and seen else [],
            labels={slug: facts.label for slug, facts in view.contenders.items()},
        )

    @app.get("/api/compare")
    async def as_json(request: Request) -> Response:
        try:
            _, found = await comparison(request)
        except UnknownContender as error:
            return open_json(request, {"error": str(error)}, status=404)
        if found is None:
            return open_json(request, {"error": say("problems.two_needed")}, status=400)
        return open_json(request, found.to_dict() | {"notes": sentences(found)})


def sentences(found: TwoContenders) -> list[str]:
    """Return what a comparison found, in sentences."""
    labels = {one.slug: one.label for one in (found.a, found.b)}
    return [note_in_words(note, labels) for note in found.notes] or [say("compare.not_connected")]
