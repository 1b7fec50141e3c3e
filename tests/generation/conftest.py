"""Runs against the fake endpoint's teacher."""

import io
import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from arena.cli import main
from generation.asking.stopping import Stopped
from generation.auditing.audit import Audit
from generation.recipe import GenerationRecipe, load_recipe, recipe_path
from generation.runs.progress import ProgressView
from generation.runs.run_folder import RunFolder
from generation.runs.session import run_session
from generation.toml_tables import overlaid
from tests.endpoints.modes import MODES
from tests.endpoints.openai_server import FakeEndpoint
from tests.endpoints.plugin import TinyLlamas
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


@pytest.fixture
def run_folder(tmp_path: Path) -> Path:
    """A run folder with 300 examples."""
    rows = [{"instruction": f"Do {n}.", "input": "", "output": f"Done {n}."} for n in range(300)]
    (tmp_path / "examples.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return tmp_path


@pytest.fixture
def audit(run_folder: Path) -> Audit:
    """An audit of ten of them."""
    return Audit.begin(run_folder, sample=10)


@pytest.fixture
def batch(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A run whose requests were written to a file."""
    out = tmp_path / "run"
    command = ["generate", "batch", "write", "alpaca", "--target", "60", "--requests", "6", "--out", str(out)]
    assert main(command) == 0
    assert capsys.readouterr().out.split() == [str(out / "batch-1.jsonl")]
    return out


def write_lines(path: Path, lines: list[Any]) -> str:
    """Write lines, or values as lines of JSON; return the path."""
    path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines))
    return str(path)


@pytest.fixture
def copied(tiny_llamas: TinyLlamas, tmp_path: Path) -> Path:
    """A trained checkpoint that a test may damage."""
    return shutil.copytree(tiny_llamas.folder / "tiny-1", tmp_path / "copied")
