"""An audit as a spreadsheet: the sample with three columns to fill in, which can be read in again and again."""

import csv
import io
from collections.abc import Iterator
from dataclasses import astuple
from pathlib import Path

from generation.auditing.audit import FIELDS, Audit, Field, Labels
from generation.errors import BadInput

COLUMNS: dict[Field, str] = {"task": "valid_task", "input": "suitable_input", "output": "acceptable_output"}
_YES, _NO = ("yes", "y", "1", "true", "예"), ("no", "n", "0", "false", "아니요")
_WORDS = {**dict.fromkeys(_YES, True), **dict.fromkeys(_NO, False)}
# A spreadsheet takes a cell that begins with one of these for a formula and runs it.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_audit_csv(audit: Audit, path: Path, *, by: str) -> None:
    """Write the sample with the labels of `by`. A byte order mark tells spreadsheets that it is UTF-8.

    Raises:
        BadInput: the file exists, or cannot be written.
    """
    given = audit.labels(by=by)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["row", "instruction", "input", "output", *COLUMNS.values()])
    for row in audit.rows:
        labels = given.get(row.number, {})
        answers = [("yes" if labels[field] else "no") if field in labels else "" for field in FIELDS]
        writer.writerow([row.number, *map(_as_text, astuple(row.example)), *answers])
    try:
        with path.open("x", encoding="utf-8-sig", newline="") as file:
            file.write(text.getvalue())
    except OSError as error:
        raise BadInput(f"{path} cannot be written: {error.strerror}.") from error


def read_audit_csv(audit: Audit, path: Path) -> dict[int, Labels]:
    """Return the labels in a filled-in file, by row number; an empty cell gives none.

    Raises:
        BadInput: the file cannot be read, or has faults; lists every one.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            table = csv.DictReader(file)
            missing = {"row", *COLUMNS.values()}.difference(table.fieldnames or ())
            if missing:
                raise BadInput(f"{path} lacks the columns {', '.join(sorted(missing))}.")
            rows = [(table.line_num, row) for row in table]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadInput(f"{path} cannot be read as CSV in UTF-8: {error}") from error
    numbers = {str(row.number) for row in audit.rows}
    faults = [f"line {line}: {fault}" for line, row in rows for fault in _faults(row, numbers)]
    if faults:
        raise BadInput(f"{path} has {len(faults)} faults:", faults, hint="Fill in yes or no, or leave the cell empty.")
    return {
        int(row["row"]): {field: _WORDS[word] for field in FIELDS if (word := _word(row, field))} for _, row in rows
    }


def _faults(row: dict[str, str], numbers: set[str]) -> Iterator[str]:
    if row["row"] not in numbers:
        yield f"row {row['row']!r} is not in the sample"
    for field in FIELDS:
        word = _word(row, field)
        if word and word not in _WORDS:
            yield f"`{COLUMNS[field]}` is {word!r}"


def _word(row: dict[str, str], field: Field) -> str:
    return (row[COLUMNS[field]] or "").strip().lower()


def _as_text(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
