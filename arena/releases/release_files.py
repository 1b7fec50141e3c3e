"""The files of a release, and how they are written: the whole folder appears at once, or not at all."""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from arena.errors import BadConfiguration

MANIFEST, BOARD, CARD, CHANGES = "release.json", "board.json", "README.md", "CHANGES.md"
SAMPLE, APPROVAL = "sample.json", "approval.json"
KINDS = ("jsonl", "parquet")
TEXT = pa.string()
COLUMNS = {
    "votes": pa.schema(
        [
            *((name, TEXT) for name in ("id", "voter", "day", "model_a", "model_b", "winner", "category", "language")),
            ("turns", pa.int64()),
            ("text", pa.bool_()),
        ]
    ),
    "texts": pa.schema(
        [("id", TEXT), ("turns", pa.list_(pa.struct([("prompt", TEXT), ("reply_a", TEXT), ("reply_b", TEXT)])))]
    ),
}
ROWS = 500  # kept in memory before they are written

Row = Mapping[str, Any]


class RowWriter:
    """Writes the rows of a table to a JSONL or Parquet file. Used in a `with`."""

    def __init__(self, path: Path, columns: pa.Schema) -> None:
        self._columns = columns
        self._rows: list[Row] = []
        self._ending = ExitStack()
        self._lines = self._ending.enter_context(path.open("w", encoding="utf-8")) if path.suffix == ".jsonl" else None
        self._table = None if self._lines else self._ending.enter_context(pq.ParquetWriter(path, columns))

    def add(self, row: Row) -> None:
        """Write a row."""
        if self._lines:
            self._lines.write(json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n")
            return
        self._rows.append(row)
        if len(self._rows) >= ROWS:
            self._flush()

    def _flush(self) -> None:
        if self._table:
            self._table.write_table(pa.Table.from_pylist(self._rows, schema=self._columns))
            self._rows = []

    def __enter__(self) -> "RowWriter":
        return self

    def __exit__(self, *_: object) -> None:
        self._flush()
        self._ending.close()


def rows_of(folder: Path, table: str) -> Iterator[dict[str, Any]]:
    """Yield the rows of a table of a release, whichever kind of file it is.

    Raises:
        BadConfiguration: there is no such file, or it cannot be read.
    """
    path = file_of(folder, table)
    try:
        if path.suffix == ".parquet":
            for batch in pq.ParquetFile(path).iter_batches():
                yield from batch.to_pylist()
            return
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                yield json.loads(line)
    except (OSError, ValueError, pa.ArrowException) as error:
        raise BadConfiguration(f"`{path}` cannot be read: {error}") from error


def file_of(folder: Path, table: str) -> Path:
    """Return the file of a table.

    Raises:
        BadConfiguration: there is none.
    """
    for kind in KINDS:
        if (path := folder / f"{table}.{kind}").is_file():
            return path
    raise BadConfiguration(f"`{folder}` has no file of {table}: it is no release.")


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return what a release says of itself.

    Raises:
        BadConfiguration: the folder is no release.
    """
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        manifest["name"], manifest["files"], manifest["board"]["method"]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise BadConfiguration(
            f"`{folder}` is no release: {MANIFEST} cannot be read ({type(error).__name__}).",
            hint="Give the folder that `arena release make` wrote.",
        ) from error
    return dict(manifest)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_json(path: Path, value: object) -> None:
    """Write JSON for people and programs."""
    path.write_text(json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False) + "\n", encoding="utf-8")


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """Yield a new folder beside `folder`, to be renamed to it when all is well; otherwise it is deleted.

    Raises:
        BadConfiguration: `folder` is there already.
    """
    if folder.exists():
        raise BadConfiguration(f"`{folder}` is there already.", hint="A release is never changed; take another name.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    new = folder.with_name(f".{folder.name}.{os.getpid()}.new")
    new.mkdir()
    try:
        yield new
    finally:
        shutil.rmtree(new, ignore_errors=True)


def put_in_place(new: Path, folder: Path) -> None:
    """Make sure that the files of a new folder are on the disk, and rename it."""
    for path in new.iterdir():
        with path.open("rb") as file:
            os.fsync(file.fileno())
    new.rename(folder)
