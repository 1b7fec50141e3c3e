"""Notes in words: of rankings, comparisons and views."""

import pytest

from arena.web.texts import say
from arena.web.texts.notes import all_in_words, listed, note_in_words, view_in_words, with_sentences
from leaderboard import Tallies, Verdict, rank
from leaderboard.contrasts import contrasts
from leaderboard.explanations import of_contrast
from leaderboard.notes import Note, NoteKind
from leaderboard.robustness import votes_to_overturn
from leaderboard.views import View

EVEN = [("ada", "bob", Verdict.A, 30), ("ada", "bob", Verdict.B, 30)]


def test_contenders_are_called_by_their_labels_where_they_have_one():
    note = Note(NoteKind.NEVER_MET_BOARD, ("cyd", "dot"), {"board": 2})
    assert note_in_words(note) == "Board 2 (cyd, dot) never met the boards above."
    assert note_in_words(note, {"cyd": "Cyd 7B"}) == "Board 2 (Cyd 7B, dot) never met the boards above."


def test_a_label_cannot_be_taken_for_words_of_a_note():
    note = Note(NoteKind.WITHOUT_VOTES, ("a",))
    assert "{listed} (b): never." in note_in_words(note, {"a": "{listed} (b): never."})


@pytest.mark.parametrize(
    ("number", "words"), [(1, "n0"), (5, "n0, n1, n2, n3, n4"), (7, "n0, n1, n2, n3, n4 and 2 more")]
)
def test_of_many_contenders_the_first_five_are_named(number: int, words: str):
    assert listed([f"n{place}" for place in range(number)]) == words


def test_the_notes_of_a_standing_follow_each_other():
    ranking = rank(Tallies.from_counts([*EVEN, ("new", "ada", Verdict.A, 10)]))
    new = next(standing for standing in ranking.standings if standing.contender == "new")
    assert [note.kind for note in new.notes] == [NoteKind.UNBEATEN]
    assert all_in_words(new.notes) == say("notes.unbeaten", votes=10, lower=new.lower, spread=350)
    assert all_in_words([*new.notes] * 2) == f"{all_in_words(new.notes)} {all_in_words(new.notes)}"
    assert all_in_words(()) == ""


def test_a_comparison_reads_as_sentences_and_one_battle_is_one():
    rows = [*EVEN, ("cyd", "ada", Verdict.A, 40), ("ada", "cyd", Verdict.A, 8), ("bob", "cyd", Verdict.A, 1)]
    tallies = Tallies.from_counts(rows)
    told = {}
    for contrast in contrasts(tallies, ("cyd", "ada", "bob")):
        notes = of_contrast(contrast, votes_to_overturn(tallies, contrast.first, contrast.second))
        told[contrast.first, contrast.second] = " ".join(note_in_words(note, {"cyd": "Cyd"}) for note in notes)
    assert "Cyd is rated" in told["cyd", "ada"]
    assert "it is expected to win" in told["cyd", "ada"]
    assert "In their own 48 battles Cyd scored 83%" in told["cyd", "ada"]
    assert ": Cyd is better" in told["cyd", "ada"]
    assert "In their own one battle Cyd scored 0%" in told["cyd", "bob"]
    assert "these battles alone do not decide it yet" in told["cyd", "bob"]
    assert "so the votes do not tell which is better" in told["ada", "bob"]


def test_a_view_at_equal_style_says_where_no_effect_of_style_is_known():
    assert view_in_words(View(about=Note(NoteKind.EQUAL_STYLE), rows=())) == say("notes.equal-style-alone")


def test_json_gains_sentences_beside_the_data():
    ranking = rank(Tallies.from_counts([("ada", "bob", Verdict.TIE, 1)]), contenders=("zoe",))
    whole = with_sentences(ranking.to_dict())
    assert whole["notes"] == [say("notes.without-votes", listed="zoe")]
    assert whole["note_data"] == [{"kind": "without-votes", "contenders": ["zoe"], "figures": {}}]
    assert {row["note"] for row in whole["ratings"]} == {say("notes.single-vote")}
    assert [row["note_data"][0]["kind"] for row in whole["ratings"]] == ["single-vote"] * 2
