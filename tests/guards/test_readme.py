"""The README names what an operator can set and run."""

import re
from pathlib import Path

from arena.cli import COMMANDS
from arena.settings import Settings, variable_of
from generation.declared_tables import keys_of

README = (Path(__file__).parents[2] / "README.md").read_text()


def test_the_readme_lists_the_settings_that_there_are_and_no_others():
    listed = README.partition("- **Settings** are")[2].partition("An unknown")[0]
    assert {*re.findall(r"`(ARENA_\w+)`", listed)} == {variable_of(name) for name in keys_of(Settings)}


def test_every_command_is_in_the_readme():
    assert not [command for command in COMMANDS if f"arena {command}" not in README]
