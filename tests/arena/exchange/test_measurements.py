from typing import Any

from arena.db.tables import BenchmarkResult
from arena.exchange.measurements import figure_values, is_partial, measurements


def result(contender: str, value: float, **others: Any) -> BenchmarkResult:
    words = {"task": "gsm8k", "metric": "exact_match", "filter": "none", "setting": "5-shot", "higher_is_better": True}
    return BenchmarkResult(contender=contender, value=value, **words | others)


def test_figures_of_one_measurement_stand_side_by_side():
    rows = [result("one", 0.5), result("two", 0.25), result("one", 12.5, task="wikitext", higher_is_better=False)]
    first, second = measurements(rows)
    assert (first.task, first.how, first.lower_is_better) == ("gsm8k", "exact_match, 5-shot", False)
    assert {name: row.value for name, row in first.figures.items()} == {"one": 0.5, "two": 0.25}
    assert (second.task, second.lower_is_better, set(second.figures)) == ("wikitext", True, {"one"})


def test_another_filter_or_setting_is_another_measurement():
    rows = [result("one", 0.5), result("one", 0.4, filter="strict"), result("one", 0.3, setting="0-shot")]
    assert [line.how for line in measurements(rows)] == [
        "exact_match, 5-shot",
        "exact_match, strict, 5-shot",
        "exact_match, 0-shot",
    ]


def test_a_figure_of_some_samples_says_so_and_one_of_unknown_samples_does_not():
    assert is_partial(result("one", 0.5, scored=100, samples=1319))
    assert not is_partial(result("one", 0.5, scored=1319, samples=1319))
    assert not is_partial(result("one", 0.5, scored=100))
    assert figure_values(result("one", 0.5, scored=1, samples=2, measured_on="2026-11-01"))["partial"]
