"""Booklets: many raters at once, and what they leave undone."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from arena.campaigns.booklets import reclaim
from arena.campaigns.campaigns import Campaigns
from arena.campaigns.judgements import Judgements, Said
from arena.campaigns.raters import Raters
from arena.clock import now
from arena.db.campaign_tables import Assignment, AssignmentKind, AssignmentStatus, Booklet, Rater, SideVerdict
from arena.db.session import Database
from arena.errors import CampaignNotReady

Opened = Callable[..., tuple]
TIE = Said(SideVerdict.TIE)


def judge_all(database: Database, key: str, *, most: int = 1000) -> int:
    """Judge as a rater, booklet by booklet; return how many places were judged."""
    raters, judgements, count = Raters(database), Judgements(database), 0
    while count < most:
        desk = raters.desk(key)
        if desk.place is None:
            if not (desk.more and raters.more(key)):
                break
            continue
        judgements.judge(key, desk.place.id, TIE, step=0)
        count += 1
    return count


def taken(database: Database) -> list[Booklet]:
    with database.reading() as session:
        return session.query(Booklet).filter(Booklet.rater_id.is_not(None)).all()


def test_fifty_raters_at_once_never_get_one_place_twice(database: Database, opened: Opened):
    _, keys = opened(10, raters=50, raters_per_item=10, booklet=2, repeats=0)
    raters = Raters(database)

    def join(key: str) -> bool:
        raters.consent(key, "1")
        return True

    with ThreadPoolExecutor(50) as pool:
        assert all(pool.map(join, keys))
    booklets = taken(database)
    assert len(booklets) == 50
    assert len({one.rater_id for one in booklets}) == 50
    with database.reading() as session:
        places = session.query(Assignment).filter_by(status=AssignmentStatus.HANDED_OUT).all()
    assert len(places) == 50


def test_two_tabs_of_one_rater_get_one_booklet(database: Database, opened: Opened):
    _, (key, _) = opened(8, booklet=4)
    raters = Raters(database)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _n: raters.consent(key, "1"), range(8)))
    assert len(taken(database)) == 1


def test_raters_who_come_too_late_are_told(database: Database, opened: Opened):
    _, keys = opened(4, raters=3)
    raters = Raters(database)
    for key in keys[:2]:
        raters.consent(key, "1")
    with pytest.raises(CampaignNotReady, match="All comparisons are taken"):
        raters.consent(keys[2], "1")
    assert not raters.desk(keys[2]).consented


def test_colleagues_cover_everything_and_nobody_sees_a_prompt_twice(database: Database, opened: Opened):
    _, keys = opened(
        4, raters=2, booklet=2, repeats=0, contenders=({"slug": "one"}, {"slug": "two"}, {"slug": "x"}), pairs="all"
    )
    for key in keys:
        Raters(database).consent(key, "1")
        assert judge_all(database, key) == 12
    with database.reading() as session:
        assert not session.query(Assignment).filter(Assignment.status != AssignmentStatus.JUDGED).all()
        for rater in session.query(Rater):
            query = session.query(Assignment).join(Booklet).filter(Booklet.rater_id == rater.id)
            rows = query.order_by(Booklet.taken_at, Assignment.position).all()
            for begin in (0, 4, 8):
                assert len({row.prompt_id for row in rows[begin : begin + 4]}) == 4
            lead: Counter = Counter()
            for row in rows:
                lead[row.left_id] += 1
                lead[row.right_id] -= 1
            assert all(abs(net) <= 2 for net in lead.values())


def test_a_rater_gets_no_more_than_the_limit(database: Database, opened: Opened):
    _, (key, _) = opened(12, booklet=4, repeats=0, rules={"most_items": 8})
    Raters(database).consent(key, "1")
    assert judge_all(database, key) == 8


def test_what_is_left_undone_goes_to_another_and_to_nobody_twice(database: Database, opened: Opened):
    sheet, keys = opened(10, raters=3, attention=1)
    raters = Raters(database)
    raters.consent(keys[0], "1")
    assert judge_all(database, keys[0], most=3) == 3
    raters.consent(keys[1], "1")
    later = now() + timedelta(hours=sheet.file.raters.reclaim_after_hours + 1)
    with database.writing() as session:
        assert reclaim(session, sheet.id, sheet.file, now()) == 0
    with database.writing() as session:
        session.query(Booklet).filter(Booklet.rater_id.is_not(None)).first().touched_at = later - timedelta(days=9)
    with database.writing() as session:
        assert reclaim(session, sheet.id, sheet.file, now()) == 1
    with database.writing() as session:
        assert reclaim(session, sheet.id, sheet.file, now()) == 0
    raters.consent(keys[2], "1")
    assert judge_all(database, keys[2]) == 7 + 1 + 1  # the rest, one attention item, one repeat of the rest
    with database.reading() as session:
        judged = session.query(Assignment).filter_by(kind=AssignmentKind.JUDGED, status=AssignmentStatus.JUDGED).all()
        assert Counter(row.item for row in judged).most_common(1)[0][1] == 1
        assert len(judged) == 10
    # Whoever comes back finds what was judged, and may take what is free.
    desk = raters.desk(keys[0])
    assert (desk.done, desk.total, desk.place) == (3, 3, None)


def test_who_comes_back_in_time_for_the_own_rest_gets_it(database: Database, opened: Opened):
    sheet, (key, _) = opened(6, raters=2, repeats=0)
    Raters(database).consent(key, "1")
    judge_all(database, key, most=2)
    with database.writing() as session:
        session.query(Booklet).filter(Booklet.rater_id.is_not(None)).one().touched_at = now() - timedelta(days=9)
    with database.writing() as session:
        reclaim(session, sheet.id, sheet.file, now())
    assert judge_all(database, key) == 4
    with database.reading() as session:
        (rater,) = {row.rater_id for row in session.query(Booklet) if row.rater_id}
        assert rater


def test_closing_ends_judging(database: Database, opened: Opened):
    _, (key, _) = opened(4)
    Raters(database).consent(key, "1")
    place = Raters(database).desk(key).place
    Campaigns(database).close("trial")
    with pytest.raises(CampaignNotReady, match="over"):
        Judgements(database).judge(key, place.id, TIE, step=0)
    assert Raters(database).desk(key).place is None
