"""Export folders for tests, written by counts: two contenders, in the files of `arena campaign export`."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FIRST, SECOND = "c-aaa", "c-bbb"


@dataclass(slots=True)
class FolderWriter:
    """Collects the rows of an export folder and writes them with their manifest."""

    design: dict[str, Any]
    rows: dict[str, list[dict[str, Any]]] = field(
        default_factory=lambda: {name: [] for name in ("prompts", "answers", "assignments", "judgements", "raters")}
    )

    def prompt(self, item: str, *, category: str = "writing", language: str = "English", answered: bool = True) -> None:
        self.rows["prompts"].append(
            {"item": item, "turns": [f"Ask {item} <b>"], "category": category, "language": language}
        )
        for contender in (FIRST, SECOND):
            self.rows["answers"].append(
                {
                    "item": item,
                    "contender": contender,
                    "texts": [f"{contender} says & answers {item}"] if answered else [],
                    "status": "answered" if answered else "failed",
                    "usd": 0.01,
                    "self_named": False,
                }
            )

    def rater(self, rater: str) -> None:
        self.rows["raters"].append(
            {"rater": rater, "consent_version": "1", "joined_at": "2026-11-20T10:00:00+00:00", "finished_at": None}
        )

    def place(
        self,
        rater: str,
        item: str,
        verdicts: Sequence[str],
        *,
        kind: str = "judged",
        swap: bool = False,
        expected: str = "",
    ) -> None:
        """Add a place and what was said of it: first, second, tie or both_bad; `?` before it is a second look."""
        name = f"a{len(self.rows['assignments']) + 1}"
        left, right = (SECOND, FIRST) if swap else (FIRST, SECOND)
        if kind == "attention":
            left = right = ""
        self.rows["assignments"].append(
            {
                "assignment": name,
                "rater": rater,
                "item": item,
                "left": left,
                "right": right,
                "kind": kind,
                "status": "judged" if verdicts else "handed_out",
                "expected": expected,
            }
        )
        before = None
        for verdict in verdicts:
            said = verdict.removeprefix("?")
            side = {"first": "right" if swap else "left", "second": "left" if swap else "right"}.get(said, said)
            number = len(self.rows["judgements"]) + 1
            self.rows["judgements"].append(
                {
                    "assignment": name,
                    "rater": rater,
                    "item": item,
                    "left": left,
                    "right": right,
                    "verdict": side,
                    "seconds": 20.0 + number % 7,
                    "acceptable_left": None,
                    "acceptable_right": None,
                    "tags": [],
                    "confidence": None,
                    "rationale": "",
                    "correction": "",
                    "revision_of": before,
                    "second_look": verdict.startswith("?"),
                    "at": f"2026-11-20T10:{number // 60 % 60:02d}:{number % 60:02d}+00:00",
                }
            )
            before = number

    def write(self, path: Path) -> Path:
        path.mkdir(parents=True)
        (path / "design.json").write_text(json.dumps(self.design, sort_keys=True))
        for name, rows in self.rows.items():
            (path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        files = {one.name: hashlib.sha256(one.read_bytes()).hexdigest() for one in sorted(path.iterdir())}
        manifest = {
            "format": 1,
            "design_hash": "d" * 64,
            "opened_at": "2026-11-20T09:00:00+00:00",
            "closed_at": "2026-11-21T09:00:00+00:00",
            "files": files,
        }
        (path / "manifest.json").write_text(json.dumps(manifest))
        return path


def new_folder(**changes: Any) -> FolderWriter:
    design = {
        "name": "alpaca-davinci",
        "title": "Alpaca 7B & text-davinci-003",
        "hypothesis": "Alpaca 7B wins more than half of the decisive judgements.",
        "primary_pair": [FIRST, SECOND],
        "contenders": [
            {"id": FIRST, "label": "Alpaca 7B", "licence": "CC BY-NC 4.0", "lineage": "LLaMA 7B"},
            {"id": SECOND, "label": "davinci_003", "licence": "", "lineage": ""},
        ],
        "raters_per_item": 1,
        "alpha": 0.05,
        "power": 0.8,
        "stopping": "fixed",
        "looks": 1,
        "seed": 1,
        "prompt_set": {"name": "self-instruct", "version": "1", "licence": "Apache-2.0"},
    }
    return FolderWriter(design | changes)


def published_comparison(path: Path) -> Path:
    """90 : 89 of 252 by five raters, as published; of the other 73 nothing is known, and here they are ties."""
    folder = new_folder()
    verdicts = ["first"] * 90 + ["second"] * 89 + ["tie"] * 73
    for rater in range(5):
        folder.rater(f"r-{rater}")
    for number, verdict in enumerate(verdicts):
        folder.prompt(f"p{number:03d}", category=("writing", "code", "maths")[number % 3])
        folder.place(f"r-{number % 5}", f"p{number:03d}", [verdict], swap=number % 2 == 1)
    return folder.write(path)


def several_raters(path: Path, *, prompts: int = 30, raters: int = 5, **changes: Any) -> Path:
    """Every prompt by every rater; the first is preferred on two of three prompts by all but one rater."""
    folder = new_folder(raters_per_item=raters, **changes)
    for rater in range(raters):
        folder.rater(f"r-{rater}")
    for number in range(prompts):
        folder.prompt(f"p{number:03d}", language=("English", "Korean")[number % 2])
        for rater in range(raters):
            liked = "first" if (number % 3 > 0) != (rater == number % raters) else "second"
            folder.place(f"r-{rater}", f"p{number:03d}", [liked], swap=(number + rater) % 2 == 1)
    return folder.write(path)


def lines_of(path: Path) -> Iterable[dict[str, Any]]:
    return (json.loads(line) for line in path.read_text().splitlines())
