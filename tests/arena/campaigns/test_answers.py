"""Answers: asked once, kept with every failure, within the budget, and resumed after a kill without paying twice."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from arena.campaigns import answers
from arena.campaigns.answers import only_one
from arena.campaigns.campaigns import Campaigns
from arena.db.campaign_tables import AnswerStatus, AnswerTry, CampaignAnswer, TryStatus
from arena.db.session import Database
from arena.db.tables import Contender
from arena.errors import CampaignNotReady
from tests.arena.campaigns.conftest import Draft, Make

PRICES = {"input": 1.0, "output": 1000.0, "as_of": "2026-11-01", "source": "test"}
# For what is the same on both databases.
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture(autouse=True)
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "PAUSE_S", 0.01)


def tries(database: Database) -> list[AnswerTry]:
    with database.reading() as session:
        return session.query(AnswerTry).order_by(AnswerTry.id).all()


def test_every_turn_is_asked_once_with_the_contenders_own_words_before_it(database: Database, draft: Draft, make: Make):
    rule = {"match": "turn 1", "reply": "You said {prompt}"}
    draft(2, turns=2, scripts={"one": {"reply": "Words."}, "two": {"rules": [rule], "reply": "Other."}})
    progress = make()
    assert (progress.total, progress.answered, progress.failed, progress.stopped) == (4, 4, 0, "")
    rows = tries(database)
    assert len(rows) == 8
    assert {row.status for row in rows} == {TryStatus.ANSWERED}
    with database.reading() as session:
        assert all(len(row.texts) == 2 for row in session.query(CampaignAnswer))
    make()
    assert len(tries(database)) == 8


@ON_SQLITE
def test_every_failure_stays_and_can_be_asked_again(database: Database, draft: Draft, make: Make):
    script = {"rules": [{"match": "Prompt 1", "fail": "server_fault"}], "reply": "Fine."}
    draft(2, answers={"tries": 3}, scripts={"two": script})
    progress = make()
    assert (progress.answered, progress.failed) == (3, 1)
    failed = [row for row in tries(database) if row.status is TryStatus.FAILED]
    assert [(row.number, row.failure) for row in failed] == [(n, "server_fault") for n in (1, 2, 3)]
    assert make().failed == 1
    assert len(tries(database)) == 6
    with database.writing() as session:
        session.query(Contender).filter_by(slug="two").one().options = {"reply": "Back."}
    progress = make(again=True)
    assert (progress.answered, progress.failed) == (4, 0)
    assert [row.number for row in tries(database) if row.answer_id == failed[0].answer_id] == [1, 2, 3, 4]


@ON_SQLITE
def test_what_cannot_help_is_not_tried_again(database: Database, draft: Draft, make: Make):
    draft(1, scripts={"two": {"rules": [{"match": ".", "fail": "rejected"}], "reply": "x"}})
    make()
    with database.reading() as session:
        (failed,) = session.query(CampaignAnswer).filter_by(status=AnswerStatus.FAILED)
    assert failed.failure == "rejected"
    assert [row.usd for row in tries(database) if row.failure] == [0.0]


def test_the_budget_is_never_exceeded(database: Database, draft: Draft, make: Make):
    draft(6, answers={"max_usd": 1.02, "concurrency": 3})
    with database.writing() as session:
        for row in session.query(Contender):
            row.prices, row.sampling = PRICES, {"max_tokens": 1000}
    progress = make()
    assert "limit of $1.02" in progress.stopped
    assert 0 < progress.answered < 12
    assert progress.usd == pytest.approx(sum(row.usd for row in tries(database)))
    assert progress.usd <= 1.02


@ON_SQLITE
def test_a_self_naming_answer_is_marked(database: Database, draft: Draft, make: Make):
    draft(1, scripts={"two": {"reply": "I was made by Testers, at your service."}})
    make()
    with database.reading() as session:
        assert sorted(row.names_itself for row in session.query(CampaignAnswer)) == [False, True]


@ON_SQLITE
def test_only_one_process_asks(draft: Draft, make: Make, tmp_path: Path):
    draft(1)
    with only_one(tmp_path / "trial.lock", "trial"), pytest.raises(CampaignNotReady, match="Another process"):
        make()


@ON_SQLITE
def test_an_open_campaign_is_not_asked(database: Database, draft: Draft, make: Make):
    draft(1)
    make()
    Campaigns(database).open("trial")
    with pytest.raises(CampaignNotReady, match="frozen"):
        make()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # a process takes seconds to start
def test_a_killed_run_goes_on_and_counts_what_was_under_way(
    database: Database, database_url: str, draft: Draft, make: Make, tmp_path: Path
):
    hanging = {"rules": [{"match": "Prompt 0", "stall_after_tokens": 1}], "reply": "Words."}
    draft(8, scripts={"two": hanging}, answers={"concurrency": 2})
    with database.writing() as session:
        for row in session.query(Contender):
            row.prices = PRICES
    environment = {**os.environ, "ARENA_DATABASE_URL": database_url, "ARENA_HOME": str(tmp_path)}
    command = [sys.executable, "-m", "arena", "campaign", "answers", "trial"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while sum(row.status is TryStatus.ANSWERED for row in tries(database)) < 3 and process.poll() is None:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert any(row.status is TryStatus.ASKED for row in tries(database))
    with database.writing() as session:
        session.query(Contender).filter_by(slug="two").one().options = {"reply": "Words."}
    assert make().answered == 16
    rows = tries(database)
    lost = [row for row in rows if row.status is TryStatus.LOST]
    assert lost
    assert all(row.usd > 0 for row in lost)
    answered = [(row.answer_id, row.turn) for row in rows if row.status is TryStatus.ANSWERED]
    assert len(answered) == len({*answered}) == 16
