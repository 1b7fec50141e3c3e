"""The table as a file."""

import csv
import io
import json

import httpx
import pyarrow.parquet as pq

from arena.board.rows import COLUMNS, RANGES


def test_the_table_comes_as_csv_jsonl_and_parquet(board: httpx.Client):
    lines = [json.loads(line) for line in board.get("/api/leaderboard.jsonl").text.splitlines()]
    table = pq.read_table(io.BytesIO(board.get("/api/leaderboard.parquet").content)).to_pylist()
    assert [row["slug"] for row in lines] == [row["slug"] for row in table]
    assert {"lower", "rank_lower", "wh_per_1k_low", *(column.key for column in COLUMNS)} - {*RANGES} <= set(table[0])
    cells = {row["slug"]: row for row in csv.DictReader(io.StringIO(board.get("/api/leaderboard.csv").text))}
    assert cells["gpt"]["contender"] == "'=GPT"  # a spreadsheet would run it
    assert lines[0]["contender"] != cells["gpt"]["contender"]
    assert float(cells["gpt"]["rating"]) == next(row["rating"] for row in lines if row["slug"] == "gpt")
