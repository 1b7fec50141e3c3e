import tomllib
from pathlib import Path

from arena.version import program_version

PROJECT = Path(__file__).parents[2] / "pyproject.toml"


def test_the_version_is_that_of_the_project():
    assert program_version() == tomllib.loads(PROJECT.read_text("utf-8"))["project"]["version"]
