"""Export of votes, in the columns of published data sets (arena.exchange.schemas), for researchers and other tools.

A voter has another random name in each file, so files cannot be joined into a history of a person.
"""

import csv
import hmac
import io
import json
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import pyarrow as pa
import pyarrow.parquet as pq

from arena.audit_log.acts import Act
from arena.audit_log.log import record
from arena.db.session import Database
from arena.db.tables import Battle
from arena.exchange import queries
from arena.exchange.schemas import SCHEMAS, PublishedBattle, Row
from generation.dataset import replacing

EXCLUDED = pa.field("excluded", pa.string())
# A spreadsheet runs a cell that begins with one of these as a formula.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


class VoteExport:
    """Writes all votes as of one moment, in batches. Each export gives voters new names."""

    def __init__(self, database: Database, *, schema: str = "33k", with_excluded: bool = False) -> None:
        self._database = database
        self._schema_name = schema
        self._with_excluded = with_excluded
        self._schema = SCHEMAS[schema]
        self._columns = self._schema.columns.append(EXCLUDED) if with_excluded else self._schema.columns
        self._secret = secrets.token_bytes(32)

    def write(self, path: Path, *, kind: str) -> int:
        """Write a csv, jsonl or parquet file, complete or not at all; return the number of votes.

        Raises:
            DatabaseUnavailable: the votes cannot be read; an earlier file stays as it was.
            OSError: the file cannot be written.
        """
        with replacing(path) as file:
            return self.write_to(file, kind=kind)

    def write_to(self, file: IO[bytes], *, kind: str) -> int:
        """Write the votes as csv, jsonl or parquet, record that in the audit log, and return their number."""
        writers: dict[str, Callable[[IO[bytes]], int]] = {
            "csv": self._write_csv,
            "jsonl": self._write_jsonl,
            "parquet": self._write_parquet,
        }
        count = writers[kind](file)
        details = {"format": kind, "schema": self._schema_name, "with_excluded": self._with_excluded, "votes": count}
        with self._database.writing() as session:
            record(session, Act.VOTES_EXPORTED, details=details)
        return count

    def _write_csv(self, file: IO[bytes]) -> int:
        count = 0
        with _text(file) as lines:
            writer = csv.writer(lines, lineterminator="\n")
            writer.writerow(self._columns.names)
            for rows in self._batches():
                writer.writerows([_cell(row[name]) for name in self._columns.names] for row in rows)
                count += len(rows)
        return count

    def _write_jsonl(self, file: IO[bytes]) -> int:
        count = 0
        with _text(file) as lines:
            for rows in self._batches():
                lines.writelines(json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n" for row in rows)
                count += len(rows)
        return count

    def _write_parquet(self, file: IO[bytes]) -> int:
        count = 0
        with pq.ParquetWriter(file, self._columns) as writer:
            for rows in self._batches():
                writer.write_table(pa.Table.from_pylist(rows, schema=self._columns))
                count += len(rows)
        return count

    def _batches(self) -> Iterator[list[Row]]:
        with self._database.reading() as session:
            for battles in queries.publishable_battles(session, with_excluded=self._with_excluded):
                yield [self._row(battle) for battle in battles]

    def _row(self, battle: Battle) -> Row:
        vote = battle.vote
        assert vote is not None
        row = self._schema.row(PublishedBattle(battle, self._pseudonym(vote.voter_id)))
        return row | {"excluded": vote.excluded} if self._with_excluded else row

    def _pseudonym(self, voter_id: int) -> str:
        # The secret is never stored, so a name can be traced neither to a voter nor to another file.
        return f"arena_user_{hmac.digest(self._secret, str(voter_id).encode(), 'sha256').hex()[:16]}"


def _cell(value: object) -> object:
    return safe_cell(
        json.dumps(value, ensure_ascii=False, allow_nan=False) if isinstance(value, list | dict) else value
    )


def safe_cell(value: object) -> object:
    """Return a text that a spreadsheet shows and does not run as a formula."""
    # An apostrophe makes it a text.
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value


def _text(file: IO[bytes]) -> "_Lines":
    return _Lines(file, encoding="utf-8", newline="")


class _Lines(io.TextIOWrapper):
    """A text layer that is flushed when closed, but leaves the binary file below it open."""

    def __exit__(self, *_: object) -> None:
        self.flush()
        self.detach()
