"""What a report counts in a run's rows."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from generation.report import figures
from generation.report.figures import Spread
from tests.generation.report.pages import Row, page_of, row, write_run


def stages_of(kept: list[Row], rejected: list[Row]) -> list[figures.RejectionCount]:
    return figures.funnel(rejected, kept, figures.word_counts([*rejected, *kept]))


def test_candidates_meet_the_filters_in_their_order_and_unknown_reasons_last(tmp_path: Path):
    reasons = ["near_duplicate", "newly_invented", "empty_output", "truncated", "near_duplicate"]
    stages = stages_of([row()] * 3, [row(reason=reason) for reason in reasons])
    assert [(stage.reason, stage.entered, stage.removed, stage.left) for stage in stages] == [
        ("truncated", 8, 1, 7),
        ("empty_output", 7, 1, 6),
        ("near_duplicate", 6, 2, 4),
        ("newly_invented", 4, 1, 3),
    ]
    assert "newly invented" in page_of(write_run(tmp_path, [row()], [row(reason="newly_invented")]))


def test_lengths_are_those_before_and_after_each_filter():
    [stage] = stages_of([row(output="one two three")] * 5, [row(output="", reason="empty_output")] * 5)
    assert stage.before["output"].median == 1.5
    assert stage.turned_away["output"] == Spread(0, 0, 0)
    assert stage.after["output"] == Spread(3, 3, 3)


def test_korean_is_counted_by_the_word_and_empty_texts_do_not_count_as_lengths():
    counts = figures.word_counts([row("짧은 글을 쓰세요."), row("")])
    assert counts["instruction"].tolist() == [3, 0]
    assert figures.spreads(counts)["instruction"] == Spread(3, 3, 3)


def test_similarity_counts_only_what_was_measured():
    kept = [row(score=0.0), row(score=0.69), row(score=None)]
    rejected = [row(score=1.0, reason="near_duplicate"), row(reason="too_short")]
    bins = figures.similarity(kept, rejected, {"profile": "alpaca"})
    assert bins
    assert (sum(bins.kept), bins.kept[0], bins.kept[34]) == (2, 1, 1)
    assert (sum(bins.rejected), bins.rejected[-1]) == (1, 1)
    assert bins.threshold == 0.7
    assert figures.similarity([row()], [], {}) is None


@pytest.mark.parametrize(
    ("filters", "threshold"),
    [({}, 0.7), ({"profile": "unicode"}, 0.7), ({"threshold": 0.6, "profile": "alpaca"}, 0.6)],
)
def test_the_threshold_shown_is_the_recipes_or_the_published_one(filters: dict[str, Any], threshold: float):
    bins = figures.similarity([row(score=0.5)], [], filters)
    assert bins
    assert bins.threshold == threshold


def test_the_course_is_a_moving_average_from_the_first_full_window():
    assert figures.trend([[1, 2]] * 49) is None
    course = figures.trend([[10, 10]] * 50 + [[0, 10]] * 50 + [[0, 0]] * 50)
    assert course
    assert (course.requests[0], course.requests[-1]) == (50, 150)
    assert (course.kept[0], course.novelty[0]) == (10, 1)
    halfway = course.requests.index(75)
    assert (course.kept[halfway], course.novelty[halfway]) == (5, 0.5)
    assert course.kept[-1] == 0
    assert len(figures.trend([[1, 1]] * 9000).requests) == figures.POINTS  # type: ignore[union-attr]


def test_scripts_are_counted_by_the_main_one_of_each_row():
    assert figures.scripts([row("글을 GPT로 써 주세요.", "네"), row(), row(), row("12", "34")]) == {
        "Latin": 2,
        "Hangul": 1,
        "none": 1,
    }


def test_what_candidates_repeated_most_is_named():
    rejected = [row(nearest=text, reason="near_duplicate") for text in ("a", "b", "b")]
    assert figures.most_repeated([*rejected, row(nearest="c", reason="too_long")]) == {"b": 2, "a": 1}


def test_examples_are_drawn_evenly():
    rows = [row(str(n)) for n in range(10)]
    assert [one["instruction"] for one in figures.evenly_spaced(rows, 4)] == ["0", "2", "5", "7"]
    assert figures.evenly_spaced(rows, 99) == rows
    assert np.isfinite(figures.spreads(figures.word_counts([]))["output"].median)
