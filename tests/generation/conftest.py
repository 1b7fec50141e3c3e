"""Runs against the fake endpoint's teacher."""

import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from generation.asking.stopping import Stopped
from generation.recipe import GenerationRecipe, load_recipe, recipe_path
from generation.runs.progress import ProgressView
from generation.runs.run_folder import RunFolder
from generation.runs.session import run_session
from generation.toml_tables import overlaid
from tests.endpoints.modes import MODES
from tests.endpoints.openai_server import FakeEndpoint
from tests.generation.teacher import TEACHERS

Changes = Mapping[str, Any]
MakeRecipe = Callable[..., GenerationRecipe]


@pytest.fixture
def fake_endpoint(fake_endpoint: FakeEndpoint, monkeypatch: pytest.MonkeyPatch) -> FakeEndpoint:
    """The fake endpoint, which can also teach."""
    for name, teach in TEACHERS.items():
        monkeypatch.setitem(MODES, name, teach)
    return fake_endpoint


@pytest.fixture
def recipe_for(fake_endpoint: FakeEndpoint) -> MakeRecipe:
    """Makes a shipped recipe that asks the fake endpoint."""

    def make(name: str = "alpaca", *, model: str = "teacher", **changes: Any) -> GenerationRecipe:
        endpoint = {"urls": [fake_endpoint.url], "api_key_env": "", "concurrency": 4, "first_rest_s": 0.01}
        given = {"teacher": {"model": model}, "endpoint": endpoint, "stop": {"target": 60}}
        return load_recipe(recipe_path(name), changes=overlaid(given, changes))

    return make


def run_here(folder: RunFolder, environment: Mapping[str, str] | None = None) -> Stopped:
    """Run a session in this process, telling nobody."""
    return run_session(folder, environment or {}, ProgressView(io.StringIO()))


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]
