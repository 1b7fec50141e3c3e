import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from sqlalchemy import delete, text, update

from arena.db.consent_tables import Permission
from arena.db.session import Database
from arena.exchange.exports import VoteExport
from arena.exchange.schemas import SCHEMAS
from arena.votes.exclusions import VoteExclusions
from leaderboard import Verdict
from tests.arena.recorded_votes import MORNING, Ballot, record

Enter = Callable[..., None]
KINDS = ("csv", "jsonl", "parquet")


def exported(database: Database, path: Path, *, with_excluded: bool = False) -> list[dict[str, Any]]:
    kind = path.suffix[1:]
    VoteExport(database, with_excluded=with_excluded).write(path, kind=kind)
    if kind == "parquet":
        return pq.read_table(path).to_pylist()
    with path.open(encoding="utf-8", newline="") as file:
        if kind == "jsonl":
            return [json.loads(line) for line in file]
        return [
            row | {name: json.loads(row[name]) for name in ("conversation_a", "conversation_b", "turn", "tstamp")}
            for row in csv.DictReader(file)
        ]


@pytest.mark.parametrize("kind", KINDS)
def test_votes_leave_in_the_columns_of_the_field(database: Database, recorded: list[int], tmp_path: Path, kind: str):
    rows = exported(database, tmp_path / f"votes.{kind}")
    assert len({int(row["question_id"]) for row in rows}) == len(recorded)
    first = rows[0]
    assert (first["model_a"], first["model_b"], first["winner"], first["turn"]) == ("one", "two", "model_a", 2)
    assert first["conversation_b"] == [
        {"role": "user", "content": "=1+1"},
        {"role": "assistant", "content": "two answers =1+1"},
        {"role": "user", "content": 'Say "ü",\nplease'},
        {"role": "assistant", "content": 'two answers Say "ü",\nplease'},
    ]
    assert {row["tstamp"] for row in rows} == {MORNING.replace(minute=0).timestamp()}
    assert [row["winner"] for row in rows[2:5]] == ["tie", "tie (bothbad)", "model_b"]
    assert rows[3]["model_a"] == "007"


def test_a_voter_has_one_name_in_a_file_and_another_in_the_next(
    database: Database, recorded: list[int], tmp_path: Path
):
    judges = [row["judge"] for row in exported(database, tmp_path / "first.jsonl")]
    assert judges[0] == judges[2] == judges[6] != judges[1]
    assert len(set(judges)) == 3
    assert not set(judges) & {row["judge"] for row in exported(database, tmp_path / "second.jsonl")}


@pytest.mark.parametrize("schema", SCHEMAS)
def test_two_exports_share_no_id_of_a_battle_or_a_voter(
    database: Database, recorded: list[int], tmp_path: Path, schema: str
):
    texts = []
    for name in ("first.jsonl", "second.jsonl"):
        VoteExport(database, schema=schema).write(tmp_path / name, kind="jsonl")
        texts.append([json.loads(line) for line in (tmp_path / name).read_text().splitlines()])
    ours = ("id", "question_id", "evaluation_session_id", "conversation_pair_id", "visitor_id")
    ours += ("judge", "judge_hash", "x_voter")
    for name in {*ours} & texts[0][0].keys():
        first, second = ({row[name] for row in rows} for rows in texts)
        assert not first & second, name
        assert not {str(value) for value in first} & {str(id_) for id_ in recorded}
    if schema == "fastchat":
        first, second = ({state["conv_id"] for row in rows for state in row["states"]} for rows in texts)
        assert not first & second


@pytest.mark.parametrize("schema", SCHEMAS)
def test_texts_leave_only_where_their_voter_allows_it(
    database: Database, recorded: list[int], tmp_path: Path, schema: str
):
    with database.writing() as session:
        session.execute(update(Permission).where(Permission.battle_id == recorded[0]).values(text=False))
    VoteExport(database, schema=schema).write(tmp_path / "votes.jsonl", kind="jsonl")
    written = (tmp_path / "votes.jsonl").read_text()
    assert len(written.splitlines()) == len(recorded)
    assert "=1+1" not in written
    assert "answers Hello?" in written


def test_a_battle_that_began_before_voters_were_asked_leaves_without_its_texts(
    database: Database, recorded: list[int], tmp_path: Path
):
    with database.writing() as session:
        session.execute(delete(Permission))
    rows = exported(database, tmp_path / "votes.jsonl")
    assert [row["conversation_a"] for row in rows] == [[]] * len(recorded)


def test_a_vote_whose_use_is_not_allowed_never_leaves(database: Database, recorded: list[int], tmp_path: Path):
    with database.writing() as session:
        session.execute(update(Permission).where(Permission.battle_id == recorded[0]).values(vote=False))
    assert len(exported(database, tmp_path / "votes.jsonl", with_excluded=True)) == len(recorded) - 1


@pytest.mark.parametrize("kind", KINDS)
def test_excluded_votes_stay_at_home_unless_asked_for(
    database: Database, recorded: list[int], tmp_path: Path, kind: str
):
    VoteExclusions(database).exclude(battles=recorded[1:2], reason="=HYPERLINK(spam)")
    assert len(exported(database, tmp_path / f"votes.{kind}")) == 6
    rows = exported(database, tmp_path / f"all.{kind}", with_excluded=True)
    reason = "'=HYPERLINK(spam)" if kind == "csv" else "=HYPERLINK(spam)"
    assert [row["excluded"] for row in rows] == ["", reason, *[""] * 5]


@pytest.mark.parametrize("kind", KINDS)
def test_an_exported_file_gives_the_ratings_of_the_database(
    arena: Callable[..., int], recorded: list[int], tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str
):
    path = tmp_path / f"votes.{kind}"
    assert arena("votes", "exclude", "--battle", str(recorded[0]), "--reason", "a test") == 0
    assert arena("votes", "export", "--format", kind, "--out", str(path)) == 0
    assert "6 votes written" in capsys.readouterr().err
    assert arena("leaderboard", "--json") == 0
    ours = json.loads(capsys.readouterr().out)
    assert arena("leaderboard", "--json", "--votes", str(path)) == 0
    theirs = json.loads(capsys.readouterr().out)
    assert theirs["ratings"] == [row | {"rating": pytest.approx(row["rating"])} | near(row) for row in ours["ratings"]]


def near(row: dict[str, Any]) -> dict[str, Any]:
    return {name: pytest.approx(value) for name, value in row.items() if isinstance(value, float)}


def test_an_export_sees_one_moment(database: Database, recorded: list[int]):
    batches = VoteExport(database)._batches()
    first = next(batches)
    record(database, Ballot("one", "two", Verdict.A, voter="late"))
    VoteExclusions(database).exclude(battles=recorded[-1:], reason="late")
    assert len([row for rows in (first, *batches) for row in rows]) == len(recorded)


def test_a_failed_export_leaves_the_earlier_file(database: Database, recorded: list[int], tmp_path: Path):
    path = tmp_path / "votes.csv"
    path.write_text("earlier")
    with database.engine.begin() as connection:
        connection.execute(text("ALTER TABLE replies RENAME TO gone"))
    with pytest.raises(Exception, match="replies"):
        VoteExport(database).write(path, kind="csv")
    assert path.read_text() == "earlier"
    assert [entry.name for entry in tmp_path.iterdir() if entry.name.startswith(".")] == []
