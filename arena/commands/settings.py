"""`arena settings`: what can be set by environment variables, what each means and what it is by default."""

import argparse
from collections.abc import Mapping

from arena.settings import Settings, settings_text


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare that there are no arguments."""
    parser.epilog = "The environment is checked, too: 2 is returned where a setting cannot be used."


def run(_args: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Print all settings; return 0.

    Raises:
        BadConfiguration: the environment has settings that cannot be used.
    """
    print(settings_text())
    Settings.from_env(environment)
    return 0
