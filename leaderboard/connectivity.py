"""Which contenders can be compared: the boards that a set of votes falls into.

Maximum-likelihood ratings exist, and are unique, exactly where the relation "beat or tied" connects the contenders
strongly (Ford 1957): from each contender a chain of wins and ties leads to each other one. Each such group is the core
of a board. A contender with votes that is in no group, such as one that won all its battles, is attached to the core
that it fought.
"""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from leaderboard.arrays import BoolArray, IntArray
from leaderboard.errors import NotEstimable
from leaderboard.tallies import Record, Tallies


@dataclass(frozen=True, eq=False, slots=True)
class Component:
    """The contenders of one board, as their places in the tallies.

    Attributes:
        core: strongly connected contenders, whose ratings exist; empty where no group has two members.
        attached: contenders linked to the core by votes in one direction only, or by a single vote.
    """

    core: IntArray
    attached: IntArray


def groups(links: BoolArray, *, strong: bool) -> IntArray:
    """Return the number of each contender's group, from 0 [M].

    Args:
        links: whether a link leads from the row's contender to the column's [M, M].
        strong: whether a group needs a way in both directions between any two of its members.
    """
    if len(links) and _spanned(links, strong=strong):
        return np.zeros(len(links), dtype=np.int64)
    graph = csr_array(links.astype(np.int8))
    labels = connected_components(graph, directed=True, connection="strong" if strong else "weak")[1]
    return np.asarray(labels, dtype=np.int64)


def _spanned(links: BoolArray, *, strong: bool) -> bool:
    """Return whether all contenders are one group. This usual case is found faster than by a graph search."""
    ways = (links, links.T) if strong else (links | links.T,)
    everyone = np.ones(len(links), dtype=np.bool_)
    return all(len(_reached(way, np.zeros(1, dtype=np.int64), everyone)) == len(links) for way in ways)


def boards(record: Record) -> list[Component]:
    """Split the contenders that have votes into boards: most members first, then most votes.

    Args:
        record: wins and ties by count.
    """
    battles = record.battles
    voted = battles.any(axis=1)
    # One tie would be enough for a rating to exist, but a rating is never based on a single vote.
    single = battles.sum(axis=1) == 1
    group = groups((record.scores > 0) & ~single[:, None], strong=True)
    sizes = np.bincount(group)
    votes = np.bincount(group, weights=battles.sum(axis=1))
    cores = [np.flatnonzero(group == g) for g in np.lexsort((-votes, -sizes)) if sizes[g] > 1]
    loose = voted & (sizes[group] == 1)

    found = []
    for core in cores:
        attached = _reached(battles > 0, core, loose)
        loose[attached] = False
        found.append(Component(core, attached))
    nobody = np.empty(0, dtype=np.int64)
    while loose.any():
        first = np.flatnonzero(loose)[:1]
        attached = np.union1d(first, _reached(battles > 0, first, loose))
        loose[attached] = False
        found.append(Component(nobody, attached))
    return found


def _reached(met: BoolArray, core: IntArray, loose: BoolArray) -> IntArray:
    """Return the loose contenders that a chain of battles, by way of loose ones only, links with the core."""
    reached = np.zeros(len(met), dtype=np.bool_)
    frontier = core
    while len(frontier):
        frontier = np.flatnonzero(met[frontier].any(axis=0) & loose & ~reached)
        reached[frontier] = True
    return np.flatnonzero(reached)


def largest_core(tallies: Tallies) -> Tallies:
    """Return the tallies among the contenders of the first board's core, on which all further analyses are based.

    Raises:
        NotEstimable: no two contenders are connected both ways.
    """
    found = boards(tallies.counted)
    if not found or not len(found[0].core):
        raise NotEstimable(
            "No two contenders are connected by wins and ties in both directions.", hint="Collect more votes."
        )
    return tallies.among([tallies.contenders[place] for place in found[0].core])
