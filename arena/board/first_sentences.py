"""The sentences that snapshots of methods 1 and 2 hold in place of notes.

They are part of what such a snapshot is replayed to, byte for byte. So nothing here ever changes, whatever the pages
come to say and in whatever language.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from leaderboard import Ranking
from leaderboard.notes import Note, NoteKind

METHODS = frozenset({"1", "2"})
_GUESS = "the rating shown assumes that contenders lie some {spread:.0f} points around the mean of their board"
_SENTENCES = {
    NoteKind.NO_VOTES: "No votes yet: ratings appear with the first votes between two contenders.",
    NoteKind.ONLY_CONTENDER: "`{listed}` is the only contender: a battle needs two.",
    NoteKind.SEPARATE_BOARDS: "The votes fall into {boards} boards whose ratings cannot be compared.",
    NoteKind.NEVER_MET_BOARD: "Board {board} ({listed}) never met the boards above.",
    NoteKind.ONE_DIRECTION_BOARD: "Board {board} ({listed}) fought the boards above in one direction only.",
    NoteKind.WITHOUT_VOTES: "Without votes, and so without rating: {listed}.",
    NoteKind.UNBEATEN: (
        "Won all {votes} battles, so the votes set no upper limit: surely above {lower:.0f}; " + _GUESS + "."
    ),
    NoteKind.WINLESS: (
        "Lost all {votes} battles, so the votes set no lower limit: surely below {upper:.0f}; " + _GUESS + "."
    ),
    NoteKind.ONE_WAY: "Beat only contenders that never beat it back, or the reverse: " + _GUESS + ".",
    NoteKind.ONLY_TIES: "Only ties so far: the interval allows for decisive votes that were not seen yet.",
    NoteKind.SINGLE_VOTE: "A single vote says next to nothing.",
    NoteKind.OTHER_BOARD: "On board {board}: not comparable with the other boards.",
}


def with_first_sentences(ranking: Ranking) -> dict[str, Any]:
    """Return a ranking as plain values in the way of methods 1 and 2."""
    whole = ranking.to_dict()
    del whole["note_data"]
    for rating, standing in zip(whole["ratings"], ranking.standings, strict=True):
        del rating["note_data"]
        rating["note"] = " ".join(_told(standing.notes))
    return whole | {"notes": _told(ranking.notes)}


def _told(notes: Iterable[Note]) -> list[str]:
    return [_SENTENCES[note.kind].format(listed=_listed(note.contenders), **note.figures) for note in notes]


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:5])
    return shown if len(names) <= 5 else f"{shown} and {len(names) - 5} more"
