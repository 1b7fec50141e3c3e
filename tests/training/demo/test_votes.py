"""Simulated votes: of two right replies the full sentence is chosen, and nothing else is decided."""

import json
from importlib.resources import files
from pathlib import Path

from training.demo.tasks import bare
from training.demo.votes import write_votes

PARENT = Path(str(files("arena") / "demo" / "tiny-alpaca"))


def test_the_full_sentence_is_chosen_over_the_same_answer_bare(tmp_path: Path):
    write_votes(PARENT, tmp_path / "votes.jsonl", battles=40)
    rows = [json.loads(line) for line in (tmp_path / "votes.jsonl").read_text().splitlines()]
    assert rows
    for row in rows:
        assert bare(row["chosen"]) == row["rejected"] != row["chosen"]


def test_a_seed_gives_the_same_votes_again(tmp_path: Path):
    for name in ("one", "two"):
        write_votes(PARENT, tmp_path / name, battles=5)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
