"""Campaigns on either database, with two contenders that say what the tests want."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from arena.campaigns.answers import AnswerMaking, AnswersProgress
from arena.campaigns.campaign_file import read_campaign_file
from arena.campaigns.campaigns import Campaigns, CampaignSheet
from arena.contenders.opened import OpenContenders
from arena.db.session import Database
from generation.toml_tables import tables_text, toml_line
from tests.arena.conftest import Enter, scripted

Draft = Callable[..., CampaignSheet]
Make = Callable[..., AnswersProgress]


def campaign_text(*, contenders: tuple[dict[str, Any], ...], attention: int = 0, **changes: Any) -> str:
    """A campaign's file. Tables come after the plain keys, as TOML wants it."""
    plain = {"name": "trial", "title": "A trial", "hypothesis": "One wins.", "raters_per_item": 2} | changes
    tables = {key: plain.pop(key) for key in list(plain) if isinstance(plain[key], dict)}
    text = "".join(toml_line(key, value) + "\n" for key, value in plain.items()) + tables_text(tables)
    for name, rows in (("contender", contenders), ("attention", ATTENTION[:attention])):
        for row in rows:
            text += f"\n[[{name}]]\n" + "".join(toml_line(key, value) + "\n" for key, value in row.items())
    return text


ATTENTION = ({"prompt": "2 + 2?", "good": "Four.", "bad": "Fish."}, {"prompt": "Sky?", "good": "Blue.", "bad": "No."})
TWO = ({"slug": "one"}, {"slug": "two"})


@pytest.fixture
def draft(database: Database, enter: Enter, tmp_path: Path) -> Draft:
    """Store a draft on so many prompts of our own."""
    entered: list[str] = []

    def draft(
        prompts: int = 6,
        *,
        turns: int = 1,
        contenders: tuple[dict[str, Any], ...] = TWO,
        scripts: dict[str, dict[str, Any]] | None = None,
        **changes: Any,
    ) -> CampaignSheet:
        rows = [{"item": f"p{n}", "turns": [f"Prompt {n}, turn {t}" for t in range(turns)]} for n in range(prompts)]
        (tmp_path / "prompts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        new = [one["slug"] for one in contenders if "answers" not in one and one["slug"] not in entered]
        enter(*(scripted(slug, **(scripts or {}).get(slug, {})) for slug in new))
        entered.extend(new)
        changes = {"prompts": {"file": "prompts.jsonl", "licence": "own"}} | changes
        path = tmp_path / "campaign.toml"
        path.write_text(campaign_text(contenders=contenders, **changes), "utf-8")
        return Campaigns(database).new(*read_campaign_file(path))

    return draft


@pytest.fixture
def make(database: Database, tmp_path: Path) -> Make:
    """Make the answers of a campaign."""

    async def made(name: str, again: bool) -> AnswersProgress:
        open_contenders = OpenContenders({})
        try:
            return await AnswerMaking(database, open_contenders, folder=tmp_path).run(name, again=again)
        finally:
            await open_contenders.aclose()

    return lambda name="trial", again=False: asyncio.run(made(name, again))


@pytest.fixture
def opened(database: Database, draft: Draft, make: Make) -> Callable[..., tuple[CampaignSheet, tuple[str, ...]]]:
    """An open campaign and the keys of its raters."""

    def opened(
        prompts: int = 6, *, raters: int = 2, rules: dict[str, Any] | None = None, **options: Any
    ) -> tuple[CampaignSheet, tuple[str, ...]]:
        draft(prompts, **options, **({"raters": rules} if rules else {}))
        make()
        campaigns = Campaigns(database)
        return campaigns.open("trial"), campaigns.invite("trial", raters)

    return opened
