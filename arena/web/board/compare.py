"""Two contenders beside each other: which is better, how sure that is, and what would change it."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from fastapi import FastAPI, Request
from starlette.responses import Response

from arena.board.observations import Observations
from arena.board.observer import Observer
from arena.board.standings import Standings, StandingsView
from arena.contenders.facts import ContenderFacts
from arena.errors import UnknownContender
from arena.web.board.contender import HeadToHead, head_to_heads, lineage_of
from arena.web.board.routes import open_json
from arena.web.plain_pages import PlainPages
from leaderboard.contrasts import Contrast, contrasts
from leaderboard.errors import NotEstimable
from leaderboard.estimate import Measured
from leaderboard.notes import of_contrast
from leaderboard.robustness import Overturn, votes_to_overturn

RELATIVES = 6  # at most


@dataclass(frozen=True, slots=True)
class TwoContenders:
    """Two contenders; `contrast` and what follows are empty where the votes do not connect them both ways.

    Attributes:
        meeting: their own battles, None where there are none.
        family: every two of those that they were made from, or other versions of them; empty where there are none.
    """

    a: ContenderFacts
    b: ContenderFacts
    meeting: HeadToHead | None
    contrast: Contrast | None
    overturn: Overturn | None
    family: tuple[Contrast, ...]


def add_compare_page(app: FastAPI, pages: PlainPages, standings: Standings, observer: Observer[Observations]) -> None:
    """Serve the comparison of any two contenders, as a page and as JSON."""
    one_at_a_time = asyncio.Lock()  # a comparison is a few fits, which nobody shall ask for by the hundred

    async def comparison(request: Request) -> tuple[StandingsView, TwoContenders | None]:
        view = await standings.current()
        a, b = (request.query_params.get(side, "") for side in "ab")
        if not a or not b or a == b:
            return view, None
        if unknown := [slug for slug in (a, b) if slug not in view.contenders]:
            raise UnknownContender(f"Nobody called `{unknown[0][:80]}` was ever in battles here.")
        async with one_at_a_time:
            return view, await asyncio.to_thread(compared, view, a, b)

    @app.get("/compare")
    async def page(request: Request) -> Response:
        try:
            view, found = await comparison(request)
        except UnknownContender as error:
            return pages.problem(request, "There is no such contender", [str(error)], status=404)
        seen = await observer.latest()
        return pages.page(
            request,
            "compare.html",
            contenders=sorted(view.contenders.values(), key=lambda one: one.label.casefold()),
            chosen={side: request.query_params.get(side, "") for side in "ab"},
            found=found,
            sentences=sentences(found, view.contenders) if found else (),
            categories=list(by_category(found, seen)) if found and seen else [],
            labels={slug: facts.label for slug, facts in view.contenders.items()},
        )

    @app.get("/api/compare")
    async def as_json(request: Request) -> Response:
        try:
            _, found = await comparison(request)
        except UnknownContender as error:
            return open_json(request, {"error": str(error)}, status=404)
        if found is None:
            return open_json(request, {"error": "Two different contenders are needed, in `a` and `b`."}, status=400)
        return open_json(request, payload(found))


def compared(view: StandingsView, a: str, b: str) -> TwoContenders:
    """Return what the votes of a board say of two of its contenders."""
    meeting = next((one for one in head_to_heads(view, a) if one.other.slug == b), None)
    try:
        (contrast,), overturn = contrasts(view.tallies, (a, b)), votes_to_overturn(view.tallies, a, b)
    except NotEstimable:
        contrast, overturn = None, None
    return TwoContenders(view.contenders[a], view.contenders[b], meeting, contrast, overturn, _family(view, a, b))


def sentences(found: TwoContenders, contenders: Mapping[str, ContenderFacts]) -> tuple[str, ...]:
    """Return in words what a comparison says."""
    if found.contrast is None or found.overturn is None:
        return (
            "The votes do not connect these two by wins and ties in both directions, so they cannot be compared yet.",
        )
    names = (contenders[found.contrast.first].label, contenders[found.contrast.second].label)
    return of_contrast(found.contrast, found.overturn, names=names)


def by_category(found: TwoContenders, seen: Observations) -> Iterator[tuple[str, int, Measured]]:
    """Yield category, its votes, and the difference of the two ratings within it."""
    a, b = found.a.slug, found.b.slug
    for category, estimate in seen.categories.items():
        if {a, b} <= set(estimate.contenders):
            yield category, seen.category_votes[category], estimate.difference(a, b)


def payload(found: TwoContenders) -> dict[str, Any]:
    """Return a comparison as plain values; differences and their errors are in Elo."""
    return {
        "a": found.a.slug,
        "b": found.b.slug,
        "contrast": found.contrast and asdict(found.contrast),
        "votes_to_overturn": found.overturn and asdict(found.overturn),
        "family": [asdict(contrast) for contrast in found.family],
    }


def _family(view: StandingsView, a: str, b: str) -> tuple[Contrast, ...]:
    """Compare all relatives of the two: what they were made from, and other versions, where there are any."""
    names = {slug.partition("@")[0] for slug in (a, b)}
    bases = [slug for one in (a, b) for _, slug in lineage_of(view, view.contenders[one])]
    versions = [slug for slug in view.contenders if slug.partition("@")[0] in names]
    rated = {one.contender for one in view.ranking.standings}
    relatives = [slug for slug in dict.fromkeys([a, b, *versions, *bases]) if slug in rated][:RELATIVES]
    if len(relatives) < 3:
        return ()
    try:
        return contrasts(view.tallies, relatives)
    except NotEstimable:
        return ()
