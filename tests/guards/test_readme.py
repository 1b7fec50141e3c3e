"""The README and its pages name what an operator can set and run."""

from pathlib import Path

from arena.cli import COMMANDS
from arena.settings import settings_text

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def test_the_page_of_settings_is_what_the_command_prints():
    page = (ROOT / "docs" / "settings.md").read_text()
    assert page.partition("```\n")[2] == f"{settings_text()}\n```\n", "run `make docs/settings.md`"
    assert "(docs/settings.md)" in README


def test_every_command_is_in_the_readme():
    assert not [command for command in COMMANDS if f"arena {command}" not in README]
