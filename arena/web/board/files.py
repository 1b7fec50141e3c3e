"""The table as a file: CSV, JSON lines or Parquet, always with every column."""

import csv
import io
import json
from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from arena.board.rows import COLUMNS, RANGES, BoardRow, figures
from arena.exchange.exports import safe_cell

KINDS = {"csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson", "parquet": "application/vnd.apache.parquet"}
WHOLE_NUMBERS = {"board", "rank_upper", "rank_lower", "votes"}
TEXTS = {"slug", *(column.key for column in COLUMNS if column.text)}
NAMES = ("slug", "board", *(name for column in COLUMNS for name in RANGES.get(column.key, (column.key,))))


def table_file(rows: Sequence[BoardRow], *, kind: str) -> bytes:
    """Return the rows as a file of this kind, one of `KINDS`."""
    writers: dict[str, Callable[[list[dict[str, Any]]], bytes]] = {"csv": _csv, "jsonl": _jsonl, "parquet": _parquet}
    return writers[kind]([figures(row) for row in rows])


def _csv(rows: list[dict[str, Any]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(NAMES)
    writer.writerows([safe_cell(row[name]) for name in NAMES] for row in rows)
    return text.getvalue().encode()


def _jsonl(rows: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n" for row in rows).encode()


def _parquet(rows: list[dict[str, Any]]) -> bytes:
    kinds = [
        (name, pa.string() if name in TEXTS else pa.int64() if name in WHOLE_NUMBERS else pa.float64())
        for name in NAMES
    ]
    file = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows, schema=pa.schema(kinds)), file)
    return file.getvalue()
