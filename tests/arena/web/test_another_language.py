"""A second language is one more file: in a language whose every sentence stands in «…», nothing is shown outside."""

import asyncio
import json
import re
import shutil
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from bs4 import BeautifulSoup
from sqlalchemy import select

from arena.battles.battles import Battles
from arena.battles.views import BattleView, ContenderCard, Effort, ReplyView, Reveal, TurnView
from arena.board.standings import Standings
from arena.contenders.opened import OpenContenders
from arena.db.session import Database, sqlite_url
from arena.db.states import BattleStatus, ContenderStatus, Handle, ReplyStatus
from arena.db.tables import Contender
from arena.settings import Settings
from arena.web.app import create_app
from arena.web.battle.page import chips, notice_of, resume_link, second_vote
from arena.web.battle.stage import Stage
from arena.web.board.plots import PLOTS
from arena.web.texts import catalogue, in_language
from arena.web.texts.catalogue import Catalogue, Sentence
from leaderboard import Verdict
from tests.arena.web.board_arena import fill

PASSWORD = "hum"
SHOWN_ATTRIBUTES = ("title", "placeholder", "aria-label", "alt")
# What the data hold is in nobody's language: names, prompts and answers, reasons of maintainers, addresses.
DATA = {
    *("Alpaca-7B", "LLaMA & <i>7B</i>", "=GPT", "Nobody yet", "A private variant", "An owner", "a test", "R&D"),
    *("alpaca-7b", "llama-7b", "nobody-here", "nobody", "hidden", "gpt", "CC BY-NC 4.0", "Llama licence"),
    *("proprietary", "LLaMA", "MIT", "Testers", "answers", "from", "written for the tests"),
    *("Solve 1 + 1", "Write a poem for the queen", "Hello"),
}


def bracketed(sentence: Sentence) -> Sentence:
    return f"«{sentence}»" if isinstance(sentence, str) else tuple(f"«{form}»" for form in sentence)


ENGLISH = catalogue()
OTHER = Catalogue("xx", {key: bracketed(text) for key, text in ENGLISH.sentences.items()}, ENGLISH.form_of)


def outside(text: str, data: Iterable[str] = ()) -> list[str]:
    """Return the words of a text that stand in no brackets and are no data."""
    inner = re.compile(r"«[^«»]*»")
    while inner.search(text):
        text = inner.sub(" ", text)
    for name in sorted({*DATA, *data}, key=len, reverse=True):
        text = text.replace(name, " ")
    return re.findall(r"[^\W\d_]{2,}", text)


def shown(html: str) -> str:
    """Return all that a reader of HTML sees or hears."""
    soup = BeautifulSoup(html, "html.parser")
    for unseen in soup(["script", "style", "pre", "code"]):
        unseen.decompose()
    attributes = [str(tag[name]) for tag in soup.find_all(True) for name in SHOWN_ATTRIBUTES if tag.has_attr(name)]
    return "\n".join([soup.get_text("\n"), *attributes])


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def reader(
    migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[httpx.AsyncClient, str]]:
    """A reader of an arena that speaks the other language, and a snapshot of it."""
    path = tmp_path_factory.mktemp("other") / "arena.db"
    shutil.copy(migrated_sqlite, path)
    database = Database(sqlite_url(path))
    snapshot = fill(database)
    with database.writing() as session:
        paused = session.scalars(select(Contender).where(Contender.slug == "nobody")).one()
        paused.status = ContenderStatus.PAUSED
    settings = Settings(publish_conversations=True, title="R&D", operator_password=PASSWORD)
    opened = OpenContenders({})
    battles = Battles(database, opened, settings=settings)
    with in_language(OTHER):
        app = create_app(battles, Standings(database), settings=settings)

    async def in_the_other_language(scope: Any, receive: Any, send: Any) -> None:
        with in_language(OTHER):
            await app(scope, receive, send)

    transport = httpx.ASGITransport(in_the_other_language)
    async with httpx.AsyncClient(transport=transport, base_url="http://arena", timeout=60) as client:
        yield client, snapshot
    await battles.aclose()
    await opened.aclose()
    database.close()


async def seen(client: httpx.AsyncClient) -> None:
    """Wait until all that is computed in the background is there."""
    for _ in range(600):
        if (await client.get("/api/leaderboard/depth")).status_code == 200:
            return
        await asyncio.sleep(0.1)
    pytest.fail("nothing was computed")


PAGES = {
    "/leaderboard": 200,
    "/leaderboard?category=maths&mode=one+turn&family=LLaMA&sort=votes&period=7&language=English": 200,
    "/leaderboard?columns=speed,status,first_seen,wh_per_1k": 200,
    "/leaderboard?category=cooking&sort=taste&columns=smell": 400,
    "/leaderboard/depth": 200,
    "/leaderboard/benchmarks": 200,
    "/leaderboard/transparency": 200,
    "/leaderboard/audit-log": 200,
    "/leaderboard/snapshots": 200,
    "/leaderboard/method": 200,
    "/leaderboard/{snapshot}": 200,
    "/leaderboard/nosuchid": 404,
    "/compare": 200,
    "/compare?a=gpt&b=gpt": 200,
    "/compare?a=alpaca-7b&b=gpt": 200,
    "/compare?a=gpt&b=nobody": 200,
    "/compare?a=gpt&b=nobody-here": 404,
    "/battles": 200,
    "/battles?a=gpt&b=alpaca-7b&outcome=won&category=maths": 200,
    "/battles?outcome=nice&before=x": 400,
    "/battles/1": 200,
    "/battles/0": 404,
    "/contenders/alpaca-7b": 200,
    "/contenders/nobody": 200,
    "/contenders/nobody-here": 404,
    "/operations": 200,
    "/operations/moderation": 200,
    "/no/such/page": 404,
}
# An address that is wrong, and an error that says itself what is wrong, are quoted as they are.
QUOTED = ("cooking", "taste", "smell", "nice", "category", "columns", "sort", "outcome", "before", "nosuchid")


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("path", PAGES)
async def test_a_page_without_gradio_shows_nothing_but_the_catalogue_and_data(
    reader: tuple[httpx.AsyncClient, str], path: str
):
    client, snapshot = reader
    await seen(client)
    headers = {"accept": "text/html"}
    answer = await client.get(path.format(snapshot=snapshot), headers=headers, auth=("any", PASSWORD))
    assert answer.status_code == PAGES[path]
    assert "«" in answer.text
    errors = re.findall(r"There is no battle[^<]*", answer.text)  # of the arena itself
    assert outside(shown(answer.text), [snapshot, *QUOTED, *errors]) == []
    assert '<html lang="xx">' in answer.text


FIGURE_WORDS = {"about", "text", "hovertext", "ticktext", "name"}


def strings(value: object, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield every text of JSON with the name of what it stands under."""
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from strings(item, key)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item, name)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("name", PLOTS)
async def test_a_plot_shows_nothing_but_the_catalogue_and_data(reader: tuple[httpx.AsyncClient, str], name: str):
    client, _ = reader
    await seen(client)
    figure = (await client.get(f"/api/plots/{name}")).json()
    told = [text for where, text in strings(figure) if where in FIGURE_WORDS]
    assert outside(shown("\n".join(told)), ["LLaMA & 7B"]) == []


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("path", ["/", "/about"])
async def test_a_page_of_gradio_shows_nothing_but_the_catalogue_and_data(
    reader: tuple[httpx.AsyncClient, str], path: str
):
    client, _ = reader
    page = (await client.get(path)).text
    config, _ = json.JSONDecoder().raw_decode(page.partition("window.gradio_config = ")[2])
    told = []
    for component in config["components"]:
        props = component["props"]
        template = re.sub(r"\$\{value[.\w]*\}", "", props.get("html_template") or "${value}")
        texts = [props.get(key) for key in ("value", "label", "placeholder")]
        told += [shown(template), *(shown(text) for text in texts if isinstance(text, str))]
    assert outside("\n".join(told), ["Textbox"]) == []  # the label of a hidden field
    scripts = " ".join(str(event.get("js")) for event in config["dependencies"])
    assert path == "/about" or json.dumps(OTHER.say("battle.not_saved")) in scripts
    words = BeautifulSoup(config["head"], "html.parser").find("meta", attrs={"name": "arena-words"})
    assert words
    sentences = {key: OTHER.sentences[f"scripts.{key}"] for key in OTHER.keys("scripts")}
    assert json.loads(str(words["content"])) == sentences


CARD = ContenderCard(slug="gpt", label="=GPT", organisation="", licence="MIT", lineage="")
EFFORT = Effort(tokens=1, counted=False, seconds=1.5, usd=0.1, usd_basis="MIT", wh=(1.0, 2.0), wh_basis="MIT")


def views() -> Iterator[BattleView]:
    for status in ReplyStatus:
        for text in ("", "Hello"):
            for more in ({"running": True}, {"queue_position": 3}, {"unchecked": True}, {"votable": True}, {}):
                reply = ReplyView(text, status, cut_off=True, withheld=not text)
                turn = TurnView("Hello", reply, reply)
                yield BattleView(Handle("x"), BattleStatus.OPEN, (turn, turn), **more)  # type: ignore[arg-type]
                yield BattleView(Handle("x"), BattleStatus.VOID, (turn,))
    for verdict in Verdict:
        reveal = Reveal(verdict=verdict, a=CARD, b=CARD, efforts={"a": EFFORT}, not_counted="a test")
        yield BattleView(Handle("x"), BattleStatus.VOTED, (turn,), reveal=reveal)
        yield BattleView(Handle("x"), BattleStatus.VOTED, (turn,), reveal=replace(reveal, not_counted=""))


def test_the_stage_shows_nothing_but_the_catalogue_and_data():
    with in_language(OTHER):
        for view in views():
            value = Stage().show(view)
            told = [value["history"], value["status"], value["reveal"], value["asked"]]
            told += [value[side][name] for side in "ab" for name in ("name", "done", "tail", "note")]
            assert outside(shown("\n".join(told))) == [], view


def test_notices_are_of_the_catalogue(caplog: pytest.LogCaptureFixture):
    *_, voted = views()
    with in_language(OTHER):
        for notice in (resume_link(Handle("x")), second_vote(voted, Verdict.A), notice_of(RuntimeError("Boom"))):
            assert notice
            assert outside(shown(notice)) == []
    assert chips(None) == ""
