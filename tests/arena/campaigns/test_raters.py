"""Raters: links, consent, what they see, and recruiting platforms."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from arena.campaigns.raters import Raters
from arena.db.campaign_tables import Campaign, Rater
from arena.db.session import Database
from arena.errors import CampaignNotReady, UnknownCampaign

Opened = Callable[..., tuple]
OPEN = {"open_to_all": True, "completion_code": "C1"}

# What these tests see is the same on both databases; test_booklets, test_judgements and test_campaigns run on both.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_nothing_is_shown_before_the_consent(database: Database, opened: Opened):
    _, (key, _) = opened(4)
    raters = Raters(database)
    desk = raters.desk(key)
    assert (desk.consented, desk.place, desk.total) == (False, None, 0)
    raters.consent(key, "1")
    desk = raters.desk(key)
    assert (desk.consented, desk.done, desk.total) == (True, 0, 5)


def test_another_text_needs_another_consent(database: Database, opened: Opened):
    _, (key, _) = opened(4)
    with pytest.raises(CampaignNotReady, match="changed"):
        Raters(database).consent(key, "0")
    Raters(database).consent(key, "1")
    with database.writing() as session:
        campaign = session.query(Campaign).one()
        campaign.declared = campaign.declared | {"raters": {"consent": "Another text.", "consent_version": "2"}}
    assert not Raters(database).desk(key).consented


def test_what_a_rater_sees_tells_no_name(database: Database, opened: Opened):
    reply = {"reply": "I am an assistant. I was made by Testers."}
    _, (key, _) = opened(4, scripts={"one": reply}, attention=1)
    Raters(database).consent(key, "1")
    desk = Raters(database).desk(key)
    texts = [desk.place.turns[0].left, desk.place.turns[0].right]
    assert "I am an assistant. I was made by ▮▮▮." in texts
    assert desk.place.turns[0].prompt.startswith("Prompt ")


def test_attention_items_are_places_as_all_others(database: Database, opened: Opened):
    _, (key, _) = opened(1, attention=1, repeats=0)
    Raters(database).consent(key, "1")
    with database.reading() as session:
        rater = session.query(Rater).filter_by(key=key).one()
        assert rater.joined_at
    desk = Raters(database).desk(key)
    assert desk.total == 2


def test_a_link_works_for_nobody_else(database: Database, opened: Opened):
    opened(2)
    with pytest.raises(UnknownCampaign):
        Raters(database).desk("x" * 43)


def test_participants_of_a_platform_come_back_to_their_own_places(database: Database, opened: Opened):
    sheet, _ = opened(4, raters=0 + 1, rules=OPEN)
    raters = Raters(database)
    with ThreadPoolExecutor(6) as pool:
        keys = set(
            pool.map(lambda _n: raters.join(sheet.join_key, participant="P1", study="S1", session_id="X"), range(6))
        )
    (key,) = keys
    assert raters.join(sheet.join_key, participant="P1", study="S2") != key
    assert raters.join(sheet.join_key) != raters.join(sheet.join_key)  # without a name everybody is somebody new
    with database.reading() as session:
        rater = session.query(Rater).filter_by(key=key).one()
    assert (rater.participant, rater.study, rater.session) == ("P1", "S1", "X")


@pytest.mark.parametrize("participant", ["a b", "x" * 65, "<i>"])
def test_words_that_no_platform_sends_are_refused(database: Database, opened: Opened, participant: str):
    sheet, _ = opened(2, rules=OPEN)
    with pytest.raises(UnknownCampaign, match="not complete"):
        Raters(database).join(sheet.join_key, participant=participant)


def test_who_was_not_invited_cannot_join_a_closed_circle(database: Database, opened: Opened):
    sheet, _ = opened(2)
    for key in (sheet.join_key, "nope"):
        with pytest.raises(UnknownCampaign):
            Raters(database).joinable(key)


def test_a_draft_can_be_looked_forward_to(database: Database, draft: Callable):
    from arena.campaigns.campaigns import Campaigns

    draft(2)
    (key,) = Campaigns(database).invite("trial", 1)
    assert not Raters(database).desk(key).may_judge
    with pytest.raises(CampaignNotReady, match="not open"):
        Raters(database).consent(key, "1")
