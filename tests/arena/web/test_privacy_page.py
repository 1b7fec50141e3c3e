"""An arena that asks, without a browser: the panel, the page on privacy, and its forms."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from arena.db.consent_tables import Consent
from arena.db.session import Database, sqlite_url
from arena.db.tables import Battle, Vote
from arena.settings import Settings
from arena.web.texts import say
from tests.arena.finished_battles import stored
from tests.arena.web.served_arena import ServedArena, Visitor, contenders

ALL = "battle vote text"


@pytest.fixture(scope="module")
def asking(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedArena]:
    path = tmp_path_factory.mktemp("asking") / "arena.db"
    shutil.copy(migrated_sqlite, path)
    database = Database(sqlite_url(path))
    with database.writing() as session:
        session.add_all(contenders())
    arena = ServedArena(database, Settings(contact="The lab of privacy"), asks_consent=True)
    arena.start()
    yield arena
    arena.stop()
    database.close()


@pytest.fixture
def newcomer(asking: ServedArena) -> Iterator[Visitor]:
    visitor = Visitor(asking.url)
    yield visitor
    visitor.http.close()


def post(visitor: Visitor, path: str, **fields: str) -> httpx.Response:
    return visitor.http.post(path, data=fields, follow_redirects=True)


def agree_and_vote(visitor: Visitor, chosen: str) -> str:
    """Agree, have a battle and vote; return the code of the receipt."""
    visitor.handle = visitor.event("choose", chosen, "A secret of mine", "")["handle"]
    visitor.follow()
    return re.findall(r"<code>([0-9A-Z-]+)</code>", visitor.vote("a")["stage"]["reveal"])[0]


def test_the_first_prompt_waits_for_three_choices_of_which_none_is_ticked(newcomer: Visitor, asking: ServedArena):
    shown = newcomer.event("ask", "Hello", "")
    assert shown["consent-panel"].count('type="checkbox"') == 3
    assert " checked>" not in shown["consent-panel"]
    assert "The lab of privacy" in shown["consent-panel"]
    assert "prompt" not in shown  # it stays where it is
    assert stored(asking.database, Battle) == []


def test_who_chooses_no_battle_is_told_so(newcomer: Visitor, asking: ServedArena):
    assert newcomer.event("choose", "vote text", "Hello", "")["notice"] == say("consent.battle_needed")
    assert newcomer.event("choose", None, "Hello", "")["notice"] == say("consent.battle_needed")
    assert stored(asking.database, Consent) == []


def test_the_prompt_that_waited_is_sent_with_the_choice(newcomer: Visitor):
    shown = newcomer.event("choose", "battle", "Hello", "")
    assert shown["consent-panel"] == ""
    newcomer.handle = shown["handle"]
    newcomer.follow()
    assert "did not allow its use" in newcomer.vote("a")["stage"]["reveal"]
    assert "handle" in newcomer.event("ask", "And now?", "")  # nobody is asked twice


def test_a_receipt_erases_its_battle_from_any_browser(newcomer: Visitor, asking: ServedArena):
    code = agree_and_vote(newcomer, ALL)
    anybody = httpx.post(f"{asking.url}/privacy/erase", data={"code": f" {code.lower()} "})
    assert say("privacy.erased", count=1) in anybody.text
    assert anybody.headers["cache-control"] == "private, no-store"
    assert "set-cookie" not in anybody.headers
    again = httpx.post(f"{asking.url}/privacy/erase", data={"code": code})
    assert (again.status_code, say("privacy.unknown_code") in again.text) == (404, True)
    assert "error" not in newcomer.event("restore", newcomer.handle)["notice"]


def test_a_browser_erases_everything_and_is_somebody_else_afterwards(newcomer: Visitor, asking: ServedArena):
    agree_and_vote(newcomer, ALL)
    before = len(stored(asking.database, Vote))
    answer = post(newcomer, "/privacy/erase", everything="on")
    assert say("privacy.erased", count=1) in answer.text
    assert "arena_voter" not in newcomer.http.cookies
    assert len(stored(asking.database, Vote)) == before - 1


def test_choices_are_shown_and_changed(newcomer: Visitor, asking: ServedArena):
    assert say("privacy.not_chosen") in newcomer.http.get("/privacy").text
    agree_and_vote(newcomer, "battle vote")
    assert newcomer.http.get("/privacy").text.count(" checked>") == 2
    answer = post(newcomer, "/privacy/choices", battle="on")
    assert say("privacy.chosen") in answer.text
    assert answer.text.count(" checked>") == 1
    assert stored(asking.database, Vote)[-1].excluded == "its voter did not allow its use"


@pytest.mark.parametrize("path", ["/privacy/choices", "/privacy/erase"])
def test_no_other_site_may_post_a_form(newcomer: Visitor, path: str):
    code = agree_and_vote(newcomer, ALL)
    foreign = {"origin": "https://evil.example"}
    assert newcomer.http.post(path, data={"code": code}, headers=foreign).status_code == 403
    assert newcomer.http.get(path).status_code in {404, 405}


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"a&" * 100, b'{"code": 1}', b"code=" + b"x" * 9000])
def test_a_form_that_is_none_erases_nothing(newcomer: Visitor, asking: ServedArena, body: bytes):
    before = len(stored(asking.database, Battle))
    answer = httpx.post(f"{asking.url}/privacy/erase", content=body)
    assert answer.status_code in {200, 404}
    assert len(stored(asking.database, Battle)) == before


def test_without_a_cookie_there_is_nobody_to_choose(asking: ServedArena):
    answer = httpx.post(f"{asking.url}/privacy/choices", data={"battle": "on"})
    assert (answer.status_code, say("battle.no_cookie") in answer.text) == (400, True)
    page = httpx.get(f"{asking.url}/privacy").text
    assert say("privacy.erase_browser") not in page


def test_when_the_notice_changes_voters_are_asked_again_and_told_why(newcomer: Visitor, asking: ServedArena):
    agree_and_vote(newcomer, ALL)
    asking.stop()
    settings, asking.settings = asking.settings, replace(asking.settings, keep_texts_days=5)
    asking.start()
    assert say("consent.changed") in newcomer.event("ask", "Hello", "")["consent-panel"]
    asking.stop()
    asking.settings = settings
    asking.start()
