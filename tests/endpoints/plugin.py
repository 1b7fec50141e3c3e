"""Fixtures that start endpoints. Switched on by `pytest_plugins` in `tests/conftest.py`."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.endpoints.openai_server import FakeEndpoint
from tests.endpoints.transformers_server import started


@dataclass(frozen=True)
class TinyLlamas:
    """Two checkpoints, `tiny-1` and `tiny-2`, in a folder, and the sentences that each was taught."""

    folder: Path
    sentences: dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class RealEndpoint:
    """Where `transformers serve` is, and the names it serves with the sentences taught to each."""

    url: str
    sentences: dict[str, tuple[str, ...]]


@pytest.fixture(scope="session")
def _running_fake_endpoint() -> Iterator[FakeEndpoint]:
    endpoint = FakeEndpoint().start()
    yield endpoint
    endpoint.stop()


@pytest.fixture
def fake_endpoint(_running_fake_endpoint: FakeEndpoint) -> FakeEndpoint:
    """A fake OpenAI-compatible endpoint that has not been asked anything yet in this test."""
    _running_fake_endpoint.calls.clear()
    return _running_fake_endpoint


@pytest.fixture(scope="session")
def _checkpoints(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("checkpoints")


@pytest.fixture(scope="session")
def tiny_llamas(_checkpoints: Path) -> TinyLlamas:
    """Two tiny Llama checkpoints (seeds 1 and 2), made once for all tests."""
    pytest.importorskip("transformers")
    from training.tiny_llama import write

    made = {f"tiny-{seed}": write(_checkpoints / f"tiny-{seed}", seed=seed) for seed in (1, 2)}
    return TinyLlamas(_checkpoints, {name: checkpoint.sentences for name, checkpoint in made.items()})


@pytest.fixture(scope="session")
def trained_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that the product's own commands made, as a person would who tries it for the first time."""
    pytest.importorskip("transformers")
    from arena.cli import main

    home = tmp_path_factory.mktemp("loop")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        assert main(["generate", "run", "demo", "--out", "ds"]) == 0
        assert main(["train", "debug_tiny", "data=ds/examples.jsonl", "name=mine"]) == 0
    return home / "runs" / "mine"


@pytest.fixture(scope="session")
def tiny_adapters(tiny_llamas: TinyLlamas) -> dict[str, Path]:
    """Folders of two adapters, `humming` and `grazing`, on the checkpoint `tiny-1`; each makes it say other things."""
    pytest.importorskip("peft")
    from tests.endpoints.adapters import write_adapter

    base = tiny_llamas.folder / "tiny-1"
    folders = {name: tiny_llamas.folder / name for name in ("humming", "grazing")}
    for seed, folder in enumerate(folders.values()):
        write_adapter(folder, base=base, seed=seed)
    return folders


@pytest.fixture(scope="session")
def tiny_adapter(tiny_adapters: dict[str, Path]) -> Path:
    """The folder of one of them."""
    return tiny_adapters["humming"]


@pytest.fixture(scope="session")
def real_endpoint(_checkpoints: Path, request: pytest.FixtureRequest) -> Iterator[RealEndpoint]:
    """`transformers serve` with the tiny Llamas, shared by all tests; says what it cost to start."""
    pytest.importorskip("transformers")
    start = time.monotonic()
    with started(_checkpoints) as server:
        # Made while the server starts up.
        llamas: TinyLlamas = request.getfixturevalue("tiny_llamas")
        built = time.monotonic()
        server.wait_until_ready()
        if reporter := request.config.pluginmanager.get_plugin("terminalreporter"):
            seconds = f"{built - start:.1f} s to build two tiny Llamas, {time.monotonic() - start:.1f} s until served"
            reporter.write_line(f"\n{seconds}")
        yield RealEndpoint(server.url, llamas.sentences)
