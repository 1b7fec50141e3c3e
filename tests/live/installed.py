"""The program as its users get it: a wheel, with what the core declares and nothing more, far from its source.

The environment shares the installed packages of the one that runs the tests, by links, so nothing is downloaded.
"""

import os
import shutil
import subprocess
import sys
import venv
import zipfile
from collections.abc import Mapping, Sequence
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from generation.extras import DISTRIBUTION

ROOT = Path(__file__).parents[2]
SOURCES = ("arena", "generation", "leaderboard", "migrations", "training")
BUILDING = ("pyproject.toml", "README.md", "LICENSE")
CALL_BACKEND = "import sys; from setuptools import build_meta as backend; getattr(backend, sys.argv[1])(sys.argv[2])"


def build_wheel(folder: Path) -> Path:
    """Build the source distribution, and a wheel from nothing but that; return the wheel."""
    source = folder / "source"
    for name in SOURCES:
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in BUILDING:
        shutil.copy(ROOT / name, source)
    _build("build_sdist", source, folder)
    (packed,) = folder.glob("*.tar.gz")
    shutil.unpack_archive(packed, folder / "unpacked", filter="data")
    _build("build_wheel", folder / "unpacked" / packed.name.removesuffix(".tar.gz"), folder)
    (wheel,) = folder.glob("*.whl")
    return wheel


class Installed:
    """An environment in `folder` with the wheel and the core's dependencies. `run` runs `arena` in it."""

    def __init__(self, folder: Path, wheel: Path) -> None:
        venv.create(folder / "environment", symlinks=True, with_pip=False)
        self.python = folder / "environment" / "bin" / "python"
        (site,) = (folder / "environment" / "lib").glob("python*/site-packages")
        for needed in _core():
            for top in {file.parts[0] for file in needed.files or ()} - {"..", "__pycache__"}:
                if not (site / top).exists():
                    (site / top).symlink_to(Path(str(needed.locate_file(top))))
        with zipfile.ZipFile(wheel) as packed:
            packed.extractall(site)
        self.site = site
        self.folder = folder / "elsewhere"
        self.folder.mkdir()

    def start(self, arguments: Sequence[str], *, settings: Mapping[str, str] | None = None) -> "subprocess.Popen[str]":
        """Start a Python program of the environment, in an empty folder and without traces of the tests."""
        ours = {name: value for name, value in os.environ.items() if not name.startswith(("ARENA_", "PYTHON"))}
        return subprocess.Popen(
            [self.python, *arguments],
            cwd=self.folder,
            env={**ours, **(settings or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, **settings: str) -> "subprocess.CompletedProcess[str]":
        """Run a command of `arena` to its end."""
        return self.python_module("arena", *arguments, **settings)

    def program(self, text: str) -> tuple[str, str]:
        """Run a program given as text to its end, and return what it printed to stdout and stderr."""
        with self.start(["-c", text]) as process:
            return process.communicate(timeout=120)

    def python_module(self, *arguments: str, **settings: str) -> "subprocess.CompletedProcess[str]":
        """Run a module as a program to its end."""
        with self.start(["-m", *arguments], settings=settings) as process:
            out, err = process.communicate(timeout=120)
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)


def _build(what: str, source: Path, target: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CALL_BACKEND, what, str(target)], cwd=source, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def _core() -> list[Distribution]:
    """Return the installed distributions that the core needs, those that they need included."""
    found: dict[str, Distribution] = {}
    waiting = [(line, "") for line in distribution(DISTRIBUTION).requires or ()]
    seen = set(waiting)
    while waiting:
        line, extra = waiting.pop()
        needed = Requirement(line)
        if needed.marker and not needed.marker.evaluate({"extra": extra}):
            continue
        found[canonicalize_name(needed.name)] = here = distribution(needed.name)
        further = {(line, extra) for extra in ("", *needed.extras) for line in here.requires or ()} - seen
        seen |= further
        waiting += further
    return [*found.values()]
