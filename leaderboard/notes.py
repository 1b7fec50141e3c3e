"""The sentences that explain a rating, or a whole ranking, to its reader."""

from collections.abc import Sequence

from leaderboard.conditional import PRIOR_SD_ELO
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


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:5])
    return shown if len(names) <= 5 else f"{shown} and {len(names) - 5} more"
