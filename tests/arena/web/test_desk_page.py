"""The desk for operators: behind their password, with forms that no other site can send."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from arena.audit_log.log import AuditLog
from arena.clock import now
from arena.db.session import Database, sqlite_url
from arena.db.tables import Flag
from arena.moderation.desk import ModerationDesk
from arena.settings import Settings
from arena.web.desk_page import PATH
from tests.arena.web.served_arena import ServedArena, Visitor, contenders

AUTH = ("any", "hum-hum-hum")


@pytest.fixture(scope="module")
def desk_arena(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedArena]:
    path = tmp_path_factory.mktemp("desk") / "arena.db"
    shutil.copy(migrated_sqlite, path)
    database = Database(sqlite_url(path))
    with database.writing() as session:
        session.add_all(contenders())
        session.add(Flag(at=now(), moderator="local", categories=["<b>odd</b>"], text="<script>alert(1)</script>"))
    arena = ServedArena(database, Settings(operator_password=AUTH[1]))
    arena.start()
    yield arena
    arena.stop()
    database.close()


def test_only_operators_see_it_and_only_where_there_is_a_password(desk_arena: ServedArena, http: httpx.Client):
    assert http.get(PATH).status_code == 404
    assert http.post(PATH, data={"flag": "1"}).status_code == 404
    for answer in (httpx.get(desk_arena.url + PATH), httpx.post(desk_arena.url + PATH, data={"flag": "1"})):
        assert answer.status_code == 401
        assert "alert(1)" not in answer.text


def test_a_voter_reports_and_an_operator_decides(desk_arena: ServedArena):
    visitor = Visitor(desk_arena.url)
    visitor.ask("Hello")
    shown = visitor.event("report_a", visitor.handle)
    assert "A maintainer will look at the answer of Assistant A." in str(shown)
    visitor.http.close()
    page = httpx.get(desk_arena.url + PATH, auth=AUTH)
    assert page.headers["cache-control"] == "no-store"
    assert "reported by a voter" in page.text
    assert "&lt;script&gt;alert(1)" in page.text
    assert "<b>odd" not in page.text
    desk = ModerationDesk(desk_arena.database)
    number = next(case.id for case in desk.cases() if case.moderator == "voter")
    form = {"flag": str(number), "decision": "take_down", "reason": "cruel"}
    foreign = httpx.post(desk_arena.url + PATH, auth=AUTH, data=form, headers={"origin": "https://evil.example"})
    assert foreign.status_code == 403
    assert desk.num_waiting() == 2
    done = httpx.post(desk_arena.url + PATH, auth=AUTH, data=form, headers={"origin": desk_arena.url})
    assert (done.status_code, done.headers["location"]) == (303, PATH)
    assert desk.num_waiting() == 1
    (row,) = AuditLog(desk_arena.database).newest(limit=1)
    assert (row.origin, row.who) == (PATH, AUTH[0])
    assert "cruel" in httpx.get(desk_arena.url + PATH, auth=AUTH, params={"decided": "yes"}).text


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"flag": "1"},
        {"flag": "1", "decision": "burn", "reason": "x"},
        {"flag": "1", "decision": "dismiss", "reason": " "},
        {"flag": "999999", "decision": "dismiss", "reason": "x"},
        {"flag": "9" * 40, "decision": "dismiss", "reason": "x"},
        {"flag": "one", "decision": "dismiss", "reason": "\0\ud7ff"},
    ],
)
def test_a_form_that_makes_no_sense_changes_nothing(desk_arena: ServedArena, form: dict[str, str]):
    waiting = ModerationDesk(desk_arena.database).num_waiting()
    answer = httpx.post(desk_arena.url + PATH, auth=AUTH, data=form)
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert ModerationDesk(desk_arena.database).num_waiting() == waiting
