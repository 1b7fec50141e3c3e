"""One name has one meaning in the whole project."""

import ast
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("arena", "generation", "leaderboard", "training")
EMPTY_NAMES = {"utils", "helpers", "common", "misc", "manager", "base", "models"}


def sources() -> list[Path]:
    return [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


def test_no_two_classes_share_a_name():
    places = defaultdict(list)
    for path in sources():
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef):
                places[node.name].append(path.relative_to(ROOT).as_posix())
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


def test_no_file_has_a_name_that_says_nothing():
    assert not [path for path in sources() if path.stem in EMPTY_NAMES]


def test_every_folder_says_what_lives_in_it():
    folders = {path.parent for path in sources()}
    chapters = {folder: ast.get_docstring(ast.parse((folder / "__init__.py").read_text())) for folder in folders}
    assert not [folder.relative_to(ROOT).as_posix() for folder, chapter in chapters.items() if not chapter]
