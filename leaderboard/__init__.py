"""Ratings from votes: pure statistics. Knows no database and no web."""

from leaderboard.verdict import Verdict

__all__ = ["Verdict"]
