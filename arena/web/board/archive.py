"""The pages behind the figures: which battles a cell of a plot counts, and one battle by itself."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlencode

from fastapi import FastAPI, Request
from starlette.datastructures import QueryParams
from starlette.responses import Response

from arena.board.standings import Standings
from arena.errors import BadConfiguration, UnknownBattle, UnknownContender
from arena.exchange.past_battles import OUTCOMES, PAGE, BattleSearch, PastBattle, PastBattles
from arena.votes.prompt_labels import CATEGORIES
from arena.web import texts
from arena.web.plain_pages import PlainPages

WORDS = {"won": "that {a} won", "lost": "that {a} lost", "tie": "that were tied", "both_bad": "in which both were bad"}


def add_battle_archive(app: FastAPI, pages: PlainPages, standings: Standings, past: PastBattles) -> None:
    """Serve the lists of battles and each battle that was voted on."""

    async def labels() -> Mapping[str, str]:
        view = await standings.current()
        return {slug: facts.label for slug, facts in view.contenders.items()}

    @app.get("/battles")
    async def battles(request: Request) -> Response:
        try:
            search = search_of(request.query_params)
            found = await asyncio.to_thread(past.find, search)
        except BadConfiguration as error:
            return pages.problem(request, "There is no such list of battles", list(error.faults), status=400)
        except UnknownContender as error:
            return pages.problem(request, "There is no such contender", [str(error)], status=404)
        named = await labels()
        return pages.page(
            request,
            "battles.html",
            battles=found[:PAGE],
            older=_address(replace(search, before=found[PAGE - 1].id)) if len(found) > PAGE else "",
            sentence=_sentence(search, named),
            labels=named,
            verdict_of=lambda battle: _verdict(battle, named),
            publish=past.publish,
        )

    @app.get("/battles/{number:path}")
    async def battle(request: Request, number: str) -> Response:
        try:
            found = await asyncio.to_thread(past.get, int(number) if _is_number(number) else 0)
        except UnknownBattle as error:
            return pages.problem(request, "There is no such battle", [str(error)], status=404)
        named = await labels()
        return pages.page(
            request,
            "battle.html",
            battle=found,
            labels=named,
            verdict_of=lambda battle: _verdict(battle, named),
            publish=past.publish,
        )


def search_of(params: QueryParams) -> BattleSearch:
    """Read an address.

    Raises:
        BadConfiguration: it asks for something that cannot be; lists every fault.
    """
    words = {name: params.get(name, "") for name in ("a", "b", "outcome", "category")}
    faults = [
        f"`{name}` cannot be `{words[name][:60]}`: it is one of {', '.join(allowed)}."
        for name, allowed in (("outcome", OUTCOMES), ("category", CATEGORIES))
        if words[name] and words[name] not in allowed
    ]
    if (words["b"] or words["outcome"]) and not words["a"]:
        faults.append("`a` must say whose battles are meant.")
    before = params.get("before", "")
    if before and not _is_number(before):
        faults.append("`before` is the number of a battle.")
    if faults:
        raise BadConfiguration("This address asks for battles that cannot be:", faults)
    return BattleSearch(**words, before=int(before) if before else None)


def _verdict(battle: PastBattle, labels: Mapping[str, str]) -> str:
    if battle.winner is None:
        return texts.VERDICTS[battle.verdict]
    return f"{labels.get(battle.winner, battle.winner)} is better"


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 9


def _address(search: BattleSearch) -> str:
    words = {name: value for name in ("a", "b", "outcome", "category", "before") if (value := getattr(search, name))}
    return f"/battles?{urlencode(words)}"


def _sentence(search: BattleSearch, labels: Mapping[str, str]) -> str:
    a, b = labels.get(search.a, search.a), labels.get(search.b, search.b)
    parts = ["All battles" if not search.a else f"Battles of {a}"]
    parts += [f"and {b}"] if b else []
    parts += [WORDS[search.outcome].format(a=a)] if search.outcome else []
    parts += [f"about {search.category}"] if search.category else []
    return " ".join([*parts, "that were voted on, the newest first."])
