"""When a run has asked enough, and when going on has no point."""

from pathlib import Path

import pytest

from generation.asking.stopping import Reason
from generation.runs.run_folder import RunFolder
from tests.endpoints.openai_server import FakeEndpoint
from tests.generation.conftest import MakeRecipe, run_here


def test_no_more_is_asked_than_the_target_needs(tmp_path: Path, recipe_for: MakeRecipe, fake_endpoint: FakeEndpoint):
    run_here(RunFolder.create(tmp_path / "run", recipe_for(endpoint={"concurrency": 32}, stop={"target": 40})))
    # About 13 of 16 are kept, so three or four requests do.
    assert len(fake_endpoint.calls) <= 5


@pytest.mark.parametrize("mode", ["html", "ok"])
def test_answers_without_a_task_stop_the_run(tmp_path: Path, recipe_for: MakeRecipe, mode: str):
    stopped = run_here(RunFolder.create(tmp_path / "run", recipe_for(model=mode)))
    assert stopped.reason is (Reason.BARREN if mode == "ok" else Reason.FAILURES)
    assert ("'Alpacas word1" if mode == "ok" else "Please log in") in str(stopped)


def test_a_teacher_that_repeats_itself_stops_at_the_plateau(tmp_path: Path, recipe_for: MakeRecipe):
    stopped = run_here(RunFolder.create(tmp_path / "run", recipe_for(model="parrot", stop={"target": 1000})))
    assert stopped.reason is Reason.PLATEAU
    assert stopped.reason.exit_code == 3
