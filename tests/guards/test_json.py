"""JSON knows no not-a-number and no infinity: a figure that is none has to be an error here, not in who reads it."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
# Hashed or compared, and read by nobody.
NEVER_READ = {"arena/contenders/opened.py", "arena/contenders/versions.py"}


def writers(tree: ast.Module) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"json.dump", "json.dumps"}:
            yield node


def test_whatever_the_arena_writes_as_json_refuses_what_json_does_not_know():
    calls = [
        (f"{place}:{call.lineno}", {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords})
        for package in ("arena", "leaderboard")
        for path in sorted((ROOT / package).rglob("*.py"))
        if (place := path.relative_to(ROOT).as_posix()) not in NEVER_READ
        for call in writers(ast.parse(path.read_text()))
    ]
    assert calls
    assert [place for place, keywords in calls if keywords.get("allow_nan") != "False"] == []
