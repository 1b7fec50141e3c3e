"""Tallies in memory, brought up to date by reading what changed since the last look."""

from arena.db import tallies
from arena.db.session import Session
from leaderboard import Tallies
from leaderboard.verdict import VERDICTS

PLACE = {verdict: place for place, verdict in enumerate(VERDICTS)}


class RunningTallies:
    """The arena's votes, or those of some slices, as of the last `read`.

    A new vote costs one row, whatever the number of votes.
    """

    def __init__(self, selection: tallies.Selection = tallies.EVERYTHING) -> None:
        assert selection.since is None, "totals know no days"
        self._selection = selection
        self._tallies = Tallies.from_counts([])
        self._revision = 0

    def read(self, session: Session) -> Tallies:
        """Return the tallies as `session` sees them; the same object as before where nothing changed."""
        rows = tallies.changes(session, since=self._revision, selection=self._selection)
        if rows:
            known = self._tallies.contenders
            new = {name for left, right, *_ in rows for name in (left, right)}.difference(known)
            grown = self._tallies.among((*known, *sorted(new)))
            # A copy: readers of the old one keep theirs, and what it remembers of its counts stays true.
            grown = Tallies(grown.contenders, grown.counts.copy())
            place = {name: index for index, name in enumerate(grown.contenders)}
            for left, right, verdict, count, _ in rows:
                grown.counts[place[left], place[right], PLACE[verdict]] = count
            self._tallies = grown
            self._revision = max(row.revision for row in rows)
        return self._tallies
