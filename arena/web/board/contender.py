"""A contender's page: who it is, where it comes from, and how it fared against each of the others."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import FastAPI, Request
from starlette.responses import Response

from arena.board.observations import Observations
from arena.board.observer import Observer
from arena.board.rows import rank_set, rows_of
from arena.board.standings import Standings, StandingsView
from arena.contenders.facts import ContenderFacts
from arena.db import queries
from arena.web.plain_pages import PlainPages
from leaderboard.estimate import win_chance
from leaderboard.verdict import BOTH_BAD, TIE, A, B

RECENT = 20


@dataclass(frozen=True, slots=True)
class HeadToHead:
    """All battles with one other contender. `expected` is the chance to win by the ratings, None across boards."""

    other: ContenderFacts
    battles: int
    won: int
    lost: int
    tied: int
    both_bad: int
    expected: float | None


def add_contender_page(app: FastAPI, pages: PlainPages, standings: Standings, observer: Observer[Observations]) -> None:
    """Serve the page of each contender that was ever active."""

    @app.get("/contenders/{slug:path}")
    async def contender(request: Request, slug: str) -> Response:
        view = await standings.current()
        facts = view.contenders.get(slug)
        if facts is None:
            return pages.problem(
                request,
                "There is no such contender",
                [f"Nobody called `{slug[:80]}` was ever in battles here."],
                status=404,
            )
        row = next(row for row in rows_of(view, await observer.latest()) if row.facts is facts)
        return pages.page(
            request,
            "contender.html",
            facts=facts,
            row=row,
            rank_set=rank_set(row),
            meetings=head_to_heads(view, slug),
            lineage=lineage_of(view, facts),
            made_from_it=[one for one in view.contenders.values() if one.base in {slug, slug.partition("@")[0]}],
            history=await asyncio.to_thread(history, slug),
        )

    def history(slug: str) -> list[tuple[str, str, str]]:
        with standings.database.reading() as session:
            changes = queries.status_history(session)
        own = [change for change in changes if change[0] == slug]
        return [(f"{at:%Y-%m-%d}", status.value, reason) for _, _, status, at, reason in own[:RECENT]]


def head_to_heads(view: StandingsView, slug: str) -> list[HeadToHead]:
    """Return the contender's record with each other that it met, the most frequent first."""
    if slug not in view.tallies.contenders:
        return []
    counts, names = view.tallies.counts, view.tallies.contenders
    me = names.index(slug)
    standings = {standing.contender: standing for standing in view.ranking.standings}
    found = []
    for place, name in enumerate(names):
        left, right = counts[me, place], counts[place, me]
        if name not in view.contenders or not (left.sum() + right.sum()):
            continue
        mine, theirs = standings.get(slug), standings.get(name)
        comparable = mine and theirs and mine.component == theirs.component
        found.append(
            HeadToHead(
                other=view.contenders[name],
                battles=int(left.sum() + right.sum()),
                won=int(left[A] + right[B]),
                lost=int(left[B] + right[A]),
                tied=int(left[TIE] + right[TIE]),
                both_bad=int(left[BOTH_BAD] + right[BOTH_BAD]),
                expected=win_chance(mine.rating - theirs.rating) if comparable and mine and theirs else None,
            )
        )
    return sorted(found, key=lambda meeting: -meeting.battles)


def lineage_of(view: StandingsView, facts: ContenderFacts) -> Sequence[tuple[str, str]]:
    """Return (label, slug) from the contender to its base, the base's base and so on; no slug where it is not here."""
    chain, seen = [(facts.label, facts.slug)], {facts.slug}
    while facts.base:
        base = view.contenders.get(facts.base)
        if base is None or base.slug in seen:
            return chain if base else [*chain, (facts.base, "")]
        chain.append((base.label, base.slug))
        seen.add(base.slug)
        facts = base
    return chain
