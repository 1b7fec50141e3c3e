"""The database itself keeps what every process must keep of a campaign."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from arena.campaigns.prompt_files import Prompt
from arena.campaigns.prompt_sets import FixedPrompts, store_prompts
from arena.db.campaign_tables import Campaign, EarlyLook, SecondOpinion
from arena.db.session import Database

MOMENT = datetime(2026, 11, 29, tzinfo=UTC)


@pytest.mark.parametrize("change", ["UPDATE early_looks SET reason = ''", "DELETE FROM second_opinions"])
def test_what_was_said_stays_said(database: Database, change: str):
    prompts = FixedPrompts("tiny", "1", "own", "here", do_not_train=True, prompts=(Prompt("a", ("Hello",)),))
    with database.writing() as session:
        stored = store_prompts(session, prompts)
        campaign = Campaign(name="c", title="C", prompt_set=stored, declared={}, join_key="k", created_at=MOMENT)
        session.add(campaign)
        session.flush()
        session.add(EarlyLook(campaign_id=campaign.id, at=MOMENT, who="me", reason="curious"))
        session.add(SecondOpinion(campaign_id=campaign.id, item="a", judge="j", better="tie"))
    with pytest.raises(Exception, match="are never changed"), database.engine.begin() as connection:
        connection.execute(text(change))
