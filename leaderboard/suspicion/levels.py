"""When a small chance is small enough, given how many were looked at."""

import numpy as np

from leaderboard.arrays import BoolArray, FloatArray


def discoveries(chance: FloatArray, *, false_share: float, at_most: float) -> BoolArray:
    """Return which findings stand out, by Benjamini and Hochberg, J. R. Stat. Soc. B 57 (1995).

    Among those that stand out, at most `false_share` are expected to be innocent. Where nobody cheats, the chance that
    anybody stands out is no more than that.

    Args:
        chance: of each finding, for an innocent [V].
        false_share: the expected share of innocents among those returned.
        at_most: no finding with a larger chance stands out, however many others do.
    """
    ordered = np.sort(chance)
    passing = np.flatnonzero(ordered <= false_share * np.arange(1, len(chance) + 1) / max(1, len(chance)))
    threshold = min(at_most, ordered[passing[-1]]) if len(passing) else -1.0
    return chance <= threshold
