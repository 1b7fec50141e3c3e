"""How ratings are computed, version by version. A snapshot names the version that it was taken with."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MethodChange:
    """A version of the method: since when it is used here and what it does differently from the one before."""

    version: str
    since: str
    what: tuple[str, ...]


# The newest first. A version is added whenever the same votes and settings would give other bytes.
CHANGES = (
    MethodChange(
        "3",
        "2026-11-29",
        (
            "A feature of style whose effect the votes do not fix gets no number; snapshots say why.",
            "Features that cannot be told apart from each other are controlled for together, without a penalty.",
            "Ratings, intervals and ranks are as before.",
        ),
    ),
    MethodChange(
        "2",
        "2026-11-22",
        (
            "Snapshots also hold ratings at equal length, headings, list items and bold words of the answers.",
            "Style is fitted without a penalty; its shift of each rating has an error of its own.",
            "Ratings, intervals and ranks are as before.",
        ),
    ),
    MethodChange(
        "1",
        "2026-11-22",
        (
            "Bradley–Terry by maximum likelihood without a prior; ties and “both bad” are half a win for each.",
            "Intervals from the sandwich covariance of (contender − mean of its board).",
            "Ranks are sets, from all pairwise differences with their own errors.",
            "Contenders that wins and ties do not connect in both directions are on boards of their own.",
            "Who only won, only lost or only tied gets a wide interval, conditional on its board.",
        ),
    ),
)
METHOD = CHANGES[0].version
