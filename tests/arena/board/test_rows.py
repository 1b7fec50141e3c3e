"""The rows of a board: who is on it, in which order, and what its files say."""

from arena.board.observations import observe
from arena.board.rows import ALWAYS, BY_KEY, COLUMNS, Column, columns_of, figures, rank_set, rows_of, sorted_rows
from arena.board.standings import StandingsView
from arena.db.session import Database


def test_rows_follow_the_ranking_and_those_without_a_vote_come_last(view: StandingsView):
    slugs = [row.facts.slug for row in rows_of(view, None)]
    assert slugs[:-1] == [standing.contender for standing in view.ranking.standings]
    assert slugs[-1] == "nobody"
    assert "hidden" not in slugs


def test_a_board_has_what_was_observed_beside_its_ratings(view: StandingsView, filled: Database):
    with_figures, without = (rows_of(view, seen)[0] for seen in (observe(filled), None))
    assert with_figures.activity.battles > 0
    assert without.activity.battles == 0
    assert without.controlled is None


def test_rows_without_a_value_come_last_whichever_way_they_are_sorted(view: StandingsView):
    rows = rows_of(view, None)
    for falling in (True, False):
        by_rating = sorted_rows(rows, BY_KEY["rating"], falling=falling)
        assert by_rating[-1].facts.slug == "nobody"
        ratings = [row.standing.rating for row in by_rating if row.standing]
        assert ratings == sorted(ratings, reverse=falling)


def test_words_are_sorted_by_their_letters_and_not_by_their_case(view: StandingsView):
    labels = Column("label", lambda row: row.facts.slug.swapcase() if row.facts.slug == "gpt" else row.facts.slug, str)
    rated = [row for row in sorted_rows(rows_of(view, None), labels, falling=False) if row.standing]
    assert [row.facts.slug for row in rated] == sorted(row.facts.slug for row in rated)


def test_a_contender_without_a_vote_has_no_rank(view: StandingsView):
    first, *_, last = rows_of(view, None)
    assert rank_set(first).startswith("1")
    assert rank_set(last) == "–"


def test_the_chosen_columns_come_in_the_tables_order_beside_those_that_are_always_there():
    chosen = [column.key for column in columns_of(["votes", "rating"])]
    assert chosen == [*ALWAYS, "rating", "votes"]


def test_a_file_has_every_column_and_both_ends_of_each_range(view: StandingsView):
    row = rows_of(view, None)[0]
    told = figures(row)
    assert row.standing
    assert (told["slug"], told["board"]) == (row.facts.slug, 1)
    assert (told["lower"], told["upper"]) == (row.standing.lower, row.standing.upper)
    assert {column.key for column in COLUMNS} - told.keys() == {"rank", "interval", "wh_per_1k"}
