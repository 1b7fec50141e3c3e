"""Pareto: the contenders that no other one equals or beats in both rating and cost, or in both rating and speed."""

from collections.abc import Sequence


def pareto(points: Sequence[tuple[float, float]], *, less_is_better: bool) -> list[tuple[float, float]]:
    """Return the points (x, rating) that no other point equals or beats in both; x is a cost, or else a gain."""
    line: list[tuple[float, float]] = []
    for x, rating in sorted(points, key=lambda point: (point[0] if less_is_better else -point[0], -point[1])):
        if not line or rating > line[-1][1]:
            line.append((x, rating))
    return line
