"""Puts the notes of a ranking, a comparison or a view into words."""

from collections.abc import Iterable, Mapping
from typing import Any

from arena.web.texts import say, word
from leaderboard.estimate import Measured
from leaderboard.notes import Note, NoteKind
from leaderboard.style import Unidentified
from leaderboard.views import View

FEW_CLUSTERS = 40  # with fewer, intervals are noticeably wider than normal quantiles would have them
LISTED = 5  # contenders named before "and so many more"


def note_in_words(note: Note, labels: Mapping[str, str] | None = None) -> str:
    """Return a note as one sentence or two; contenders are called by their labels, or else by their slugs."""
    known = labels or {}
    names = [known.get(slug, slug) for slug in note.contenders]
    first, second = (*names, "", "")[:2]
    values: dict[str, object] = {**note.figures, "first": first, "second": second, "listed": listed(names)}
    key = f"notes.{note.kind.value}"
    if "votes" in note.figures:  # the only figure that chooses between singular and plural
        values["count"] = round(note.figures["votes"])
    return say(key, **values)


def all_in_words(notes: Iterable[Note], labels: Mapping[str, str] | None = None) -> str:
    """Return the notes of one standing, one after the other; empty where there are none."""
    return say("notes.between").join(note_in_words(note, labels) for note in notes)


def listed(names: list[str]) -> str:
    """Return the first of these names, and how many more there are."""
    shown = say("notes.comma").join(names[:LISTED])
    return say("notes.and-more", shown=shown, count=len(names) - LISTED) if len(names) > LISTED else shown


def view_in_words(view: View) -> str:
    """Return the sentences that explain a view of the votes."""
    told = []
    if view.about.kind is NoteKind.EQUAL_STYLE:
        effects = effects_in_words(view.effects)
        told.append(say("notes.equal-style", effects=effects) if effects else say("notes.equal-style-alone"))
        told += without_a_number(view.unidentified)
    elif view.about.kind is not NoteKind.CLUSTERED:
        told.append(say(f"notes.{view.about.kind.value}", **view.about.figures))
    return say("notes.between").join([*told, *dependence_in_words(view.clusters, view.ratio)])


def dependence_in_words(clusters: Mapping[str, int], ratio: float | None) -> list[str]:
    """Return the sentences on votes that may depend on each other.

    Args:
        clusters: how many different ones there are of what they share; none where they are taken for independent.
        ratio: the median of the errors over those of independent votes; None where it cannot be measured.
    """
    if not clusters:
        return []
    ways = [say("notes.way", label=label, count=count) for label, count in clusters.items()]
    told = [say("notes.clustered", ways=say("notes.or-the-same").join(ways))]
    told.append(say("notes.times-as-large", ratio=ratio) if ratio else say("notes.not-measured"))
    if min(clusters.values()) < FEW_CLUSTERS:
        told.append(say("notes.few-clusters"))
    return told


def effects_in_words(effects: Mapping[str, Measured]) -> str:
    """Return what features of style add to the log odds of a win, with their 95 % margins; empty for none."""
    return say("notes.comma").join(
        say("notes.effect", name=word("features", name), value=effect.value, margin=effect.margin())
        for name, effect in effects.items()
    )


def without_a_number(unidentified: Mapping[str, Unidentified]) -> list[str]:
    """Return the sentence that names features of style whose effect the votes do not fix; none where there are none."""
    named = [
        say("notes.feature-and-reason", name=word("features", name), reason=word("unidentified", reason))
        for name, reason in unidentified.items()
    ]
    return [say("notes.without-a-number", features=say("notes.comma").join(named))] if named else []


def with_sentences(ranking: Mapping[str, Any], labels: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return a ranking for JSON (`Ranking.to_dict`) with its notes in words as well, as `notes` and `note`.

    A ranking whose notes are in words already, as in old snapshots, is returned unchanged.
    """
    if "note_data" not in ranking:
        return dict(ranking)
    ratings = [
        rating | {"note": all_in_words(map(_read, rating["note_data"]), labels)} for rating in ranking["ratings"]
    ]
    return {
        **ranking,
        "ratings": ratings,
        "notes": [note_in_words(_read(note), labels) for note in ranking["note_data"]],
    }


def _read(note: Mapping[str, Any]) -> Note:
    return Note(NoteKind(note["kind"]), tuple(note["contenders"]), note["figures"])
