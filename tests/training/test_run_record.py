"""The record of a run: what it was made of, for the arena to fill in a contender from."""

import hashlib
from pathlib import Path

import pytest

from generation.dataset import Artefact, Manifest
from tests.training.conftest import TINY_BASE, Runs, log_of, record_of, write_rows
from training.recipe import TrainingRecipe, load_recipe
from training.run_record import card, data_hash, data_licences


def test_the_record_says_what_was_done(trained: Path, base: Path):
    record, log = record_of(trained), log_of(trained)
    assert record["name"] == "trained"
    assert record["base"] == str(base)
    assert (record["method"], record["prompt_format"], record["end_of_reply"]) == ("full", "alpaca", "</s>")
    assert record["counts"]["steps"] == len(log) == 16
    assert record["training"]["last_loss"] == log[-1]["loss"]
    assert record["recipe"]["optimizer"]["lr"] == 3e-3
    assert record["learned_from_votes"] == ""
    assert (trained / "loss.svg").read_text().startswith("<svg")
    assert "# trained" in (trained / "README.md").read_text()


def test_a_fresh_run_names_the_base_by_its_configuration(runs: Runs):
    record = record_of(runs.here("fresh", f"base={TINY_BASE}", "fresh=true", "epochs=0.25"))
    listed = f"config.json {hashlib.sha256((TINY_BASE / 'config.json').read_bytes()).hexdigest()}\n"
    assert record["base_sha256"] == hashlib.sha256(listed.encode()).hexdigest()


@pytest.fixture
def of_two_files(tmp_path: Path) -> TrainingRecipe:
    names = [
        str(write_rows(tmp_path / name, [{"instruction": name, "output": "b"}])) for name in ("a.jsonl", "b.jsonl")
    ]
    return load_recipe("debug_tiny", changes=[f"data={names}", "data_licence=CC0-1.0"])


def test_the_hash_of_several_files_depends_on_each(of_two_files: TrainingRecipe):
    before = data_hash(of_two_files)
    with Path(of_two_files.data[1]).open("a") as file:
        file.write("\n")
    assert data_hash(of_two_files) != before


def test_the_licences_of_the_data_are_those_of_its_manifests_else_the_recipes(of_two_files: TrainingRecipe):
    assert data_licences(of_two_files) == ["CC0-1.0"]
    first = Path(of_two_files.data[0])
    Manifest.of(first, rows=1, format="alpaca", artefacts=[Artefact("seeds", "CC-BY-4.0")]).write_beside(first)
    assert data_licences(of_two_files) == ["CC-BY-4.0"]


def test_the_card_of_a_run_that_learned_from_votes_says_so(trained: Path):
    record = record_of(trained)
    assert "votes" not in card(record)
    assert "vote set `5e7`" in card({**record, "learned_from_votes": "5e7"})
