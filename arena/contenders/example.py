"""The example and the reference of a contenders file, made from the declarations of its keys.

`contenders.example.toml` holds tables that work. The comments beside the keys, and the further keys in comments, come
from the declarations.
"""

import re
from collections.abc import Iterator, Sequence
from importlib.resources import files

from arena.contenders.schema import BACKENDS, ContenderEntry, ServedFolder, declared_for
from generation.declared_tables import DeclaredKey, explanation, keys_of, reference
from generation.toml_tables import toml_line

COLUMN, WIDTH = 48, 120  # column of the comments, longest line
_KEY = re.compile(r"(\w+) = ")
_TABLE = re.compile(r"\[contender\.(\w+)\]")

Named = tuple[type, str]  # a key: the dataclass that declares it, and its name


def example_file() -> str:
    """Return a documented contenders file."""
    text = (files("arena.contenders") / "contenders.example.toml").read_text("utf-8")
    begin, *blocks = re.split(r"^(?=\[)", text, flags=re.MULTILINE)
    explained = {named for block in blocks for named in _keys_in(block)}
    told: set[Named] = set()
    ours = keys_of(ContenderEntry)
    parts = [begin]
    for block in blocks:
        kinds = [kind for kind in _kinds_of(block) if kind is not ServedFolder or "\nfolder = " in block]
        further = [
            (kind, key.name)
            for kind in kinds
            for key in keys_of(kind).values()
            if (kind, key.name) not in explained and not key.table and (kind is ContenderEntry or key.name not in ours)
        ]
        explained |= {*further}
        parts.append(_with_comments(block, further, told))
    return "".join(parts)


def reference_text() -> str:
    """Return the reference of a contenders file: meaning, allowed values and default of every key."""
    ours = keys_of(ContenderEntry)
    parts = ["# Every contender", reference(ContenderEntry)]
    for backend in BACKENDS:
        parts += [f'# With backend = "{backend}"', *(reference(kind, without=ours) for kind in declared_for(backend))]
    return "\n\n".join(parts) + "\n"


def _with_comments(block: str, further: Sequence[Named], told: set[Named]) -> str:
    """Return a table with a comment beside each key, except those in `told`, and with `further` keys in comments."""
    lines: list[str] = []
    last = 0  # the end of this table; comments after it belong to the next one
    for line in block.splitlines():
        named = next(_keys_in(line, kinds=_kinds_of(block)), None)
        lines.append(_beside(line, _key(named)) if named and named not in told else line)
        told |= {named} if named else set()
        last = len(lines) if line and not line.startswith("#") else last
    told |= {*further}
    lines[last:last] = [
        _beside(f"# {toml_line(name, _key((kind, name)).means.example)}", _key((kind, name))) for kind, name in further
    ]
    return "\n".join(lines) + "\n"


def _keys_in(text: str, *, kinds: Sequence[type] = ()) -> Iterator[Named]:
    """Yield the keys in a table or in a line of one."""
    for line in text.splitlines():
        if table := _TABLE.match(line):
            yield ContenderEntry, table[1]
        elif key := _KEY.match(line):
            yield next((kind, key[1]) for kind in kinds or _kinds_of(text) if key[1] in keys_of(kind))


def _kinds_of(block: str) -> Sequence[type]:
    """Return the dataclasses that declare the keys of a table."""
    if table := _TABLE.match(block):
        kind = keys_of(ContenderEntry)[table[1]].table
        return (kind,) if kind else ()
    backend = re.search(r'^backend = "(\w+)"', block, flags=re.MULTILINE)
    return (ContenderEntry, *declared_for(backend[1] if backend else ""))


def _key(named: Named) -> DeclaredKey:
    kind, name = named
    return keys_of(kind)[name]


def _beside(line: str, key: DeclaredKey) -> str:
    """Return a line with its comment beside it, or above it if the line would become too long."""
    comment = f"# {explanation(key)}"
    beside = f"{line:<{COLUMN - 2}}  {comment}"
    return beside if len(beside) <= WIDTH else f"{comment}:\n{line}"
