"""What is imported is declared, what is declared is used, and the lock holds all of it for everybody."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
OURS = {"arena", "generation", "leaderboard", "training", "migrations", "tests", "benchmarks"}
LOCKED = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if line and not line.startswith("#")]
USED_WITHOUT_IMPORT = {
    "accelerate": "transformers loads onto devices with it",
    "httptools": "uvicorn takes it up",
    "uvloop": "uvicorn takes it up",
    "mypy": "a command",
    "ruff": "a command",
    "pre-commit": "a command",
    "plotly": "its script is served",
    "pandas-stubs": "types",
    "scipy-stubs": "types",
    "pytest-asyncio": "a plugin",
    "pytest-xdist": "a plugin",
    "psycopg": "named in a database's URL",
    "setuptools": "builds the wheel",
    "alpaca-arena": "this",
}


def imported(*folders: str) -> dict[str, str]:
    """Return what is imported from elsewhere, by distribution, each with one file that does."""
    provided = {**packages_distributions(), "google": ["google-genai"]}  # a name that several share
    found: dict[str, str] = {}
    for path in (path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and not node.level and node.module:
                names = [node.module]
            for top in {name.partition(".")[0] for name in names} - OURS - sys.stdlib_module_names:
                found[canonicalize_name(provided.get(top, [top])[0])] = path.relative_to(ROOT).as_posix()
    return found


def declared(*extras: str) -> dict[str, Requirement]:
    lines = [*PROJECT["dependencies"], *(line for extra in extras for line in PROJECT["optional-dependencies"][extra])]
    return {canonicalize_name(requirement.name): requirement for requirement in map(Requirement, lines)}


def test_every_import_of_the_product_is_a_declared_dependency():
    known = declared("postgres", "local", "train", "vllm", "release", "vendors")
    assert {name: place for name, place in imported(*OURS - {"tests", "benchmarks"}).items() if name not in known} == {}


def test_every_import_of_the_tests_is_a_declared_dependency():
    # Oracles: what goldens were made with, by scripts that no test runs.
    skipped_without = {"datasets", "tensorboard", "trl", "choix", "statsmodels", "mistral-common"}
    known = {*declared(*PROJECT["optional-dependencies"]), *skipped_without}
    assert {name: place for name, place in imported("tests").items() if name not in known} == {}


def test_statistics_and_a_core_installation_import_nothing_that_only_extras_bring():
    assert {name for name in imported("leaderboard") if name not in declared()} == set()
    arena = {name for name in imported("arena", "migrations") if name not in declared()}
    assert arena == {"presidio-analyzer"}  # imported when a release is made; its absence is told in a sentence


def test_every_declared_dependency_is_used():
    used = {*imported(*OURS - {"benchmarks"}), *USED_WITHOUT_IMPORT}
    assert {name for name in declared(*PROJECT["optional-dependencies"]) if name not in used} == set()


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13", "3.14"])
@pytest.mark.parametrize("system", ["linux", "darwin"])
def test_the_lock_pins_every_declared_dependency_within_its_range(python: str, system: str):
    here = {"python_version": python, "python_full_version": f"{python}.9", "sys_platform": system}
    pins: dict[str, str] = {}
    for pin in map(Requirement, LOCKED):
        if pin.marker is None or pin.marker.evaluate(here):
            assert pin.name not in pins, f"two pins of {pin.name} hold at once"
            pins[pin.name] = str(pin.specifier).removeprefix("==")
    for name, requirement in declared("local", "train", "test").items():
        if name != "alpaca-arena":
            assert requirement.specifier.contains(pins[name], prereleases=True), name


def test_the_lock_names_no_address_and_no_folder_of_a_machine():
    assert [line for line in LOCKED if not re.match(r"[a-z0-9-]+==[^\s/]+( ; [^/]+)?$", line)] == []
