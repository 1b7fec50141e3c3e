from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from arena.db.session import Database
from arena.db.states import ContenderStatus
from arena.db.tables import Contender
from arena.errors import BadConfiguration
from arena.leaks.meter import FEWEST_REPLIES, LeakMeter, bounds_of, month_before, month_of
from leaderboard import Verdict
from tests.arena.conftest import scripted
from tests.arena.recorded_votes import MORNING, Ballot, record

Enter = Callable[..., None]


def answers(database: Database, count: int, *, at: datetime = MORNING) -> None:
    record(database, *(Ballot("one", "three", Verdict.A, at=at, prompts=(f"What is {n}?",)) for n in range(count)))


def test_a_month_is_measured_kept_and_shown(database: Database, enter: Enter):
    enter(scripted("one"), scripted("three"))
    answers(database, FEWEST_REPLIES)
    answers(database, 1, at=MORNING + timedelta(days=40))
    meter = LeakMeter(database)
    report = meter.measure("2026-11")
    assert report.is_measured
    found = report.recognised["one"]
    assert found["text"].replies == FEWEST_REPLIES
    assert found["text"].share > 0.95  # the answers hold the contender's slug
    assert found["timing"].share == pytest.approx(0.5, abs=0.1)  # no times are recorded
    meter.measure("2026-11")
    (one, three) = meter.rows(months=3)
    assert (one.slug, one.month, one.channels) == ("one", "2026-11", found)
    assert three.slug == "three"
    assert meter.is_measured("2026-11")


def test_too_few_answers_give_no_figure(database: Database, enter: Enter):
    enter(scripted("one"), scripted("three"))
    answers(database, FEWEST_REPLIES - 1)
    report = LeakMeter(database).measure("2026-11")
    assert not report.is_measured
    assert report.too_few == {"one": FEWEST_REPLIES - 1, "three": FEWEST_REPLIES - 1}
    assert not LeakMeter(database).is_measured("2026-11")


def test_many_answers_to_few_prompts_are_too_few(database: Database, enter: Enter):
    enter(scripted("one"), scripted("three"))
    record(database, *(Ballot("one", "three", Verdict.A) for _ in range(FEWEST_REPLIES)))
    assert not LeakMeter(database).measure("2026-11").is_measured


def test_a_contender_that_nobody_was_shown_is_not_published(database: Database, enter: Enter):
    enter(scripted("one"), scripted("three"))
    answers(database, FEWEST_REPLIES)
    LeakMeter(database).measure("2026-11")
    with database.writing() as session:
        session.query(Contender).filter_by(slug="one").update({"status": ContenderStatus.CANDIDATE})
    assert [row.slug for row in LeakMeter(database).rows(months=3)] == ["three"]


@pytest.mark.parametrize("month", ["2026-13", "November", "", "2026-1-1"])
def test_what_is_no_month_is_refused(database: Database, month: str):
    with pytest.raises(BadConfiguration, match="is no month"):
        LeakMeter(database).measure(month)


def test_months_have_bounds_and_a_month_before():
    assert bounds_of("2026-12") == (datetime(2026, 12, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
    assert bounds_of("2026-02")[1] == datetime(2026, 3, 1, tzinfo=UTC)
    assert month_of(MORNING) == "2026-11"
    assert month_before(datetime(2026, 1, 31, tzinfo=UTC)) == "2025-12"
    assert month_before(datetime(2026, 12, 31, tzinfo=UTC)) == "2026-11"
