"""How ratings are computed, version by version. A snapshot names the version that it was taken with.

What each version does differently from the one before is told on the page of the method.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MethodChange:
    """A version of the method, and since when it is used here."""

    version: str
    since: str


# The newest first. A version is added whenever the same votes and settings would give other bytes.
CHANGES = (MethodChange("3", "2026-11-29"), MethodChange("2", "2026-11-22"), MethodChange("1", "2026-11-22"))
METHOD = CHANGES[0].version
