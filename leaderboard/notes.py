"""The sentences that explain a rating, a whole ranking or a comparison to its reader."""

from collections.abc import Sequence

from leaderboard.conditional import PRIOR_SD_ELO
from leaderboard.contrasts import Contrast
from leaderboard.estimate import win_chance
from leaderboard.robustness import Overturn
from leaderboard.sequential import Comparison
from leaderboard.standings import Standing, Status

NO_VOTES = "No votes yet: ratings appear with the first votes between two contenders."
GUESS = f"the rating shown assumes that contenders lie some {PRIOR_SD_ELO:.0f} points around the mean of their board"


def of_standing(standing: Standing, status: Status) -> str:
    """Return the note of a standing that has this status; empty where the rating speaks for itself."""
    sentences = []
    match status:
        case Status.UNBEATEN:
            sentences.append(
                f"Won all {standing.votes} battles, so the votes set no upper limit: surely above "
                f"{standing.lower:.0f}; {GUESS}."
            )
        case Status.WINLESS:
            sentences.append(
                f"Lost all {standing.votes} battles, so the votes set no lower limit: surely below "
                f"{standing.upper:.0f}; {GUESS}."
            )
        case Status.ONE_WAY:
            sentences.append(f"Beat only contenders that never beat it back, or the reverse: {GUESS}.")
        case Status.ONLY_TIES:
            sentences.append("Only ties so far: the interval allows for decisive votes that were not seen yet.")
        case Status.NOT_ENOUGH_DATA:
            sentences.append("A single vote says next to nothing.")
        case Status.ESTABLISHED | Status.PROVISIONAL:
            pass
    if standing.component:
        sentences.append(f"On board {standing.component + 1}: not comparable with the other boards.")
    return " ".join(sentences)


def of_ranking(boards: Sequence[Sequence[str]], *, met: Sequence[bool], unrated: Sequence[str]) -> tuple[str, ...]:
    """Return the notes of a whole ranking.

    Args:
        boards: the contenders of each board.
        met: whether a board's contenders fought any of the boards before it.
        unrated: contenders without a vote.
    """
    sentences = [] if boards else [NO_VOTES]
    if not boards and len(unrated) == 1:
        sentences.append(f"`{unrated[0]}` is the only contender: a battle needs two.")
    if len(boards) > 1:
        sentences.append(f"The votes fall into {len(boards)} boards whose ratings cannot be compared.")
    for number, (names, has_met) in enumerate(zip(boards, met, strict=True), start=1):
        if number > 1:
            why = "fought the boards above in one direction only" if has_met else "never met the boards above"
            sentences.append(f"Board {number} ({_listed(names)}) {why}.")
    if boards and unrated:
        sentences.append(f"Without votes, and so without rating: {_listed(unrated)}.")
    return tuple(sentences)


def of_contrast(contrast: Contrast, overturn: Overturn, *, names: tuple[str, str] | None = None) -> tuple[str, ...]:
    """Return what all votes, and those of their own battles, say of two contenders, called by `names` if given."""
    first, second = names or (contrast.first, contrast.second)
    # Told of the one that is rated higher.
    sign = 1 if contrast.difference.value >= 0 else -1
    above, below = (first, second) if sign > 0 else (second, first)
    difference = sign * contrast.difference.value
    low, high = (sign * bound for bound in contrast.difference.interval()[::sign])
    gap = f"{above} is rated {difference:.0f} Elo above {below} (95% interval {low:+.0f} to {high:+.0f})"
    chance = f"{win_chance(difference):.0%} of their battles ({win_chance(low):.0%} to {win_chance(high):.0%})"
    return (
        f"{gap}: it is expected to win {chance}." if low > 0 else f"{gap}, so the votes do not tell which is better.",
        _of_battles(contrast.direct, first, second),
        _of_needed(contrast.votes_needed),
        f"Without the {overturn.votes:,} votes that matter most for it ({overturn.share:.2%} of all), {below} would be "
        f"rated above {above}."
        if overturn.votes
        else "No set of votes is found whose removal would turn their order.",
    )


def _of_battles(direct: Comparison, first: str, second: str) -> str:
    if not direct.votes:
        return "They have not met in a battle yet."
    battles = "one battle" if direct.votes == 1 else f"{direct.votes:,} battles"
    better = {"a": f"{first} is better", "b": f"{second} is better"}.get(direct.decision)
    return (
        f"In their own {battles} {first} scored {direct.score:.0%}, a tie being half a win. "
        f"However often one looks, its true score is {direct.lower:.0%} to {direct.upper:.0%} with 95% certainty: "
        + (f"{better}, and one may stop asking." if better else "this alone does not decide it yet.")
    )


def _of_needed(votes: int | None) -> str:
    if votes is None:
        return "They are rated equal, so no number of further battles is foreseen to separate them."
    if votes == 0:
        return "Their ratings are separated; no further battle is needed for that."
    return f"If they are as rated, about {votes:,} more battles between them would separate them, with a chance of 80%."


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:5])
    return shown if len(names) <= 5 else f"{shown} and {len(names) - 5} more"
