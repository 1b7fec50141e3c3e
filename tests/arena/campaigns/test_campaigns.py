"""Campaigns: drafts, opening with a frozen design, and closing."""

import json
from pathlib import Path

import pytest

from arena.campaigns.campaign_file import campaign_of_text, example_text
from arena.campaigns.campaigns import Campaigns
from arena.campaigns.design import canonical, hash_of_design
from arena.db.campaign_tables import Assignment, AssignmentKind, CampaignStatus
from arena.db.session import Database
from arena.errors import BadConfiguration, CampaignNotReady, UnknownCampaign, UnknownContender
from tests.arena.campaigns.conftest import TWO, Draft, Make


def test_a_campaign_goes_from_draft_to_open_to_closed(database: Database, draft: Draft, make: Make):
    sheet = draft(6, attention=1)
    campaigns = Campaigns(database)
    assert (sheet.status, len(sheet.prompts), sheet.slugs) == (CampaignStatus.DRAFT, 6, ("one", "two"))
    with pytest.raises(CampaignNotReady, match="12 of 12 answers"):
        campaigns.open("trial")
    make()
    opened = campaigns.open("trial")
    assert hash_of_design(opened.design) == opened.design_hash
    design = json.loads(opened.design)
    assert canonical(design) == opened.design
    assert [one["slug"] for one in design["contenders"]] == ["one", "two"]
    assert design["primary_pair"] == [one["id"] for one in design["contenders"]]
    assert design["prompt_set"]["prompts"] == 6
    with pytest.raises(CampaignNotReady, match="frozen"):
        campaigns.open("trial")
    assert campaigns.close("trial").status is CampaignStatus.CLOSED
    for change in (campaigns.close, lambda name: campaigns.invite(name, 1)):
        with pytest.raises(CampaignNotReady):
            change("trial")
    assert [one.name for one in campaigns.list()] == ["trial"]


def test_no_answer_and_no_key_can_be_changed_without_another_hash(database: Database, draft: Draft, make: Make):
    hashes = set()
    for name, seed in (("trial", 1), ("other", 1), ("third", 2)):
        draft(2, name=name, seed=seed)
        make(name)
        hashes.add(Campaigns(database).open(name).design_hash)
    assert len(hashes) == 3


def test_what_is_planned_is_stored(database: Database, draft: Draft, make: Make):
    draft(10, attention=1, raters_per_item=4)
    make()
    Campaigns(database).open("trial")
    with database.reading() as session:
        rows = session.query(Assignment).all()
    kinds = [sum(row.kind is kind for row in rows) for kind in AssignmentKind]
    assert kinds == [40, 4, 4]
    left = [row.left_id for row in rows if row.kind is AssignmentKind.JUDGED]
    assert left.count(left[0]) == 20


def test_unknown_names_are_told(database: Database, draft: Draft):
    campaigns = Campaigns(database)
    with pytest.raises(UnknownCampaign):
        campaigns.named("nope")
    with pytest.raises(UnknownContender, match="tiny-alpaca"):
        campaigns.new(*campaign_of_text(example_text()))


def test_a_name_is_taken_once(draft: Draft):
    draft()
    with pytest.raises(BadConfiguration, match="already"):
        draft()


def test_answers_from_a_file_need_no_contender(database: Database, draft: Draft, make: Make, tmp_path: Path):
    rows = [{"item": f"p{n}", "text": f"As Old Timer I say {n}"} for n in range(5)]
    (tmp_path / "old.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    recorded = {"slug": "davinci", "label": "Old Timer", "answers": "old.jsonl", "licence": "API"}
    draft(6, contenders=(TWO[0], recorded))
    progress = make()
    assert (progress.answered, progress.failed) == (11, 1)
    Campaigns(database).open("trial")
    with database.reading() as session:
        assert {row.item for row in session.query(Assignment)} == {f"p{n}" for n in range(5)}


def test_no_two_answers_to_any_prompt_is_told(database: Database, draft: Draft, make: Make):
    draft(2, scripts={"two": {"reply": "x", "rules": [{"match": ".", "fail": "rejected"}]}})
    make()
    with pytest.raises(CampaignNotReady, match="No prompt has answers of two"):
        Campaigns(database).open("trial")


def test_all_pairs_are_compared(database: Database, draft: Draft, make: Make):
    draft(4, contenders=(*TWO, {"slug": "three"}), pairs="all", repeats=0)
    make()
    Campaigns(database).open("trial")
    with database.reading() as session:
        rows = session.query(Assignment).all()
    assert len(rows) == 4 * 3 * 2
    assert len({frozenset((row.left_id, row.right_id)) for row in rows}) == 3
