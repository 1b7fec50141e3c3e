"""A contender's page: who made it, what it was made from, and how it did against each of the others."""

import asyncio

from fastapi import FastAPI, Request
from starlette.responses import Response

from arena.board.comparisons import head_to_heads
from arena.board.observations import Observations
from arena.board.observer import Observer
from arena.board.relatives import lineage_of, made_from
from arena.board.rows import rank_set, rows_of
from arena.board.standings import Standings
from arena.board.transparency import status_notes
from arena.web.plain_pages import PlainPages
from arena.web.texts import say
from arena.web.texts.notes import all_in_words

RECENT = 20  # changes of status shown


def add_contender_page(app: FastAPI, pages: PlainPages, standings: Standings, observer: Observer[Observations]) -> None:
    """Serve the page of each contender that was ever active."""

    @app.get("/contenders/{slug:path}")
    async def contender(request: Request, slug: str) -> Response:
        view = await standings.current()
        facts = view.contenders.get(slug)
        if facts is None:
            return pages.problem(
                request,
                say("problems.no_contender"),
                [say("problems.no_contender_called", slug=slug[:80])],
                status=404,
            )
        row = next(row for row in rows_of(view, await observer.latest()) if row.facts is facts)
        return pages.page(
            request,
            "contender.html",
            facts=facts,
            row=row,
            rank_set=rank_set(row),
            notes_of=lambda standing: all_in_words(standing.notes),
            meetings=head_to_heads(view, slug),
            lineage=lineage_of(view, facts),
            made_from_it=made_from(view, slug),
            history=await asyncio.to_thread(status_notes, standings.database, slug, newest=RECENT),
        )
