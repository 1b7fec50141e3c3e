"""Ratings from votes: pure statistics, without a database and without the web.

| to | read |
|---|---|
| count votes, or retract some | `tallies`, `votes`, `vote_schemas` |
| rate and rank all contenders | `ranking`; its result is in `standings` |
| see how: who can be compared, the fit, its errors | `connectivity`, `bradley_terry`, `covariance`, `conditional` |
| compare two contenders, or all at once | `estimate`, `rank_sets`, `contrasts`, `sequential` |
| test two sides on fixed prompts | `binomial` (exact, what n can find), `paired` (several votes a prompt), `looks` |
| see how far raters agree | `agreement` |
| check how far to trust a result | `robustness`, `clusters`, `dependence`, `bootstrap`, `position`, `weights` |
| see the votes in another way | `style`, `ties`, `categories`, `elo`; side by side in `views` |
| tell a reader about it | `notes` are what is to be told, as data; `explanations` chooses them |
| decide which pair to vote on next | `sampling` |

>>> from leaderboard import Tallies, Verdict, rank
>>> tallies = Tallies.from_counts([("ada", "bob", Verdict.A, 2), ("bob", "ada", Verdict.A, 1)])
>>> [(s.contender, round(s.rating)) for s in rank(tallies).standings]
[('ada', 1060), ('bob', 940)]
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from leaderboard.verdict import Verdict

if TYPE_CHECKING:
    from leaderboard.ranking import rank
    from leaderboard.sampling import Draw, draw_pair
    from leaderboard.standings import Ranking, Standing, Status
    from leaderboard.tallies import Tallies
    from leaderboard.votes import Votes, read_votes

__all__ = ["Draw", "Ranking", "Standing", "Status", "Tallies", "Verdict", "Votes", "draw_pair", "rank", "read_votes"]

# These names are imported at their first use, because loading scipy and pandas would slow down `arena --help`.
_HOMES = {
    "rank": "ranking",
    "Draw": "sampling",
    "draw_pair": "sampling",
    "Ranking": "standings",
    "Standing": "standings",
    "Status": "standings",
    "Tallies": "tallies",
    "Votes": "votes",
    "read_votes": "votes",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module `leaderboard` has no attribute `{name}`")
    return getattr(import_module(f"leaderboard.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
