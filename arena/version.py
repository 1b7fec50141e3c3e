"""The version of this program: said in pyproject.toml alone, read from what is installed."""

from importlib.metadata import version

from generation.extras import DISTRIBUTION


def program_version() -> str:
    """Return the version, such as `0.1.0`."""
    return version(DISTRIBUTION)
