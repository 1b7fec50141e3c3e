"""Contenders in the database: registered by file or one by one, moved through their statuses, never deleted."""

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from arena.contenders.register import Contenders
from arena.contenders.schema import ContenderEntry
from arena.db.session import Database
from arena.db.states import ContenderStatus
from arena.errors import BadConfiguration, UnknownContender, WrongStatus

ALPACA = ContenderEntry(slug="alpaca", label="Alpaca", backend="scripted", licence="CC BY-NC 4.0")
VICUNA = ContenderEntry(slug="vicuna", label="Vicuna", backend="scripted", sampling={"stop": ["###"]})


@pytest.fixture
def contenders(database: Database) -> Contenders:
    return Contenders(database)


def test_a_first_sync_registers_candidates(contenders: Contenders):
    report = contenders.sync([ALPACA, VICUNA])
    assert report.added == ("alpaca", "vicuna")
    assert [row.status for row in contenders.list()] == [ContenderStatus.CANDIDATE] * 2
    assert contenders.active() == ()


def test_a_second_sync_changes_only_what_differs_and_deletes_nothing(contenders: Contenders):
    contenders.sync([ALPACA, VICUNA])
    koala = replace(ALPACA, slug="koala", label="Koala")
    contenders.sync([koala])
    report = contenders.sync([replace(ALPACA, licence="Apache-2.0"), VICUNA])
    assert (report.added, report.changed, report.unchanged, report.absent) == ((), ("alpaca",), ("vicuna",), ("koala",))
    assert {row.slug: row.licence for row in contenders.list()} == {
        "alpaca": "Apache-2.0",
        "vicuna": "",
        "koala": "CC BY-NC 4.0",
    }


def test_a_sync_leaves_the_status_alone(contenders: Contenders):
    contenders.sync([ALPACA])
    contenders.activate("alpaca", "checked", unchecked=True)
    contenders.sync([replace(ALPACA, label="Alpaca 7B")])
    (row,) = contenders.active()
    assert row.label == "Alpaca 7B"


def test_labels_of_two_contenders_may_be_swapped_in_one_sync(contenders: Contenders):
    contenders.sync([ALPACA, VICUNA])
    contenders.sync([replace(ALPACA, label="Vicuna"), replace(VICUNA, label="Alpaca")])
    assert [row.label for row in contenders.list()] == ["Vicuna", "Alpaca"]


def test_a_label_that_reads_like_an_absent_contenders_is_refused_and_nothing_is_written(contenders: Contenders):
    contenders.sync([ALPACA])
    with pytest.raises(BadConfiguration, match="`other`: its label reads like that of `alpaca`"):
        contenders.sync([VICUNA, replace(VICUNA, slug="other", label="ALPACA")])
    assert [row.slug for row in contenders.list()] == ["alpaca"]


def test_adding_a_slug_twice_is_refused(contenders: Contenders):
    assert contenders.add(ALPACA).status is ContenderStatus.CANDIDATE
    with pytest.raises(BadConfiguration, match="There is a contender `alpaca` already"):
        contenders.add(replace(ALPACA, label="Another"))


def test_a_contender_is_activated_paused_activated_again_and_retired_with_date_and_reason(contenders: Contenders):
    contenders.add(ALPACA)
    before = datetime.now(UTC) - timedelta(seconds=1)
    contenders.activate("alpaca", "checked", unchecked=True)
    contenders.pause("alpaca", "its server moves")
    (row,) = contenders.list()
    assert (row.status, row.status_reason) == (ContenderStatus.PAUSED, "its server moves")
    assert before < row.status_at < datetime.now(UTC) + timedelta(seconds=1)
    contenders.activate("alpaca", "it is back", unchecked=True)
    assert [row.slug for row in contenders.active()] == ["alpaca"]
    contenders.retire("alpaca", "superseded")
    assert contenders.active() == ()
    assert [row.status_reason for row in contenders.list()] == ["superseded"]


def test_a_status_that_is_reached_already_keeps_its_date_and_reason(contenders: Contenders):
    contenders.add(ALPACA)
    first = contenders.activate("alpaca", "checked", unchecked=True)
    again = contenders.activate("alpaca", "once more", unchecked=True)
    assert (again.status_reason, again.status_at) == ("unchecked: checked", first.status_at)


def test_a_retired_contender_stays_retired(contenders: Contenders):
    contenders.add(ALPACA)
    contenders.retire("alpaca", "superseded")
    with pytest.raises(WrongStatus, match="`alpaca` is retired, so it cannot become active"):
        contenders.activate("alpaca", "again", unchecked=True)
    with pytest.raises(WrongStatus):
        contenders.pause("alpaca", "again")


def test_a_candidate_cannot_be_paused(contenders: Contenders):
    contenders.add(ALPACA)
    with pytest.raises(WrongStatus, match="`alpaca` is candidate"):
        contenders.pause("alpaca", "why not")


def test_unknown_slugs_are_all_named(contenders: Contenders):
    contenders.add(ALPACA)
    with pytest.raises(UnknownContender, match="No contender is called `x` or `y`"):
        contenders.named(["x", "alpaca", "y"])
    with pytest.raises(UnknownContender):
        contenders.activate("x", "checked")


def test_arenas_that_start_together_on_a_new_database_register_each_contender_once(database_url: str):
    reports = []

    def start() -> None:
        database = Database(database_url)
        reports.append(Contenders(database).sync([ALPACA, VICUNA]))
        database.close()

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(report.added for report in reports) == [(), (), (), ("alpaca", "vicuna")]
