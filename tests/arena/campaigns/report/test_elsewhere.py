"""Other tools' formats: what goes out comes back, and has what their schemas ask for."""

import json
from pathlib import Path

import numpy as np
import pytest

from arena.campaigns.report.making import write_report
from arena.exchange.benchmark_files import read_benchmarks
from leaderboard import Tallies
from leaderboard.votes import read_votes
from tests.arena.campaigns.report.exported import several_raters


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = several_raters(tmp_path_factory.mktemp("several") / "export")
    write_report(path)
    return path / "report"


@pytest.mark.parametrize("name", ["llm_comparator.json", "inspect_log.json"])
def test_judgements_come_back_as_they_went_out(report: Path, name: str):
    record = Tallies.from_votes(read_votes(report / name, keep=["rater"])).counted
    assert sorted(record.wins.sum(axis=1).tolist()) == [60, 90]
    assert not np.any(record.ties)


def test_llm_comparator_gets_every_rater_and_the_side(report: Path):
    document = json.loads((report / "llm_comparator.json").read_text())
    assert [model["name"] for model in document["models"]] == ["Alpaca 7B", "davinci_003"]
    example = document["examples"][0]
    assert {
        "input_text",
        "tags",
        "output_text_a",
        "output_text_b",
        "score",
        "individual_rater_scores",
    } <= example.keys()
    assert len(example["individual_rater_scores"]) == 5
    assert {one["is_flipped"] for one in example["individual_rater_scores"]} == {True, False}


def test_every_eval_ever_is_read_as_a_benchmark(report: Path, tmp_path: Path):
    lines = (report / "every_eval_ever.jsonl").read_text().splitlines()
    assert len(lines) == 2
    figures = []
    for number, line in enumerate(lines):
        (tmp_path / f"{number}.json").write_text(line)
        (figure,) = read_benchmarks(tmp_path / f"{number}.json")
        figures.append((figure.model, figure.metric, figure.value))
    assert figures == [("Alpaca 7B", "win_rate", 0.6), ("davinci_003", "win_rate", 0.4)]
    uncertainty = json.loads(lines[1])["evaluation_results"][0]["score_details"]["uncertainty"]
    assert uncertainty["confidence_interval"]["lower"] < 0.4 < uncertainty["confidence_interval"]["upper"]
