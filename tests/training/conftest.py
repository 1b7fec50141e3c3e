"""What the tests of training share: a tiny base with random weights, and runs on it."""

import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from training.finetune import finetune  # noqa: E402
from training.recipe import RECIPES, load_recipe  # noqa: E402

ROOT = Path(__file__).parents[2]
TINY_BASE = RECIPES / "tiny_base"
TORCHRUN = ("torch.distributed.run", "--standalone", "--nproc-per-node=2", "-m", "arena")
Log = list[dict[str, Any]]
SHORT = ("epochs=2.0", "checkpoint.every=3")  # 8 steps


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """On a busy machine, torch's threads wait for each other longer than all of this takes."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    transformers.utils.logging.disable_progress_bar()
    yield
    torch.set_num_threads(threads)
    transformers.utils.logging.enable_progress_bar()


@pytest.fixture(scope="session")
def tokenizer() -> Any:
    return transformers.AutoTokenizer.from_pretrained(TINY_BASE)


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory, tokenizer: Any) -> Path:
    """A checkpoint of random weights, larger than usual so that a mistake in them shows."""
    folder = tmp_path_factory.mktemp("base") / "base"
    torch.manual_seed(7)
    weights = transformers.AutoModelForCausalLM.from_config(transformers.AutoConfig.from_pretrained(TINY_BASE))
    with torch.no_grad():
        for parameter in weights.parameters():
            parameter.mul_(3)
    weights.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@dataclass(frozen=True)
class Runs:
    """Runs `debug_tiny` with changes, in this process or on two ranks apart, and gives their folders."""

    folder: Path
    base: Path

    def here(self, name: str, *changes: str, **options: Any) -> Path:
        words = [f"name={name}", f"base={self.base}", "fresh=false", *changes]
        return finetune(load_recipe("debug_tiny", changes=words), runs=self.folder, environment={}, **options)

    def command(self, name: str, *changes: str, start: Sequence[str] = ("arena",), resume: bool = False) -> list[str]:
        options = ["--runs", str(self.folder), *(["--resume"] if resume else [])]
        words = ["debug_tiny", f"name={name}", f"base={self.base}", "fresh=false", *changes]
        return [sys.executable, "-m", *start, "train", *options, *words]

    def apart(self, name: str, *changes: str, start: Sequence[str] = TORCHRUN, resume: bool = False) -> Path:
        command = self.command(name, *changes, start=start, resume=resume)
        done = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return self.folder / name


@pytest.fixture
def runs(tmp_path: Path, base: Path) -> Runs:
    return Runs(tmp_path / "runs", base)


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory, base: Path) -> Path:
    """The folder of a finished run, for tests that only read it."""
    return Runs(tmp_path_factory.mktemp("runs"), base).here("trained")


@pytest.fixture(scope="session")
def alone(tmp_path_factory: pytest.TempPathFactory, base: Path) -> Path:
    """The folder of a short run that saved its state at steps 3 and 6, in one process."""
    return Runs(tmp_path_factory.mktemp("alone"), base).here("alone", *SHORT)


def environment() -> dict[str, str]:
    return {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}


def log_of(run: Path) -> Log:
    return [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]


def record_of(run: Path) -> dict[str, Any]:
    return tomllib.loads((run / "run.toml").read_text())


def losses(run: Path) -> list[float]:
    return [row["loss"] for row in log_of(run)]


def forget_the_end(run: Path, *, keep: int) -> None:
    """Leave a run as a kill after `keep` steps leaves it."""
    (run / "run.toml").unlink(missing_ok=True)
    for checkpoint in (run / "checkpoints").iterdir():
        if int(checkpoint.name.removeprefix("step-")) > keep:
            shutil.rmtree(checkpoint)


def write_rows(path: Path, rows: Sequence[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path
