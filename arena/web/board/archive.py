"""The archive of battles that were voted on: lists, which an address chooses, and a page for each battle."""

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
from arena.web.battle.markdown import to_html
from arena.web.plain_pages import PlainPages
from arena.web.texts import say, word


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
            return pages.problem(request, say("problems.no_battles"), list(error.faults), status=400)
        except UnknownContender as error:
            return pages.problem(request, say("problems.no_contender"), [str(error)], status=404)
        named = await labels()
        return pages.page(
            request,
            "battles.html",
            battles=found[:PAGE],
            older=_address(replace(search, before=found[PAGE - 1].id)) if len(found) > PAGE else "",
            sentence=_sentence(search, named),
            labels=named,
            verdict_of=lambda battle: _verdict(battle, named),
            about_of=_about,
            publish=past.publish,
        )

    @app.get("/battles/{number:path}")
    async def battle(request: Request, number: str) -> Response:
        try:
            found = await asyncio.to_thread(past.get, int(number) if _is_number(number) else 0)
        except UnknownBattle as error:
            return pages.problem(request, say("problems.no_battle"), [str(error)], status=404)
        named = await labels()
        return pages.page(
            request,
            "battle.html",
            battle=found,
            as_html=to_html,
            labels=named,
            verdict_of=lambda battle: _verdict(battle, named),
            about_of=_about,
            publish=past.publish,
        )


def search_of(params: QueryParams) -> BattleSearch:
    """Return the search that an address asks for.

    Raises:
        BadConfiguration: it asks for something that cannot exist; lists every fault.
    """
    words = {name: params.get(name, "") for name in ("a", "b", "outcome", "category")}
    faults = [
        say("problems.not_one_of", name=name, word=words[name][:60], allowed=", ".join(allowed))
        for name, allowed in (("outcome", OUTCOMES), ("category", CATEGORIES))
        if words[name] and words[name] not in allowed
    ]
    if (words["b"] or words["outcome"]) and not words["a"]:
        faults.append(say("problems.whose_battles"))
    before = params.get("before", "")
    if before and not _is_number(before):
        faults.append(say("problems.before_number"))
    if faults:
        raise BadConfiguration(say("problems.no_battles_there"), faults)
    return BattleSearch(**words, before=int(before) if before else None)


def _verdict(battle: PastBattle, labels: Mapping[str, str]) -> str:
    if battle.winner is None:
        return say(f"verdicts.{battle.verdict}")
    return say("verdicts.won", label=labels.get(battle.winner, battle.winner))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 9


def _address(search: BattleSearch) -> str:
    words = {name: value for name in ("a", "b", "outcome", "category", "before") if (value := getattr(search, name))}
    return f"/battles?{urlencode(words)}"


def _sentence(search: BattleSearch, labels: Mapping[str, str]) -> str:
    a, b = labels.get(search.a, search.a), labels.get(search.b, search.b)
    if search.b:
        whose = say("archive.of_two", a=a, b=b)
    else:
        whose = say("archive.of_one", a=a) if search.a else say("archive.all")
    outcome = say(f"archive.outcome_{search.outcome}", a=a) if search.outcome else ""
    category = say("archive.category", category=word("categories", search.category)) if search.category else ""
    return say("archive.sentence", whose=whose, outcome=outcome, category=category)


def _about(battle: PastBattle) -> str:
    """Return what a battle was about and in which language; empty where it has no labels."""
    labels = [word("categories", battle.category or ""), word("languages", battle.language or "")]
    return say("notes.comma").join(filter(None, labels))
