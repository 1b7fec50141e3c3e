"""The loop, against a real server: what is kept, and that it depends on the answers alone."""

import json
from collections import Counter
from pathlib import Path

from generation.recipe import load_recipe
from generation.run_folder import RunFolder
from generation.stopping import Reason
from tests.endpoints.openai_server import FakeEndpoint
from tests.generation.conftest import MakeRecipe, rows, run_here


def test_a_run_reaches_its_target_and_writes_the_published_format(tmp_path: Path, recipe_for: MakeRecipe):
    folder = RunFolder.create(tmp_path / "run", recipe_for())
    stopped = run_here(folder)
    kept = json.loads((folder.path / "alpaca.json").read_text())
    assert stopped.reason is Reason.TARGET
    assert len(kept) >= 60
    assert all(row["instruction"] and row["output"] and set(row) == {"instruction", "input", "output"} for row in kept)
