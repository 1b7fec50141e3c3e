"""Each row of the threat model names the test that holds it, and that test is there."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "threat_model.md"
ROW = re.compile(r"\| (?P<threat>[^|]+) \| (?P<holds>[^|]+) \| `(?P<file>tests/[\w/]+\.py)::(?P<test>test_\w+)` \|")


def functions_of(path: Path) -> set[str]:
    tree = ast.parse(path.read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def missing(page: str) -> list[str]:
    """Return the rows of a page that name no test, or one that is not there."""
    rows = [line for line in page.splitlines() if line.startswith("| ") and not line.startswith("| who does")]
    return [
        row
        for row in rows
        if not (found := ROW.fullmatch(row))
        or not (ROOT / found["file"]).exists()
        or found["test"] not in functions_of(ROOT / found["file"])
    ]


def test_every_threat_is_held_by_a_test_that_exists():
    page = PAGE.read_text()
    assert len(ROW.findall(page)) > 25
    assert missing(page) == []


def test_a_row_without_its_test_is_found():
    own = Path(__file__).relative_to(ROOT).as_posix()
    there = f"| a | b | `{own}::test_a_row_without_its_test_is_found` |"
    gone = [
        f"| a | b | `{own}::test_that_was_deleted` |",
        "| a | b | `tests/nowhere.py::test_x` |",
        "| a | b | later |",
    ]
    assert missing("\n".join([there, *gone])) == gone
