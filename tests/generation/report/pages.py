"""Run folders made for a report, and the page that comes of one."""

import json
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from generation.report import ReportLanguage, write_report

Row = dict[str, Any]


def row(instruction: str = "Sort the list.", output: str = "1 2 3", **more: Any) -> Row:
    return {"instruction": instruction, "input": "", "output": output, **more}


def write_run(folder: Path, kept: list[Row], rejected: list[Row] | None = None, **files: Any) -> Path:
    folder.mkdir(exist_ok=True)
    lists = {"examples": kept} | ({"rejected": rejected} if rejected is not None else {})
    for name, rows in lists.items():
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(one) + "\n" for one in rows), encoding="utf-8")
    for name, value in files.items():
        (folder / f"{name}.json").write_text(json.dumps(value), encoding="utf-8")
    return folder


def page_of(folder: Path, language: ReportLanguage = "en") -> str:
    write_report(folder, folder / "report.html", language=language)
    return (folder / "report.html").read_text(encoding="utf-8")


class Outline(HTMLParser):
    """The tags of a page, checked to be closed in order."""

    VOID = frozenset({"meta", "br"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: Counter[str] = Counter()
        self.addresses: list[str] = []
        self.feed(page)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.addresses += [value or "" for name, value in attrs if name in {"src", "href", "action", "srcset"}]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
