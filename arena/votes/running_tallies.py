"""Tallies in memory that are updated by reading only what changed since the last read."""

from arena.db import tallies
from arena.db.session import Session
from leaderboard import Tallies
from leaderboard.verdict import VERDICTS

PLACE = {verdict: place for place, verdict in enumerate(VERDICTS)}


class RunningTallies:
    """The tallies of all votes, or of the slices of a selection, as of the last `read`.

    For each new vote `read` fetches one row, however many votes there are.
    """

    def __init__(self, selection: tallies.Selection = tallies.EVERYTHING) -> None:
        assert selection.since is None, "totals know no days"
        self._selection = selection
        self._tallies = Tallies.from_counts([])
        self._revision = 0

    def read(self, session: Session) -> Tallies:
        """Return the tallies as `session` sees them; the same object as before if nothing changed."""
        rows = tallies.changes(session, since=self._revision, selection=self._selection)
        if rows:
            known = self._tallies.contenders
            new = {name for left, right, *_ in rows for name in (left, right)}.difference(known)
            grown = self._tallies.among((*known, *sorted(new)))
            # A copy: those who hold the former tallies keep them unchanged, with everything computed from them.
            grown = Tallies(grown.contenders, grown.counts.copy())
            place = {name: index for index, name in enumerate(grown.contenders)}
            for left, right, verdict, count, _ in rows:
                grown.counts[place[left], place[right], PLACE[verdict]] = count
            self._tallies = grown
            self._revision = max(row.revision for row in rows)
        return self._tallies
