"""The value of a vote."""

from enum import StrEnum


class Verdict(StrEnum):
    """What a voter says of a battle: one side is better, both are as good, or both are bad."""

    A = "a"
    B = "b"
    TIE = "tie"
    BOTH_BAD = "both_bad"
