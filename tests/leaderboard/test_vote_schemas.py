"""Files as others publish them, by hand."""

import json
from pathlib import Path

import pytest

from leaderboard import Tallies, Verdict, read_votes
from leaderboard.errors import BadVotes


def counts(path: Path) -> dict[tuple[str, str, str], int]:
    tallies = Tallies.from_votes(read_votes(path))
    names = tallies.contenders
    return {
        (names[a], names[b], list(Verdict)[v].value): int(tallies.counts[a, b, v])
        for a, b, v in zip(*tallies.counts.nonzero(), strict=True)
    }


def test_the_table_of_55k(tmp_path: Path):
    path = tmp_path / "train.csv"
    path.write_text(
        "id,model_a,model_b,prompt,response_a,response_b,winner_model_a,winner_model_b,winner_tie\n"
        '1,ada,bob,"[""Hi""]","[""a""]","[""b""]",1,0,0\n2,ada,bob,x,y,z,0,1,0\n3,bob,ada,x,y,z,0,0,1\n'
    )
    assert counts(path) == {("ada", "bob", "a"): 1, ("ada", "bob", "b"): 1, ("bob", "ada", "tie"): 1}


def test_a_row_of_55k_that_names_two_winners_is_refused(tmp_path: Path):
    path = tmp_path / "train.csv"
    path.write_text("model_a,model_b,winner_model_a,winner_model_b,winner_tie\nada,bob,1,1,0\nada,bob,0,0,0\n")
    with pytest.raises(BadVotes) as refusal:
        read_votes(path)
    assert len(refusal.value.faults) == 2


def test_the_log_of_fastchat(tmp_path: Path):
    states = [{"model_name": "ada", "messages": []}, {"model_name": "bob", "messages": []}]
    lines = [
        {"tstamp": 1.0, "type": "chat", "model": "ada"},
        {"tstamp": 2.0, "type": "leftvote", "models": ["", ""], "states": states},
        {"tstamp": 3.0, "type": "bothbad_vote", "models": ["bob", "ada"], "states": states[::-1]},
    ]
    path = tmp_path / "conv.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert counts(path) == {("ada", "bob", "a"): 1, ("bob", "ada", "both_bad"): 1}


def test_the_votes_of_comparia(tmp_path: Path):
    path = tmp_path / "votes.csv"
    path.write_text(
        "timestamp,model_a_name,model_b_name,chosen_model_name,both_equal\n"
        "1,ada,bob,ada,false\n2,ada,bob,bob,False\n3,ada,bob,,true\n"
    )
    assert counts(path) == {("ada", "bob", "a"): 1, ("ada", "bob", "b"): 1, ("ada", "bob", "tie"): 1}


def test_votes_for_somebody_else_are_refused(tmp_path: Path):
    path = tmp_path / "votes.csv"
    path.write_text("model_a_name,model_b_name,chosen_model_name,both_equal\nada,bob,cyd,false\n")
    with pytest.raises(BadVotes, match="winner is missing"):
        read_votes(path)
