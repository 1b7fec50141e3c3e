"""TOML lines: finds the line of a key in a file, which the reader of the standard library does not tell."""

import re
from collections import Counter

_HEADER = re.compile(r"\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=(.*)""")
_LONG_TEXT = re.compile(r'"""|' + "'''")


class TomlLines:
    """The lines of one document. Keys are dotted, tables of a list counted: `contender[2].sampling`."""

    def __init__(self, text: str) -> None:
        self._lines: dict[str, int] = {}
        self._counts: Counter[str] = Counter()
        table, closing = "", ""
        for number, line in enumerate(text.splitlines(), start=1):
            rest = line
            if closing:
                closing = "" if closing in line else closing
                continue
            if header := _HEADER.match(line):
                table = self._table(header[2], repeated=header[1] == "[[")
                self._lines.setdefault(table, number)
                continue
            if key := _KEY.match(line):
                self._lines.setdefault(f"{table}.{_plain(key[1])}".lstrip("."), number)
                rest = key[2]
            if len(marks := _LONG_TEXT.findall(rest)) % 2:
                closing = marks[-1]

    def of(self, key: str) -> int | None:
        """Return the line where `key` stands, or else the nearest table around it; None where neither is written."""
        while key and key not in self._lines:
            key = key[: max(key.rfind("."), key.rfind("["), 0)]
        return self._lines.get(key)

    def _table(self, name: str, *, repeated: bool) -> str:
        """Return a table's path, with the numbers of the lists of tables that it is in."""
        path = ""
        parts = _plain(name).split(".")
        for part in parts[:-1]:
            path = self._numbered(f"{path}.{part}".lstrip("."))
        path = f"{path}.{parts[-1]}".lstrip(".")
        self._counts[path] += repeated
        return self._numbered(path)

    def _numbered(self, path: str) -> str:
        return f"{path}[{self._counts[path]}]" if self._counts[path] else path


def _plain(key: str) -> str:
    return re.sub(r"""\s*\.\s*""", ".", key).replace('"', "").replace("'", "")
