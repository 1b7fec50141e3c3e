"""Votes that no maximum-likelihood rating exists for, or that would claim certainty: every reader gets a finite number,
a width, and a reason."""

import pytest

from leaderboard import Ranking, Standing, Status, Tallies, Verdict, rank
from leaderboard.notes import Note, NoteKind

EVEN = [("ada", "bob", Verdict.A, 30), ("ada", "bob", Verdict.B, 30)]


def ranked(*rows: tuple[str, str, Verdict, int], contenders: tuple[str, ...] = ()) -> Ranking:
    return rank(Tallies.from_counts(rows), contenders=contenders)


def standing(ranking: Ranking, contender: str) -> Standing:
    return next(s for s in ranking.standings if s.contender == contender)


def kinds(notes: tuple[Note, ...]) -> list[NoteKind]:
    return [note.kind for note in notes]


def test_no_votes_give_an_empty_board_and_a_reason():
    ranking = ranked(contenders=("ada", "bob"))
    assert ranking.standings == ()
    assert ranking.unrated == ("ada", "bob")
    assert kinds(ranking.notes) == [NoteKind.NO_VOTES]


def test_a_single_contender_is_told_that_a_battle_needs_two():
    assert ranked(contenders=("ada",)).notes[1] == Note(NoteKind.ONLY_CONTENDER, ("ada",))


def test_a_contender_without_votes_is_listed_apart_and_never_rated():
    ranking = ranked(*EVEN, contenders=("ada", "bob", "new"))
    assert ranking.unrated == ("new",)
    assert "new" not in {s.contender for s in ranking.standings}
    assert ranking.notes == (Note(NoteKind.WITHOUT_VOTES, ("new",)),)


def test_an_unbeaten_contender_gets_a_one_sided_statement_and_moves_nobody():
    without, ranking = ranked(*EVEN), ranked(*EVEN, ("new", "ada", Verdict.A, 10))
    new = standing(ranking, "new")
    assert new.status is Status.UNBEATEN
    assert new.rank == 1
    assert new.upper - new.rating > new.rating - new.lower > 100
    assert new.notes == (Note(NoteKind.UNBEATEN, ("new",), {"votes": 10, "lower": new.lower, "spread": 350.0}),)
    assert standing(ranking, "ada").rating == pytest.approx(standing(without, "ada").rating, abs=1e-9)
    assert standing(ranking, "ada").upper == pytest.approx(standing(without, "ada").upper, abs=1e-9)


def test_a_winless_contender_is_the_mirror_image():
    unbeaten = standing(ranked(*EVEN, ("new", "ada", Verdict.A, 10)), "new")
    winless = standing(ranked(*EVEN, ("new", "ada", Verdict.B, 10)), "new")
    assert winless.status is Status.WINLESS
    assert winless.rating - 1000 == pytest.approx(1000 - unbeaten.rating, abs=1e-6)
    assert winless.lower - 1000 == pytest.approx(1000 - unbeaten.upper, abs=1e-6)
    assert winless.notes == (Note(NoteKind.WINLESS, ("new",), {"votes": 10, "upper": winless.upper, "spread": 350.0}),)


def test_more_wins_raise_an_unbeaten_contender_without_end():
    few, many = (standing(ranked(*EVEN, ("new", "ada", Verdict.A, n)), "new") for n in (5, 500))
    assert many.rating > few.rating + 200
    assert many.lower > few.lower + 200


def test_a_whole_field_without_an_upset_is_still_ordered_and_finite():
    ranking = ranked(("ada", "bob", Verdict.A, 10), ("bob", "cyd", Verdict.A, 10))
    assert [s.contender for s in ranking.standings] == ["ada", "bob", "cyd"]
    assert [s.status for s in ranking.standings] == [Status.UNBEATEN, Status.ONE_WAY, Status.WINLESS]
    assert sum(s.rating for s in ranking.standings) == pytest.approx(3000)


def test_groups_that_never_met_are_boards_of_their_own():
    ranking = ranked(*EVEN, ("cyd", "dot", Verdict.A, 9), ("cyd", "dot", Verdict.B, 3))
    assert [s.component for s in ranking.standings] == [0, 0, 1, 1]
    assert standing(ranking, "cyd").rank_lower <= 2
    assert ranking.notes == (
        Note(NoteKind.SEPARATE_BOARDS, figures={"boards": 2}),
        Note(NoteKind.NEVER_MET_BOARD, ("cyd", "dot"), {"board": 2}),
    )
    for board in (0, 1):
        assert sum(s.rating for s in ranking.standings if s.component == board) == pytest.approx(2000)
    assert standing(ranking, "dot").notes == (Note(NoteKind.OTHER_BOARD, ("dot",), {"board": 2}),)
    assert standing(ranking, "ada").notes == ()


def test_groups_linked_one_way_are_boards_of_their_own_with_the_reason():
    ranking = ranked(*EVEN, ("cyd", "dot", Verdict.A, 9), ("cyd", "dot", Verdict.B, 3), ("ada", "cyd", Verdict.A, 1))
    assert ranking.notes[1] == Note(NoteKind.ONE_DIRECTION_BOARD, ("cyd", "dot"), {"board": 2})
    assert standing(ranking, "ada").rating == pytest.approx(1000)


def test_a_single_vote_both_ways_joins_groups_into_one_board():
    ranking = ranked(*EVEN, ("cyd", "dot", Verdict.A, 9), ("cyd", "dot", Verdict.B, 3), ("ada", "cyd", Verdict.TIE, 1))
    assert {s.component for s in ranking.standings} == {0}
    assert ranking.notes == ()


def test_the_larger_group_comes_first():
    trio = [(x, y, verdict, 2) for x, y in ("xy", "yz") for verdict in (Verdict.A, Verdict.B)]
    assert {s.contender for s in ranked(*EVEN, *trio).standings if s.component == 0} == set("xyz")


def test_only_ties_make_equals_with_the_width_of_three_unseen_decisive_votes():
    ranking = ranked(("ada", "bob", Verdict.TIE, 30))
    for s in ranking.standings:
        assert s.rating == pytest.approx(1000)
        assert s.status is Status.ONLY_TIES
        assert kinds(s.notes) == [NoteKind.ONLY_TIES]
        # B = 3/4, H = 30/4; the mean lies halfway.
        assert (s.upper - s.lower) / 2 / 1.959964 == pytest.approx(173.7178 * (0.75**0.5 / 7.5) / 2, rel=1e-6)


def test_more_ties_narrow_the_width_of_only_ties():
    widths = [ranked(("ada", "bob", Verdict.BOTH_BAD, n)).standings[0] for n in (2, 20, 200)]
    assert [round((s.upper - s.lower) / (widths[2].upper - widths[2].lower)) for s in widths] == [100, 10, 1]


def test_two_parts_joined_by_ties_alone_do_not_know_exactly_how_they_compare():
    ranking = ranked(
        *EVEN, ("cyd", "dot", Verdict.A, 20), ("cyd", "dot", Verdict.B, 20), ("ada", "cyd", Verdict.TIE, 4)
    )
    assert ranking.boards[0].difference("ada", "cyd").error > 50


@pytest.mark.parametrize("verdict", list(Verdict))
def test_one_vote_is_not_enough_data_whatever_it_says(verdict: Verdict):
    ranking = ranked(("ada", "bob", verdict, 1))
    assert [s.status for s in ranking.standings] == [Status.NOT_ENOUGH_DATA] * 2
    assert all(s.upper - s.lower > 900 and (s.rank_upper, s.rank_lower) == (1, 2) for s in ranking.standings)
    assert kinds(ranking.standings[0].notes) == [NoteKind.SINGLE_VOTE]


@pytest.mark.parametrize("verdict", list(Verdict))
def test_one_vote_of_a_newcomer_does_not_widen_the_others(verdict: Verdict):
    without, ranking = ranked(*EVEN), ranked(*EVEN, ("new", "ada", verdict, 1))
    assert standing(ranking, "ada").upper == pytest.approx(standing(without, "ada").upper, abs=1e-9)
    assert standing(ranking, "new").status is Status.NOT_ENOUGH_DATA


def test_both_bad_counts_half_a_win_and_is_shown_apart():
    tie, both_bad = ranked(*EVEN, ("ada", "bob", Verdict.TIE, 9)), ranked(*EVEN, ("ada", "bob", Verdict.BOTH_BAD, 9))
    assert [s.rating for s in tie.standings] == [s.rating for s in both_bad.standings]
    assert (both_bad.standings[0].ties, both_bad.standings[0].both_bad) == (0, 9)
    assert both_bad.standings[0].both_bad_rate == pytest.approx(9 / 69)
