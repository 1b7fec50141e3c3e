"""The import rule of the design: who may import whom, and which heavy library is allowed where."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = {
    "arena": {"arena", "leaderboard", "generation", "migrations"},
    "training": {"training", "generation"},
    "leaderboard": {"leaderboard"},
    "generation": {"generation"},
}
OURS = {*PACKAGES, "migrations", "tests"}
# library → the places that may import it: folders, or the files that a pattern names
ONLY_IN = {
    "gradio": ["arena/web/"],
    "sqlalchemy": ["arena/db/", "arena/*/queries.py"],
    "alembic": ["arena/db/"],
    "openai": ["generation/backends/"],
    "vllm": ["generation/backends/"],
    "transformers": ["generation/backends/", "training/"],
    "torch": ["generation/backends/", "training/"],
    "peft": ["generation/backends/", "training/"],
}


@cache
def sources() -> tuple[tuple[str, ast.Module], ...]:
    paths = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
    return tuple((path.relative_to(ROOT).as_posix(), ast.parse(path.read_text())) for path in paths)


def imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def test_packages_import_downwards_only():
    strays = [
        f"{place} imports {name}"
        for place, tree in sources()
        for name in imported(tree)
        if (top := name.split(".")[0]) in {*PACKAGES, "migrations", "tests"}
        and top not in PACKAGES[place.split("/")[0]]
    ]
    assert not strays


def folders(package: str) -> dict[str, set[str]]:
    """Return each room of a package (a folder or a module directly in it) with the rooms that it imports."""
    arrows: dict[str, set[str]] = {}
    for place, tree in sources():
        if not place.startswith(f"{package}/"):
            continue
        room = place.removeprefix(f"{package}/").split("/")[0].removesuffix(".py")
        dotted = package.replace("/", ".") + "."
        targets = {name.removeprefix(dotted).split(".")[0] for name in modules(tree) if name.startswith(dotted)}
        arrows.setdefault(room, set()).update(targets - {room})
    return arrows


def modules(tree: ast.Module) -> Iterator[str]:
    """Yield what a file imports, with the names taken from it: each may be a module of its own."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("package", ["arena", "arena/web", "generation", "leaderboard", "training"])
def test_folders_form_a_graph_without_circles(package: str):
    arrows = folders(package)
    known = {room: targets & arrows.keys() for room, targets in arrows.items()}
    try:
        list(TopologicalSorter(known).static_order())
    except CycleError as error:
        pytest.fail(f"{package}: " + " → ".join(error.args[1]))


def test_the_database_and_the_clock_know_no_other_folder_of_the_arena():
    arrows = folders("arena")
    assert arrows["clock"] == set()
    assert arrows["db"] <= {"errors", "settings", "clock"}


def test_heavy_libraries_stay_where_they_belong():
    strays = [
        f"{place} imports {name}"
        for place, tree in sources()
        for name in imported(tree)
        if (top := name.split(".")[0]) in ONLY_IN and not any(lives_in(place, home) for home in ONLY_IN[top])
    ]
    assert not strays


def test_only_the_database_and_query_files_run_statements():
    strays = [
        f"{place}:{node.lineno}"
        for place, tree in sources()
        if place.startswith("arena/") and not any(lives_in(place, home) for home in ONLY_IN["sqlalchemy"])
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in {"execute", "scalar", "scalars", "exec_driver_sql"}
    ]
    assert not strays


def lives_in(place: str, home: str) -> bool:
    return place.startswith(home) if home.endswith("/") else PurePosixPath(place).match(home)


@pytest.mark.parametrize(
    ("place", "home", "lives"),
    [
        ("arena/db/tallies.py", "arena/db/", True),
        ("arena/votes/queries.py", "arena/*/queries.py", True),
        ("arena/votes/labels.py", "arena/*/queries.py", False),
        ("arena/web/board/queries.py", "arena/*/queries.py", False),
    ],
)
def test_a_home_is_a_folder_or_a_pattern_of_files(place: str, home: str, lives: bool):
    assert lives_in(place, home) == lives


def test_only_the_settings_read_the_environment():
    strays = [
        place
        for place, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"} and place != "arena/settings.py"
    ]
    assert not strays


@pytest.mark.parametrize(
    ("arguments", "unwanted"),
    [
        (["--help"], {"gradio", "torch", "openai", "sqlalchemy", "pandas"}),
        (["leaderboard", "--help"], {"gradio", "torch"}),
    ],
)
def test_a_command_loads_only_what_it_needs(arguments: list[str], unwanted: set[str]):
    program = (
        f"import sys; sys.argv = ['arena', *{arguments!r}]\n"
        "from arena.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert not unwanted & set(done.stderr.split())
