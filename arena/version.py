"""The version of this program. Only pyproject.toml states it; it is read from the installed package."""

from importlib.metadata import version

from generation.extras import DISTRIBUTION


def program_version() -> str:
    """Return the version, such as `0.1.0`."""
    return version(DISTRIBUTION)
