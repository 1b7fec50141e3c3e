"""The line of a key: in tables, in lists of tables, and never one that only looks like it inside a text."""

import pytest

from generation.toml_lines import TomlLines

TEXT = '''seed = 1
sampling.top_p = 0.5   # dotted
about = """
[fake]
lr = 3
"""
[ optimizer ]
lr = 1
"odd key" = 2

[[rule]]
match = "a"
[rule.manner]
pace = 1
[[rule]]
match = \'\'\'one [[rule]] line\'\'\'
pairs = [
  { a = 1 },
]
'''


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("seed", 1),
        ("sampling.top_p", 2),
        ("sampling.top_k", None),
        ("optimizer.lr", 8),
        ("optimizer.odd key", 9),
        ("optimizer.unknown", 7),
        ("lr", None),
        ("rule[1].match", 12),
        ("rule[1].manner.pace", 14),
        ("rule[2].match", 16),
        ("rule[2].manner.pace", 15),
        ("rule[2].pairs[1].a", 17),
        ("rule[3]", None),
    ],
)
def test_a_key_is_found_or_else_the_table_around_it(key: str, line: int | None):
    assert TomlLines(TEXT).of(key) == line
