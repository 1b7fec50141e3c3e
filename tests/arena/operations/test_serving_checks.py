"""Checks are made where replies are made, and whoever asked for them hears of each as soon as it is done."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

from arena.clock import now
from arena.contenders.opened import OpenContenders
from arena.contenders.register import Contenders
from arena.db.finding_tables import CheckRequest, ServingProcess
from arena.db.session import Database
from arena.db.states import ContenderStatus
from arena.db.tables import Check, Contender
from arena.operations import serving_checks
from arena.operations.serving_checks import ServingChecks, is_served, reports_of_server
from tests.arena.conftest import Enter, scripted
from tests.arena.finished_battles import stored


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving_checks, "LOOK_EVERY_S", 0.02)
    monkeypatch.setattr(serving_checks, "POLL_S", 0.02)


@asynccontextmanager
async def serving(database: Database, environment: dict[str, str] | None = None) -> AsyncIterator[ServingChecks]:
    opened = OpenContenders(environment or {})
    checks = ServingChecks(database, Contenders(database), opened, every_h=1)
    await checks.begin()
    yield checks
    await checks.aclose()
    await opened.aclose()


def candidate(slug: str, **options: object) -> Contender:
    contender = scripted(slug, **options)
    contender.status = ContenderStatus.CANDIDATE
    return contender


async def test_the_serving_process_checks_activates_and_tells(database: Database, enter: Enter):
    enter(candidate("good"), candidate("bad", fail="server_fault", reply="No."))
    heard: list[Any] = []
    assert not is_served(database)
    async with serving(database):
        assert is_served(database)
        reports = await asyncio.to_thread(
            reports_of_server, database, ["good", "bad"], activates=True, on_report=heard.append
        )
    assert not is_served(database)
    assert reports is not None
    assert [(report.slug, report.passed) for report in reports] == [("good", True), ("bad", False)]
    assert {report.slug for report in heard} == {"good", "bad"}
    assert {row.slug: row.status.value for row in stored(database, Contender)} == {"good": "active", "bad": "candidate"}
    assert len(stored(database, Check)) == 2
    assert reports[0].learned
    assert reports[0].facts


async def test_a_key_of_the_shell_alone_fails_where_it_is_needed(
    database: Database,
    enter: Enter,
    arena: Callable[..., int],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
):
    contender = candidate("keyed")
    contender.backend, contender.options = "openai", {"url": "http://127.0.0.1:9/v1", "model": "keyed"}
    contender.api_key_env = "ONLY_HERE"
    enter(contender)
    monkeypatch.setenv("ONLY_HERE", "sk-canary-only-here")
    async with serving(database):
        assert await asyncio.to_thread(arena, "contenders", "check", "keyed") == 1
    out, err = capsys.readouterr()
    assert "The environment has no ONLY_HERE" in out
    assert "this shell has ONLY_HERE, and the serving process has not" in err
    assert "keyed: failed" in err
    assert "sk-canary" not in out + err


async def test_active_contenders_are_checked_again_and_stay_active(database: Database, enter: Enter):
    enter(scripted("good"), scripted("bad", fail="server_fault", reply="No."), candidate("new"))
    async with serving(database) as checks:
        await checks.check_active()
    assert sorted(row.passed for row in stored(database, Check)) == [False, True]
    assert {row.status for row in stored(database, Contender) if row.slug != "new"} == {ContenderStatus.ACTIVE}


async def test_a_server_that_ended_is_waited_for_no_longer(database: Database, enter: Enter):
    enter(candidate("good"))
    with database.writing() as session:
        session.add(ServingProcess(name="gone", seen_at=now() - timedelta(minutes=1)))
    assert not is_served(database)
    assert await asyncio.to_thread(reports_of_server, database, ["good"]) is None


async def test_an_old_request_and_one_that_breaks_end_quietly(database: Database, enter: Enter):
    enter(candidate("good"))
    with database.writing() as session:
        session.add(
            CheckRequest(asked_at=now() - timedelta(hours=1), asked_by="x", slugs=["good"], activates=False, reports=[])
        )
    async with serving(database):
        assert await asyncio.to_thread(reports_of_server, database, ["nobody"]) is None
        assert await asyncio.to_thread(reports_of_server, database, ["good"])
    old, _broken, new = stored(database, CheckRequest)
    assert (old.taken_at, old.ended_at) == (None, None)
    assert new.taken_at
