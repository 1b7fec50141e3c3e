"""The pages of snapshots: the list, a page for each with how to cite it, and the changelog of the method."""

import asyncio
import json

from fastapi import FastAPI, Request
from starlette.responses import Response

from arena.board.method import CHANGES
from arena.board.snapshots import Snapshots, bibtex, content, identity
from arena.board.standings import Standings
from arena.errors import UnknownSnapshot
from arena.web.board.routes import open_json
from arena.web.plain_pages import PlainPages
from arena.web.texts import current_catalogue, say
from arena.web.texts.notes import with_sentences


def add_snapshots(app: FastAPI, pages: PlainPages, standings: Standings, *, title: str) -> None:
    """Serve the snapshots as pages and as JSON, and the changelog of the method."""
    snapshots = Snapshots(standings.database)

    @app.get("/leaderboard/method")
    async def method(request: Request) -> Response:
        return pages.page(request, "method.html", changes=CHANGES, sentences_of=sentences_of)

    @app.get("/leaderboard/snapshots")
    async def listed(request: Request) -> Response:
        return pages.page(request, "snapshots.html", snapshots=await asyncio.to_thread(snapshots.list))

    @app.get("/api/snapshots")
    async def listed_json(request: Request) -> Response:
        rows = await asyncio.to_thread(snapshots.list)
        return open_json(request, [identity(row) for row in rows])

    @app.get("/api/snapshots/{id_}")
    async def one_json(request: Request, id_: str) -> Response:
        try:
            row = await asyncio.to_thread(snapshots.get, id_)
        except UnknownSnapshot as error:
            return open_json(request, {"error": str(error)}, status=404)
        whole = content(row)
        return open_json(request, whole | {"standings": with_sentences(whole["standings"])})

    # Registered last, because this path matches every other page of the leaderboard too.
    @app.get("/leaderboard/{id_:path}")
    async def one(request: Request, id_: str) -> Response:
        try:
            row = await asyncio.to_thread(snapshots.get, id_)
        except UnknownSnapshot:
            lines = [say("problems.no_snapshot", id=id_[:80])]
            return pages.problem(request, say("problems.no_page"), lines, status=404)
        labels = {slug: facts.label for slug, facts in (await standings.current()).contenders.items()}
        return pages.page(
            request,
            "snapshot.html",
            snapshot=row,
            standings=with_sentences(json.loads(row.standings), labels),
            labels=labels,
            bibtex=bibtex(row, title=title),
        )


def sentences_of(section: str) -> list[str]:
    """Return the sentences of a section, in their order."""
    return [say(f"{section}.{key}") for key in current_catalogue().keys(section)]
