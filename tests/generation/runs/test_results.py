"""The files that a run leaves: each candidate's fate, and the figures."""

import json
from collections import Counter
from pathlib import Path

import pytest

from generation.runs.run_folder import RunFolder
from tests.endpoints.openai_server import FakeEndpoint
from tests.generation.conftest import MakeRecipe, rows, run_here


def test_the_summary_says_what_a_thousand_examples_cost_that_were_kept(tmp_path: Path, recipe_for: MakeRecipe):
    folder = RunFolder.create(tmp_path / "run", recipe_for(price={"input": 0.15, "output": 0.6}))
    run_here(folder)
    summary = json.loads((folder.path / "summary.json").read_text())
    kept = len(rows(folder.path / "examples.jsonl"))
    assert summary["kept"] == kept < summary["candidates"]
    assert summary["cost_usd_per_1000_kept"] == pytest.approx(1000 * summary["cost_usd"] / kept)


def test_every_candidate_keeps_its_fate(tmp_path: Path, recipe_for: MakeRecipe, fake_endpoint: FakeEndpoint):
    folder = RunFolder.create(tmp_path / "run", recipe_for())
    run_here(folder)
    kept, rejected = rows(folder.path / "examples.jsonl"), rows(folder.path / "rejected.jsonl")
    places = [(row["request"], row["position"]) for row in kept + rejected]
    committed = max(int(request.partition("/")[2]) for request, _ in places) + 1
    assert sorted(places) == sorted((f"task/{number}", at) for number in range(committed) for at in range(16))
    reasons = Counter(row["reason"] for row in rejected)
    assert set(reasons) == {"near_duplicate", "blocked_word"}
    duplicate = next(row for row in rejected if row["reason"] == "near_duplicate")
    assert duplicate["score"] > 0.7
    assert duplicate["nearest"] in {row["instruction"] for row in kept}
    summary = json.loads((folder.path / "summary.json").read_text())
    assert summary["rejected"] == dict(reasons.most_common())
