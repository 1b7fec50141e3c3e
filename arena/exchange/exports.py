"""Export of votes, in the columns of published data sets (arena.exchange.schemas), for researchers and other tools.

A battle and a voter have another random name in each file (arena.exchange.random_ids), rows come in a random order and
times in full hours, so files cannot be joined into a history of a person. Texts leave only where the voter allowed it;
the vote of another row is there, its conversation is empty.
"""

import csv
import io
import json
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
from arena.exchange.random_ids import RandomIds, ids_for
from arena.exchange.schemas import SCHEMAS, PublishedBattle, Row
from generation.dataset import replacing

EXCLUDED = pa.field("excluded", pa.string())
# A spreadsheet runs a cell that begins with one of these as a formula.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


class VoteExport:
    """Writes all votes as of one moment, in batches. Each export gives battles and voters new names.

    Args:
        database: where the votes are.
        schema: the columns, one of `SCHEMAS`.
        with_excluded: whether excluded votes are written too, with their reason.
        key: the operator's, by which names can be traced; without it nobody can.
    """

    def __init__(
        self, database: Database, *, schema: str = "33k", with_excluded: bool = False, key: bytes | None = None
    ) -> None:
        self._database = database
        self._schema_name = schema
        self._with_excluded = with_excluded
        self._schema = SCHEMAS[schema]
        self._columns = self._schema.columns.append(EXCLUDED) if with_excluded else self._schema.columns
        self._what, self._key = f"votes in the schema {schema}", key

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
        ids = ids_for(self._database, self._what, key=self._key)
        with self._database.reading() as session:
            numbers = ids.shuffled(queries.publishable_numbers(session, with_excluded=self._with_excluded))
            for battles, permitted in queries.battles_to_publish(session, numbers):
                yield [self._row(battle, ids, with_texts=battle.id in permitted) for battle in battles]

    def _row(self, battle: Battle, ids: RandomIds, *, with_texts: bool) -> Row:
        vote = battle.vote
        assert vote is not None
        published = PublishedBattle(battle, ids.battle(battle.id), ids.voter(vote.voter_id), with_texts=with_texts)
        row = self._schema.row(published)
        return row | {"excluded": vote.excluded} if self._with_excluded else row


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
