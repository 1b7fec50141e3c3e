"""What a campaign compares on is forbidden for generation and training, and found in contenders' data."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from arena.campaigns.campaigns import Campaigns
from arena.campaigns.export import export_campaign
from arena.campaigns.forbidden import forbid_prompts
from arena.db.session import Database
from generation.candidates.forbidden import find_forbidden, forbidden_sets
from generation.commands.flags import tell_forbidden
from tests.arena.campaigns.conftest import TWO

# What these tests see is the same on both databases; test_booklets, test_judgements and test_campaigns run on both.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_the_prompts_of_a_campaign_are_found_in_data(
    database: Database, draft: Callable, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    draft(2, turns=2)
    folder = forbid_prompts(database, tmp_path / "home")
    (found,) = forbidden_sets(folder)
    assert found.name == "prompts-1"
    assert len(found.prompts) == 4
    rows = [{"instruction": "Prompt 1, turn 1", "input": "", "output": "x"}, {"instruction": "Sing", "output": "y"}]
    assert list(find_forbidden(rows, [found]).overlaps) == [1]
    data = tmp_path / "alpaca.json"
    data.write_text(json.dumps(rows))
    tell_forbidden(data, folder)
    told = capsys.readouterr().err
    assert "warning: 1 of 2 rows hold prompts that campaigns compare on (1 of prompts-1)." in told
    assert "--drop" in told
    tell_forbidden(data, tmp_path / "nowhere")
    assert capsys.readouterr().err == ""


def test_the_report_learns_what_is_in_a_contenders_data(
    database: Database, draft: Callable, make: Callable, tmp_path: Path
):
    (tmp_path / "sft.jsonl").write_text(json.dumps({"instruction": "Prompt 1, turn 0", "output": "x"}) + "\n")
    draft(4, contenders=(TWO[0] | {"data": "sft.jsonl"}, TWO[1]))
    make()
    campaigns = Campaigns(database)
    opened = campaigns.open("trial")
    campaigns.close("trial")
    export_campaign(database, "trial", tmp_path / "out")
    first = json.loads(opened.design)["contenders"][0]["id"]
    told = json.loads((tmp_path / "out/overlap.json").read_bytes())
    assert {*told} == {first}
    assert told[first].endswith("(in 1 rows of sft.jsonl)")
