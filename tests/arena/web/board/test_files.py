"""The table as a file."""

import csv
import io
import json
from dataclasses import replace

import httpx
import pyarrow.parquet as pq

from arena.board.rows import COLUMNS, RANGES
from arena.web.board.files import NAMES, table_file
from tests.arena.web.board.boards_in_memory import board_of, ring


def test_the_table_comes_as_csv_jsonl_and_parquet(board: httpx.Client):
    lines = [json.loads(line) for line in board.get("/api/leaderboard.jsonl").text.splitlines()]
    table = pq.read_table(io.BytesIO(board.get("/api/leaderboard.parquet").content)).to_pylist()
    assert [row["slug"] for row in lines] == [row["slug"] for row in table]
    assert {"lower", "rank_lower", "wh_per_1k_low", *(column.key for column in COLUMNS)} - {*RANGES} <= set(table[0])
    cells = {row["slug"]: row for row in csv.DictReader(io.StringIO(board.get("/api/leaderboard.csv").text))}
    assert cells["gpt"]["contender"] == "'=GPT"  # a spreadsheet would run it
    assert lines[0]["contender"] != cells["gpt"]["contender"]
    assert float(cells["gpt"]["rating"]) == next(row["rating"] for row in lines if row["slug"] == "gpt")


def test_a_file_without_rows_still_says_which_columns_there_are():
    header = table_file([], kind="csv").decode()
    table = pq.read_table(io.BytesIO(table_file([], kind="parquet")))
    assert header.rstrip("\n").split(",") == table.column_names == list(NAMES)
    assert table_file([], kind="jsonl") == b""


def test_a_column_has_one_type_whether_or_not_somebody_has_a_value():
    rated = board_of(ring("one", "two")).rows
    unrated = [replace(row, standing=None) for row in rated]
    schemas = [pq.read_table(io.BytesIO(table_file(rows, kind="parquet"))).schema for rows in (rated, unrated)]
    assert schemas[0] == schemas[1]
    assert {str(schemas[0].field(name).type) for name in ("votes", "rank_upper", "board")} == {"int64"}
    assert {str(schemas[0].field(name).type) for name in ("rating", "speed")} == {"double"}
