"""Judgements: kept once, revised by further rows, looked at again, never overwritten."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from arena.campaigns.judgements import Judgements, Said
from arena.campaigns.raters import Raters
from arena.clock import now
from arena.db.campaign_tables import Assignment, Booklet, Judgement, SideVerdict
from arena.db.session import Database
from arena.errors import BadConfiguration, UnknownCampaign
from tests.arena.campaigns.test_prompt_files import written

Opened = Callable[..., tuple]
LEFT, RIGHT = Said(SideVerdict.LEFT), Said(SideVerdict.RIGHT)
# For what is the same on both databases.
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def rows(database: Database) -> list[Judgement]:
    with database.reading() as session:
        return session.query(Judgement).order_by(Judgement.id).all()


@pytest.fixture
def at_work(database: Database, opened: Opened) -> tuple[str, int]:
    """A rater's key and the first place."""
    asked = {
        "reasons": ["wrong", "rude"],
        "acceptable": True,
        "confidence": True,
        "rationale": True,
        "correction": True,
    }
    _, (key, _) = opened(4, ask=asked)
    Raters(database).consent(key, "1")
    return key, Raters(database).desk(key).place.id


@ON_SQLITE
def test_everything_that_is_said_is_kept(database: Database, at_work: tuple[str, int]):
    key, place = at_work
    said = Said(SideVerdict.BOTH_BAD, True, False, ("rude", "wrong"), 3, " why\r\nso ", "Better.")
    Judgements(database).judge(key, place, said, step=0, seconds=0.5)
    (row,) = rows(database)
    assert (row.verdict, row.acceptable_left, row.acceptable_right) == (SideVerdict.BOTH_BAD, True, False)
    assert (row.tags, row.confidence, row.rationale, row.correction) == (["wrong", "rude"], 3, "why\nso", "Better.")
    assert (row.seconds, row.revision_of_id, row.second_look) == (0.5, None, False)


@ON_SQLITE
def test_what_was_not_asked_is_not_kept(database: Database, opened: Opened):
    _, (key, _) = opened(2)
    Raters(database).consent(key, "1")
    place = Raters(database).desk(key).place.id
    Judgements(database).judge(key, place, Said(SideVerdict.TIE, True, True, (), 3, "why", "x"), step=0)
    (row,) = rows(database)
    assert (row.acceptable_left, row.confidence, row.rationale, row.correction) == (None, None, "", "")


@ON_SQLITE
@pytest.mark.parametrize("said", [replace(LEFT, confidence=4), replace(LEFT, tags=("invented",))])
def test_values_that_no_form_has_are_refused(database: Database, at_work: tuple[str, int], said: Said):
    with pytest.raises(BadConfiguration):
        Judgements(database).judge(*at_work, said, step=0)
    assert rows(database) == []


def test_a_form_that_comes_again_is_stored_once(database: Database, at_work: tuple[str, int]):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _n: Judgements(database).judge(*at_work, LEFT, step=0), range(8)))
    assert len(rows(database)) == 1


def test_two_buttons_of_one_form_at_once_lose_nothing(database: Database, at_work: tuple[str, int]):
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda said: Judgements(database).judge(*at_work, said, step=0), (LEFT, RIGHT)))
    first, second = rows(database)
    assert (first.revision_of_id, second.revision_of_id) == (None, first.id)
    assert {first.verdict, second.verdict} == {SideVerdict.LEFT, SideVerdict.RIGHT}


def test_a_change_of_mind_is_another_row_and_an_old_form_changes_nothing(database: Database, at_work: tuple[str, int]):
    key, place = at_work
    judgements = Judgements(database)
    judgements.judge(key, place, LEFT, step=0)
    (first,) = rows(database)
    assert Raters(database).desk(key, 1).place.step == first.id
    judgements.judge(key, place, RIGHT, step=first.id)
    judgements.judge(key, place, LEFT, step=0)  # the browser sends the first form again
    judgements.judge(key, place, RIGHT, step=first.id)
    assert [(row.verdict.value, row.revision_of_id) for row in rows(database)] == [("left", None), ("right", first.id)]
    desk = Raters(database).desk(key, 1)
    assert desk.place.said == RIGHT
    assert Raters(database).desk(key).place.number == 2


def test_nobody_judges_the_place_of_another(database: Database, opened: Opened):
    _, (mine, other) = opened(4)
    for key in (mine, other):
        Raters(database).consent(key, "1")
    place = Raters(database).desk(mine).place.id
    for key in (other, "nobody"):
        with pytest.raises(UnknownCampaign):
            Judgements(database).judge(key, place, LEFT, step=0)
    assert rows(database) == []


@ON_SQLITE
@pytest.mark.parametrize(("told", "kept"), [(None, 100), (7.0, 7), (1e9, 101), (-3.0, 0), (float("nan"), 100)])
def test_the_time_is_what_is_possible(database: Database, at_work: tuple[str, int], told: float | None, kept: float):
    key, place = at_work
    with database.writing() as session:
        session.get_one(Assignment, place).handed_out_at = now() - timedelta(seconds=100)
    Judgements(database).judge(key, place, LEFT, step=0, seconds=told)
    assert rows(database)[0].seconds == pytest.approx(kept, abs=3)


def test_a_second_look_is_another_row_whatever_it_says(database: Database, opened: Opened, tmp_path: Path):
    opinions = [{"item": f"p{n}", "better": "one", "judge": "a judge"} for n in range(4)]
    written(tmp_path, *opinions, name="judge.jsonl")
    _, (key, _) = opened(4, second_opinions="judge.jsonl", repeats=0)
    Raters(database).consent(key, "1")
    judgements, shown = Judgements(database), []
    for number in range(1, 5):
        place = Raters(database).desk(key).place
        assert place.opinion is None  # never before the rater has spoken
        shown.append(judgements.judge(key, place.id, LEFT, step=0))
        opinion = Raters(database).desk(key, number).place.opinion
        assert opinion in {SideVerdict.LEFT, SideVerdict.RIGHT}
        assert shown[-1] == (opinion is SideVerdict.RIGHT)
        if shown[-1]:
            step = Raters(database).desk(key, number).place.step
            judgements.judge(key, place.id, LEFT, step=step, second=True)
            judgements.judge(key, place.id, LEFT, step=step, second=True)
    assert shown.count(True) == 2
    looks = [row for row in rows(database) if row.second_look]
    assert len(looks) == 2
    assert all(row.revision_of_id and row.verdict is SideVerdict.LEFT for row in looks)


@ON_SQLITE
def test_finishing_is_noted_and_taken_back_by_more(database: Database, opened: Opened):
    _, (key, _) = opened(4, booklet=2, repeats=0)
    raters = Raters(database)
    raters.consent(key, "1")
    for _ in range(2):
        Judgements(database).judge(key, raters.desk(key).place.id, LEFT, step=0)
    desk = raters.desk(key)
    assert (desk.done, desk.total, desk.place, desk.more) == (2, 2, None, True)
    assert raters.more(key)
    assert not raters.more(key)  # one thing after the other
    with database.reading() as session:
        assert session.query(Booklet).filter(Booklet.rater_id.is_not(None)).count() == 2
