"""The value of a vote."""

from enum import StrEnum


class Verdict(StrEnum):
    """What a voter says of a battle: one side is better, both are equally good, or both are bad."""

    A = "a"
    B = "b"
    TIE = "tie"
    BOTH_BAD = "both_bad"


# The order of the verdicts in all arrays of counts, and the index of each in it.
VERDICTS = tuple(Verdict)
A, B, TIE, BOTH_BAD = range(4)
