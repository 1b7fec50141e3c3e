"""Hypothesis strategies for votes."""

from hypothesis import strategies as st

from leaderboard import Tallies, Verdict

NAMES = ("ada", "bob", "cyd", "dot", "eve")
Row = tuple[str, str, Verdict, int]


def rows(max_count: int = 5) -> st.SearchStrategy[list[Row]]:
    """Any votes at all between up to five contenders."""
    pair = st.lists(st.sampled_from(NAMES), min_size=2, max_size=2, unique=True)
    row = st.tuples(pair, st.sampled_from(list(Verdict)), st.integers(1, max_count))
    return st.lists(row.map(lambda drawn: (*drawn[0], drawn[1], drawn[2])), max_size=25)


def connected_rows() -> st.SearchStrategy[list[Row]]:
    """Votes in which everybody beat, and was beaten by, the next one: ratings exist."""
    ring = [(NAMES[i], NAMES[i - 1], verdict, 1) for i in range(len(NAMES)) for verdict in (Verdict.A, Verdict.B)]
    return rows().map(lambda drawn: [*ring, *drawn])


def tallies_of(drawn: list[Row]) -> Tallies:
    return Tallies.from_counts(drawn)
