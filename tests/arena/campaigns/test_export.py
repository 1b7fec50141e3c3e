"""Export: everything that was judged and nothing that tells who judged, in bytes that can be checked."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from arena.campaigns.campaigns import Campaigns
from arena.campaigns.design import canonical, hash_of_design
from arena.campaigns.export import export_campaign
from arena.campaigns.judgements import Judgements, Said
from arena.campaigns.progress import note_look
from arena.campaigns.raters import Raters
from arena.db.campaign_tables import SideVerdict
from arena.db.session import Database
from arena.errors import BadConfiguration, CampaignNotReady
from tests.arena.campaigns.test_booklets import judge_all

Opened = Callable[..., tuple]

# What these tests see is the same on both databases; test_booklets, test_judgements and test_campaigns run on both.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def rows(folder: Path, name: str) -> list[dict]:
    return [json.loads(line) for line in (folder / f"{name}.jsonl").read_text("utf-8").splitlines()]


@pytest.fixture
def exported(database: Database, opened: Opened, tmp_path: Path) -> tuple[Path, tuple[str, ...]]:
    _, keys = opened(4, raters=3, attention=1, scripts={"one": {"reply": "I was made by Testers."}})
    raters, judgements = Raters(database), Judgements(database)
    raters.consent(keys[0], "1")
    place = raters.desk(keys[0]).place
    judgements.judge(keys[0], place.id, Said(SideVerdict.LEFT), step=0)
    judgements.judge(keys[0], place.id, Said(SideVerdict.TIE), step=raters.desk(keys[0], 1).place.step)
    judge_all(database, keys[0], most=2)
    Campaigns(database).close("trial")
    out = tmp_path / "out"
    export_campaign(database, "trial", out)
    return out, keys


def test_every_file_is_as_the_manifest_says(exported: tuple[Path, tuple[str, ...]]):
    out, _ = exported
    manifest = json.loads((out / "manifest.json").read_bytes())
    assert manifest["format"] == 1
    assert "overlap.json" not in manifest["files"]  # nobody said what the contenders were trained on
    assert {*manifest["files"]} == {path.name for path in out.iterdir()} - {"manifest.json"}
    for name, digest in manifest["files"].items():
        assert hashlib.sha256((out / name).read_bytes()).hexdigest() == digest
    assert hash_of_design(canonical(json.loads((out / "design.json").read_bytes()))) == manifest["design_hash"]


def test_the_rows_fit_together(exported: tuple[Path, tuple[str, ...]]):
    out, _ = exported
    design = json.loads((out / "design.json").read_bytes())
    ids = {one["id"] for one in design["contenders"]}
    assert len(rows(out, "prompts")) == 4
    answers = rows(out, "answers")
    assert len(answers) == 8
    assert {one["contender"] for one in answers} == ids
    assert sum(one["self_named"] for one in answers) == 4
    places = {one["assignment"]: one for one in rows(out, "assignments")}
    assert sorted({one["kind"] for one in places.values()}) == ["attention", "judged", "repeat"]
    assert len(places) == 2 * (4 + 1 + 1)
    judgements = rows(out, "judgements")
    assert [one["revision_of"] for one in judgements] == [None, 1, None, None]
    assert [one["verdict"] for one in judgements[:2]] == ["left", "tie"]
    (rater,) = rows(out, "raters")
    for one in judgements:
        assert one["rater"] == places[one["assignment"]]["rater"] == rater["rater"]
        assert one["left"] == places[one["assignment"]]["left"]


def test_the_same_campaign_gives_the_same_bytes(
    database: Database, exported: tuple[Path, tuple[str, ...]], tmp_path: Path
):
    out, _ = exported
    export_campaign(database, "trial", tmp_path / "again")
    for path in out.iterdir():
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes()


def test_no_link_leaves_the_database(exported: tuple[Path, tuple[str, ...]]):
    out, keys = exported
    everything = b"".join(path.read_bytes() for path in out.iterdir())
    assert not [key for key in keys if key.encode() in everything]


def test_nothing_is_overwritten_and_nothing_half_written(
    database: Database, exported: tuple[Path, tuple[str, ...]], tmp_path: Path
):
    out, _ = exported
    with pytest.raises(BadConfiguration, match="there already"):
        export_campaign(database, "trial", out)
    assert not list(tmp_path.glob(".*new"))


def test_an_open_campaign_is_exported_only_with_a_reason(database: Database, opened: Opened, tmp_path: Path):
    opened(2)
    with pytest.raises(CampaignNotReady, match="is open"):
        export_campaign(database, "trial", tmp_path / "out")
    note_look(database, "trial", who="me", reason="halftime")
    export_campaign(database, "trial", tmp_path / "out")
    (look,) = json.loads((tmp_path / "out/manifest.json").read_bytes())["early_looks"]
    assert (look["who"], look["reason"]) == ("me", "halftime")


def test_a_draft_has_nothing_to_export(database: Database, draft: Callable, tmp_path: Path):
    draft(1)
    with pytest.raises(CampaignNotReady, match="draft"):
        export_campaign(database, "trial", tmp_path / "out")
