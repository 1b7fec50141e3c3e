"""In depth: the board looked at in every other way, each with what it means in plain words."""

from collections.abc import Callable
from dataclasses import asdict, dataclass

from fastapi import FastAPI, Request
from starlette.responses import Response

from arena.board.depth import NEWEST, Depth, DepthRow
from arena.board.observer import Observer
from arena.board.standings import Standings
from arena.web.board.page import TOO_FEW_VOTES
from arena.web.board.routes import open_json
from arena.web.plain_pages import PlainPages
from leaderboard.rank_sets import in_words

HALF_INTERVAL = 1.96  # standard errors on each side of 95%


@dataclass(frozen=True, slots=True)
class Way:
    """A column of the table: one other way to look at the votes."""

    heading: str
    about: str
    show: Callable[[DepthRow], str]


def _figure(read: Callable[[DepthRow], float | None], form: str) -> Callable[[DepthRow], str]:
    def show(row: DepthRow) -> str:
        value = read(row)
        return "–" if value is None else form.format(value)

    return show


def _elo(row: DepthRow) -> str:
    return "–" if row.elo is None else f"{row.elo:.0f} ± {row.elo_spread or 0:.0f}"


WAYS = (
    Way(
        "Rating",
        "As on the board, with half its 95% interval.",
        lambda row: f"{row.rating:.0f} ± {HALF_INTERVAL * row.error:.0f}",
    ),
    Way(
        "Rank, all at once",
        "Ranks such that with 95% none of the whole column is wrong.",
        lambda row: in_words(row.rank_upper, row.rank_lower),
    ),
    Way("Best of all", "The probability that it is the best of this board.", _figure(lambda row: row.first, "{:.1%}")),
    Way(
        "Votes to fall",
        "So few votes, if they were taken away, would let the next one below pass it.",
        _figure(lambda row: row.overturn, "{:,}"),
    ),
    Way(
        "By voter",
        "Its interval if the votes of one voter depend on each other, as a multiple of the one above. Far above 1: few "
        "voters decide much.",
        _figure(lambda row: row.by_voter, "× {:.2f}"),
    ),
    Way(
        "By prompt",
        "The same for votes on one prompt.",
        _figure(lambda row: row.by_prompt, "× {:.2f}"),
    ),
    Way(
        "Redrawn",
        "Half the 95% interval, found by drawing the votes anew a hundred times. It checks the formula: both should "
        "agree.",
        _figure(lambda row: row.resampled_error and HALF_INTERVAL * row.resampled_error, "± {:.0f}"),
    ),
    Way(
        "Reweighted",
        "The rating with each vote weighed by one over the probability with which its pair was drawn, as if all pairs "
        "had been drawn alike.",
        _figure(lambda row: row.reweighted, "{:.0f}"),
    ),
    Way(
        "Davidson",
        "The rating where a tie is an outcome of its own, more likely between equals. A scale of its own.",
        _figure(lambda row: row.davidson, "{:.0f}"),
    ),
    Way(
        "Rao–Kupper",
        "The rating where small differences are not noticed, which makes a tie. A scale of its own.",
        _figure(lambda row: row.rao_kupper, "{:.0f}"),
    ),
    Way(
        "Elo ticker",
        "Elo as in chess, vote after vote; it depends on their order, and ± is its spread over random orders.",
        _elo,
    ),
)


def add_depth_page(app: FastAPI, pages: PlainPages, standings: Standings, observer: Observer[Depth]) -> None:
    """Serve the last look in depth, as a page and as JSON."""

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
            return open_json(request, {"error": "It is being reckoned. Ask again in a minute."}, status=503)
        return open_json(request, asdict(depth) | {"as_of": depth.as_of.isoformat()})
