import gzip
import json
from pathlib import Path

import pandas as pd
import pytest

from leaderboard import read_votes
from leaderboard.errors import BadVotes
from leaderboard.votes import Votes

FRAME = pd.DataFrame(
    {
        "model_a": ["NA", "007", "null", "Ünï"],
        "model_b": ["007", "null", "NA", "007"],
        "winner": ["model_a", "tie", "tie (bothbad)", "both_bad"],
        "voter": ["v1", "v2", "v1", "v3"],
        "length_a": [10, 20, 30, 40],
    }
)
JSONL = "\n".join(json.dumps(row, ensure_ascii=False) for row in FRAME.to_dict("records"))


def written(folder: Path, name: str) -> Path:
    path = folder / name
    match name:
        case "votes.csv" | "votes.csv.gz":
            FRAME.to_csv(path, index=False)
        case "votes.jsonl":
            path.write_text(JSONL + "\n\n", encoding="utf-8")
        case "votes.jsonl.gz":
            path.write_bytes(gzip.compress(JSONL.encode()))
        case "votes.parquet":
            FRAME.to_parquet(path)
    return path


@pytest.mark.parametrize("name", ["votes.csv", "votes.csv.gz", "votes.jsonl", "votes.jsonl.gz", "votes.parquet"])
def test_every_kind_of_file_gives_the_same_votes_and_names_stay_as_written(tmp_path: Path, name: str):
    votes = read_votes(written(tmp_path, name), keep=["voter", "length_a"])
    assert votes.contenders == ("007", "NA", "null", "Ünï")
    assert votes.left.tolist() == [1, 0, 2, 3]
    assert votes.right.tolist() == [0, 2, 1, 0]
    assert votes.verdict.tolist() == [0, 2, 3, 3]
    assert votes.extra["voter"].tolist() == ["v1", "v2", "v1", "v3"]
    assert votes.extra["length_a"].tolist() == [10, 20, 30, 40]


def test_only_the_columns_asked_for_are_kept(tmp_path: Path):
    assert list(read_votes(written(tmp_path, "votes.csv"), keep=["voter", "absent"]).extra) == ["voter"]


def test_a_spreadsheet_s_byte_order_mark_is_not_part_of_a_column_name(tmp_path: Path):
    path = tmp_path / "votes.csv"
    FRAME.to_csv(path, index=False, encoding="utf-8-sig")
    assert len(read_votes(path)) == 4


def test_all_wrong_rows_are_named_at_once():
    frame = pd.DataFrame(
        {
            "model_a": ["x", "x", None, "x", " ", "y"],
            "model_b": ["y", "x", "y", "y", "y", "x"],
            "winner": ["model_a", "tie", "tie", "y", "draw", None],
        }
    )
    with pytest.raises(BadVotes) as refusal:
        Votes.from_frame(frame)
    assert refusal.value.faults == (
        "row 2: `x` meets itself",
        "row 3: a contender has no name",
        "row 4: winner is `y`",
        "row 5: a contender has no name, winner is `draw`",
        "row 6: winner is missing",
    )


def test_a_thousand_wrong_rows_are_shown_as_twenty_and_a_number():
    frame = pd.DataFrame({"model_a": ["x"] * 1000, "model_b": ["y"] * 1000, "winner": ["?"] * 1000})
    with pytest.raises(BadVotes) as refusal:
        Votes.from_frame(frame)
    assert refusal.value.faults[19:] == ("row 20: winner is `?`", "and 980 more")


def test_all_missing_columns_are_named_at_once():
    with pytest.raises(BadVotes) as refusal:
        Votes.from_frame(pd.DataFrame({"model_a": ["x"], "judge": ["v"]}))
    assert refusal.value.faults == ("column `model_b` is missing", "column `winner` is missing")


def test_lines_that_are_no_json_objects_are_named(tmp_path: Path):
    path = tmp_path / "votes.jsonl"
    path.write_text('{"model_a": "x", "model_b": "y", "winner": "tie"}\n{"model_a"\n\n[1]\n')
    with pytest.raises(BadVotes) as refusal:
        read_votes(path)
    assert refusal.value.faults == ("line 2: no JSON object", "line 4: no JSON object")


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("votes.xlsx", b"", "is of no known kind"),
        ("votes", b"", "is of no known kind"),
        ("votes.parquet", b"not parquet", "cannot be read"),
        ("votes.csv", b"model_a,model_b,winner\n\xff\xfe,y,tie\n", "cannot be read"),
        ("votes.csv", b"", "cannot be read"),
        ("votes.csv.gz", b"not gzip", "cannot be read"),
        ("votes.jsonl", b"\xff\xfe", "cannot be read"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_a_sentence(tmp_path: Path, name: str, content: bytes, sentence: str):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(BadVotes, match=sentence):
        read_votes(path)


def test_a_file_that_is_not_there_is_refused_in_a_sentence(tmp_path: Path):
    with pytest.raises(BadVotes, match="There is no file"):
        read_votes(tmp_path / "votes.csv")


def test_broken_rows_are_named_and_never_read_shifted(tmp_path: Path):
    path = tmp_path / "votes.csv"
    path.write_text('model_a,model_b,winner\nx,y,tie,z\n"x\nx",y,tie\nx,y\n')
    with pytest.raises(BadVotes) as refusal:
        read_votes(path)
    assert refusal.value.faults == ("row 1: 4 fields where 3 are due", "row 3: 2 fields where 3 are due")


@pytest.mark.parametrize("name", ["votes.csv", "votes.jsonl"])
def test_a_file_without_votes_holds_no_votes(tmp_path: Path, name: str):
    path = tmp_path / name
    path.write_text("model_a,model_b,winner\n" if name.endswith("csv") else "")
    assert len(read_votes(path)) == 0
