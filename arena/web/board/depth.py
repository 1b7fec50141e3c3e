"""The page "In depth": the same votes rated by every other method, one method a column."""

from collections.abc import Callable
from dataclasses import asdict

from fastapi import FastAPI, Request
from starlette.responses import Response

from arena.board.depth import NEWEST, Depth, DepthRow
from arena.board.observer import Observer
from arena.board.standings import Standings
from arena.web.board.page import TOO_FEW_VOTES
from arena.web.board.routes import open_json
from arena.web.plain_pages import PlainPages
from arena.web.texts import say
from leaderboard.rank_sets import in_words

UNKNOWN = "–"
HALF_INTERVAL = 1.96  # standard errors on each side of 95%


Show = Callable[[DepthRow, Depth], str]


def _figure(read: Callable[[DepthRow], float | None], form: str) -> Show:
    def show(row: DepthRow, _: Depth) -> str:
        value = read(row)
        return UNKNOWN if value is None else form.format(value)

    return show


def _times(read: Callable[[DepthRow], float | None], of: Callable[[Depth], int], key: str) -> Show:
    """Show how many times as large an error is, and of how many clusters that was learned."""

    def show(row: DepthRow, depth: Depth) -> str:
        ratio = read(row)
        return UNKNOWN if ratio is None else say(f"depth.{key}", ratio=ratio, count=of(depth))

    return show


def _plus_minus(value: float, margin: float) -> str:
    return f"{value:.0f} ± {margin:.0f}"


# Each column's heading and explanation are in the catalogue, in the section `ways`, under the same keys.
WAYS: dict[str, Show] = {
    "rating": lambda row, _: _plus_minus(row.rating, HALF_INTERVAL * row.error),
    "ranks": lambda row, _: in_words(row.rank_upper, row.rank_lower),
    "first": _figure(lambda row: row.first, "{:.1%}"),
    "overturn": _figure(lambda row: row.overturn, "{:,}"),
    "by_voter": _times(lambda row: row.by_voter, lambda depth: depth.voters, "of_voters"),
    "by_prompt": _times(lambda row: row.by_prompt, lambda depth: depth.prompts, "of_prompts"),
    "resampled": _figure(lambda row: row.resampled_error and HALF_INTERVAL * row.resampled_error, "± {:.0f}"),
    "reweighted": _figure(lambda row: row.reweighted, "{:.0f}"),
    "davidson": _figure(lambda row: row.davidson, "{:.0f}"),
    "rao_kupper": _figure(lambda row: row.rao_kupper, "{:.0f}"),
    "elo": lambda row, _: UNKNOWN if row.elo is None else _plus_minus(row.elo, row.elo_spread or 0),
}


def add_depth_page(app: FastAPI, pages: PlainPages, standings: Standings, observer: Observer[Depth]) -> None:
    """Serve the newest figures, as a page and as JSON."""

    @app.get("/leaderboard/depth")
    async def page(request: Request) -> Response:
        view, depth = await standings.current(), await observer.latest()
        labels = {slug: facts.label for slug, facts in view.contenders.items()}
        return pages.page(
            request, "depth.html", depth=depth, ways=WAYS, labels=labels, newest=NEWEST, few=TOO_FEW_VOTES
        )

    @app.get("/api/leaderboard/depth")
    async def as_json(request: Request) -> Response:
        depth = await observer.latest()
        if depth is None:
            return open_json(request, {"error": say("depth.computing_api")}, status=503)
        return open_json(request, asdict(depth) | {"as_of": depth.as_of.isoformat()})
