"""Votes as preferences: which of them become pairs, and what is said of the others."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from arena.board.snapshots import Snapshots
from arena.db.session import Database
from arena.db.tables import Contender
from arena.exchange.preferences import PreferenceExport
from arena.votes.exclusions import VoteExclusions
from generation.dataset import Manifest
from leaderboard import Verdict
from tests.arena.conftest import scripted
from tests.arena.recorded_votes import Ballot, record

Enter = Callable[..., None]


@pytest.fixture
def recorded(database: Database, enter: Enter) -> list[int]:
    enter(scripted("one"), scripted("two"), scripted("bound"))
    with database.writing() as session:
        session.execute(update(Contender).where(Contender.slug == "bound").values(restrictions="Not for training."))
    return record(
        database,
        Ballot("one", "two", Verdict.A, prompts=("First?",)),
        Ballot("one", "two", Verdict.B, prompts=("Second?",)),
        Ballot("one", "two", Verdict.TIE),
        Ballot("two", "one", Verdict.BOTH_BAD),
        Ballot("one", "two", Verdict.A, prompts=("Two", "turns?")),
        Ballot("one", "bound", Verdict.A),
        Ballot("two", "one", Verdict.A, prompts=("Excluded?",)),
    )


def rows_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_decisive_votes_become_pairs_of_one_history(database: Database, recorded: list[int], tmp_path: Path):
    VoteExclusions(database).exclude(battles=recorded[6:], reason="a test")
    PreferenceExport(database).write(tmp_path / "p.jsonl")
    first, second = rows_of(tmp_path / "p.jsonl")
    assert first["prompt"] == [{"role": "user", "content": "First?"}]
    assert first["chosen"] == [{"role": "assistant", "content": "one answers First?"}]
    assert first["rejected"] == [{"role": "assistant", "content": "two answers First?"}]
    assert second["chosen"] == [{"role": "assistant", "content": "two answers Second?"}]
    assert not {row["battle"] for row in (first, second)} & set(recorded)


def test_what_is_left_out_is_counted_by_its_reason(database: Database, recorded: list[int], tmp_path: Path):
    VoteExclusions(database).exclude(battles=recorded[6:], reason="a test")
    report = PreferenceExport(database).write(tmp_path / "p.jsonl")
    assert report.left_out == {
        "not decisive": 2,
        "different histories": 1,
        "a contender's terms": 1,
        "excluded": 1,
    }
    manifest = Manifest.read_beside(tmp_path / "p.jsonl")
    assert manifest
    assert (manifest.rows, manifest.rejected) == (2, report.left_out)
    assert [artefact.name for artefact in manifest.artefacts] == ["replies of one", "replies of two"]


def test_the_manifest_names_the_votes_and_their_snapshot(database: Database, recorded: list[int], tmp_path: Path):
    PreferenceExport(database).write(tmp_path / "before.jsonl")
    snapshot = Snapshots(database).take()
    PreferenceExport(database).write(tmp_path / "after.jsonl")
    before, after = (Manifest.read_beside(tmp_path / f"{name}.jsonl") for name in ("before", "after"))
    assert before
    assert after
    assert before.generator == {"votes_sha256": snapshot.votes_sha256, "snapshot": ""}
    assert after.generator == {"votes_sha256": snapshot.votes_sha256, "snapshot": snapshot.id}


def test_a_prompt_is_on_one_side_of_the_split_for_good(database: Database, enter: Enter, tmp_path: Path):
    enter(scripted("one"), scripted("two"))
    prompts = [f"Prompt {number}?" for number in range(60)] * 2
    record(database, *(Ballot("one", "two", Verdict.A, prompts=(prompt,)) for prompt in prompts))
    PreferenceExport(database).write(tmp_path / "p.jsonl")
    sides: dict[str, set[str]] = {}
    for row in rows_of(tmp_path / "p.jsonl"):
        sides.setdefault(row["prompt"][0]["content"], set()).add(row["split"])
    assert all(len(side) == 1 for side in sides.values())
    assert 0 < sum(side == {"test"} for side in sides.values()) < 20
