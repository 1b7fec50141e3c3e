"""The README names what an operator can set and run."""

from dataclasses import fields
from pathlib import Path

from arena.cli import COMMANDS
from arena.settings import Settings

README = (Path(__file__).parents[2] / "README.md").read_text()


def test_every_setting_is_in_the_readme():
    missing = [field.name for field in fields(Settings) if f"ARENA_{field.name.upper()}" not in README]
    assert not missing


def test_every_command_is_in_the_readme():
    assert not [command for command in COMMANDS if f"arena {command}" not in README]
