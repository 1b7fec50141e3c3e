"""The data map of docs/privacy.md has every table that leads to a person, and its checklist names tests that exist."""

import re
from pathlib import Path

import pytest
from sqlalchemy import Table

from arena.db.schema import METADATA

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/privacy.md").read_text(encoding="utf-8")
PEOPLE = {"voters", "battles", "turns", "replies", "flags"}
# Columns that name a person's rows without a foreign key, or say something about them.
BY_NAME = re.compile(r"(voter|battle|turn|reply|flag)(_id|_key|s)?|chosen|account")


def rows(heading: str) -> list[list[str]]:
    """The rows of the table below a heading."""
    lines = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0].splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    return cells[2:]


def personal(table: Table) -> bool:
    """Whether a table leads to a person: by foreign keys, however many tables lie between, or by a column's name."""
    if table.name in PEOPLE or any(BY_NAME.fullmatch(column.name) for column in table.columns):
        return True
    return any(personal(key.column.table) for key in table.foreign_keys if key.column.table is not table)


def mapped() -> set[str]:
    return {name for row in rows("Data map") for name in re.findall(r"`(\w+)`", row[0])}


@pytest.mark.parametrize("name", [table.name for table in METADATA.sorted_tables if personal(table)])
def test_every_table_that_leads_to_a_person_has_a_row(name: str):
    assert name in mapped(), f"say in docs/privacy.md what `{name}` holds, why, for how long, and what erases it"


def test_the_map_has_no_tables_that_are_not_there():
    assert mapped() <= {*METADATA.tables}


def test_no_cell_of_the_map_is_empty():
    assert not [row for row in rows("Data map") if len(row) != 5 or not all(row)]


@pytest.mark.parametrize("row", rows("Checklist"), ids=lambda row: row[0])
def test_every_line_of_the_checklist_names_a_test_that_holds_it(row: list[str]):
    assert len(row) == 3
    file, _, name = row[2].strip("`").partition("::")
    assert (ROOT / file).is_file()
    if name:
        assert re.search(rf"^(async )?def {name}\(", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE)


def test_many_tables_lead_to_people():
    found = {table.name for table in METADATA.sorted_tables if personal(table)}
    assert {"replies", "labels", "consents", "permissions", "withdrawals", "exclusions", "spending"} <= found
    assert "snapshots" not in found
