"""`arena settings`: print all environment variables that the arena reads, with meaning and default, and check them."""

import argparse
from collections.abc import Mapping

from arena.settings import Settings, settings_text


def configure(parser: argparse.ArgumentParser) -> None:
    """Add no flags; the help says that the environment is checked."""
    parser.epilog = "The environment is checked too: the exit code is 2 if a setting cannot be used."


def run(_args: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Print all settings; return 0.

    Raises:
        BadConfiguration: the environment has settings that cannot be used.
    """
    print(settings_text())
    Settings.from_env(environment)
    return 0
