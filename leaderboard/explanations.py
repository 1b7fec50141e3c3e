"""Which notes explain a rating, a whole ranking or a comparison to its reader."""

import math
from collections.abc import Iterator, Sequence

from leaderboard.conditional import PRIOR_SD_ELO
from leaderboard.contrasts import Contrast
from leaderboard.estimate import Measured, win_chance
from leaderboard.notes import Note, NoteKind
from leaderboard.robustness import Overturn
from leaderboard.sequential import Comparison
from leaderboard.standings import Standing, Status


def of_standing(standing: Standing, status: Status) -> tuple[Note, ...]:
    """Return the notes of a standing that has this status; none where the rating speaks for itself."""
    found = []
    match status:
        case Status.UNBEATEN:
            figures = {"votes": standing.votes, "lower": standing.lower, "spread": PRIOR_SD_ELO}
            found.append(Note(NoteKind.UNBEATEN, (standing.contender,), figures))
        case Status.WINLESS:
            figures = {"votes": standing.votes, "upper": standing.upper, "spread": PRIOR_SD_ELO}
            found.append(Note(NoteKind.WINLESS, (standing.contender,), figures))
        case Status.ONE_WAY:
            found.append(Note(NoteKind.ONE_WAY, (standing.contender,), {"spread": PRIOR_SD_ELO}))
        case Status.ONLY_TIES:
            found.append(Note(NoteKind.ONLY_TIES, (standing.contender,)))
        case Status.NOT_ENOUGH_DATA:
            found.append(Note(NoteKind.SINGLE_VOTE, (standing.contender,)))
        case Status.ESTABLISHED | Status.PROVISIONAL:
            pass
    if standing.component:
        found.append(Note(NoteKind.OTHER_BOARD, (standing.contender,), {"board": standing.component + 1}))
    return tuple(found)


def of_ranking(boards: Sequence[Sequence[str]], *, met: Sequence[bool], unrated: Sequence[str]) -> tuple[Note, ...]:
    """Return the notes of a whole ranking.

    Args:
        boards: the contenders of each board.
        met: whether a board's contenders fought any of the boards before it.
        unrated: contenders without a vote.
    """
    return tuple(_of_ranking(boards, met, unrated))


def _of_ranking(boards: Sequence[Sequence[str]], met: Sequence[bool], unrated: Sequence[str]) -> Iterator[Note]:
    if not boards:
        yield Note(NoteKind.NO_VOTES)
        if len(unrated) == 1:
            yield Note(NoteKind.ONLY_CONTENDER, tuple(unrated))
        return
    if len(boards) > 1:
        yield Note(NoteKind.SEPARATE_BOARDS, (), {"boards": len(boards)})
    for number, (names, has_met) in enumerate(zip(boards, met, strict=True), start=1):
        if number > 1:
            kind = NoteKind.ONE_DIRECTION_BOARD if has_met else NoteKind.NEVER_MET_BOARD
            yield Note(kind, tuple(names), {"board": number})
    if unrated:
        yield Note(NoteKind.WITHOUT_VOTES, tuple(unrated))


def of_contrast(contrast: Contrast, overturn: Overturn) -> tuple[Note, ...]:
    """Return what all votes, and those of their own battles, say of two contenders."""
    # Told of the one that is rated higher.
    sign = 1 if contrast.difference.value >= 0 else -1
    pair = (contrast.first, contrast.second)[::sign]
    return (
        _of_difference(contrast.difference, sign, pair),
        _of_battles(contrast.direct, (contrast.first, contrast.second)),
        _of_needed(contrast.votes_needed, pair),
        Note(NoteKind.OVERTURNED, pair, {"votes": overturn.votes, "share": overturn.share})
        if overturn.votes
        else Note(NoteKind.NOT_OVERTURNED, pair),
    )


def _of_difference(difference: Measured, sign: int, pair: tuple[str, ...]) -> Note:
    figures = {"difference": sign * difference.value}
    if math.isinf(difference.error):
        return Note(NoteKind.ONE_CLUSTER_DECIDES, pair, figures)
    low, high = (sign * bound for bound in difference.interval()[::sign])
    figures |= {"low": low, "high": high}
    if low <= 0:
        return Note(NoteKind.NOT_TOLD_APART, pair, figures)
    chances = {"chance": win_chance(figures["difference"]), "chance_low": win_chance(low)}
    return Note(NoteKind.RATED_ABOVE, pair, figures | chances | {"chance_high": win_chance(high)})


def _of_battles(direct: Comparison, pair: tuple[str, str]) -> Note:
    if not direct.votes:
        return Note(NoteKind.NO_OWN_BATTLES, pair)
    decided = {"a": NoteKind.FIRST_BETTER, "b": NoteKind.SECOND_BETTER}
    figures = {"votes": direct.votes, "score": direct.score, "lower": direct.lower, "upper": direct.upper}
    return Note(decided.get(direct.decision, NoteKind.NOT_DECIDED), pair, figures)


def _of_needed(votes: int | None, pair: tuple[str, ...]) -> Note:
    if votes is None:
        return Note(NoteKind.EQUAL_RATINGS, pair)
    return Note(NoteKind.BATTLES_NEEDED, pair, {"votes": votes}) if votes else Note(NoteKind.SEPARATED, pair)
