from collections.abc import Callable
from pathlib import Path

import pytest

from arena.db.session import Database
from arena.errors import BadConfiguration, UnknownContender
from arena.exchange.benchmark_results import BenchmarkResults
from arena.exchange.measurements import is_partial, measurements
from tests.arena.conftest import scripted
from tests.arena.exchange.test_benchmark_files import HARNESS, SOURCE, written

Enter = Callable[..., None]


@pytest.fixture
def results(database: Database, enter: Enter) -> BenchmarkResults:
    enter(scripted("alpaca-lora"), scripted("other"))
    return BenchmarkResults(database)


def test_metric_and_filter_say_what_was_measured(results: BenchmarkResults, tmp_path: Path):
    path = written(tmp_path / "results.json", HARNESS)
    report = results.take(path, source=SOURCE, contender="alpaca-lora", ran_by="us")
    assert (report.num_figures, report.contenders, report.unknown) == (3, ("alpaca-lora",), ())
    rows = {(row.task, row.filter): row for row in results.list()}
    strict = rows["gsm8k", "strict-match"]
    assert (strict.metric, strict.value, strict.error, strict.setting) == ("exact_match", 0.25, 0.01, "5-shot")
    assert (rows["gsm8k", "flexible-extract"].value, rows["gsm8k", "flexible-extract"].error) == (0.5, None)
    assert is_partial(strict)
    assert not is_partial(rows["wikitext", "none"])
    assert not rows["wikitext", "none"].higher_is_better
    assert len(measurements(results.list())) == 3


def test_the_open_llm_leaderboard_is_read(results: BenchmarkResults, tmp_path: Path):
    row = {
        "id": "x",
        "model": {"name": "The other", "sha": "abc", "precision": "bfloat16"},
        "evaluations": {"ifeval": {"name": "IFEval", "value": 0.6, "normalized_score": 60.0}, "average": None},
        "metadata": {"submission_date": "2025-01-01"},
    }
    report = results.take(written(tmp_path / "formatted.json", [row]), source=SOURCE)
    (stored,) = results.list()
    assert (stored.contender, stored.task, stored.value, stored.setting) == ("other", "IFEval", 0.6, "bfloat16")
    assert report.unknown == ()


def test_every_cell_of_a_community_table_has_its_source(results: BenchmarkResults, tmp_path: Path):
    head = "model,benchmark,setting,value,source_url,submitted_by\n"
    report = results.take(written(tmp_path / "good.csv", f"{head}other,MMLU,5-shot,61.2,{SOURCE},ann\n"))
    assert report.contenders == ("other",)
    bad = f"{head}other,MMLU,5-shot,high,{SOURCE},ann\n,MMLU,,1,javascript:alert(1),\nother,ARC,,nan,,\n"
    with pytest.raises(BadConfiguration) as refusal:
        results.take(written(tmp_path / "bad.csv", bad))
    assert [fault.split(":")[0] for fault in refusal.value.faults] == ["row 1", "row 2", "row 2", "row 3", "row 3"]
    assert len(results.list()) == 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "cannot be read"),
        ({"results": {}}, "holds no results"),
        ([1, 2], "holds no results"),
        ("model,value\n", "cannot be read"),
    ],
)
def test_a_file_that_is_none_is_a_sentence(results: BenchmarkResults, tmp_path: Path, content: object, words: str):
    with pytest.raises(BadConfiguration, match=words):
        results.take(written(tmp_path / "x.json", content), source=SOURCE)


def test_figures_need_a_source_and_a_file_is_taken_once(results: BenchmarkResults, tmp_path: Path):
    path = written(tmp_path / "results.json", HARNESS)
    with pytest.raises(BadConfiguration, match="does not say where"):
        results.take(path)
    with pytest.raises(BadConfiguration, match="is no address"):
        results.take(path, source="ftp://example.org")
    with pytest.raises(UnknownContender):
        results.take(path, source=SOURCE, contender="nobody")
    assert results.take(path, source=SOURCE, dry_run=True).unknown == ("lab/alpaca-lora",)
    assert results.list() == []
    results.take(path, source=SOURCE)
    with pytest.raises(BadConfiguration, match="already"):
        results.take(path, source=SOURCE)


def test_a_newer_file_stands_in_for_an_older_one(results: BenchmarkResults, tmp_path: Path):
    for value in (60, 70):
        table = f"model,benchmark,value,source_url\nother,MMLU,{value},{SOURCE}\n"
        results.take(written(tmp_path / "t.csv", table))
    assert [row.value for row in results.list()] == [70]
