"""Audit: people label a random sample of a run's examples, which estimates the share of faulty ones.

The three questions are those of Self-Instruct (Wang et al. 2023, table 2). An audit lives in `RUN/audit/`:

    sample.jsonl           the rows, drawn once, so that everybody labels the same ones
    labels-<name>.jsonl    one line for each click, only appended to; the last label of a field counts
"""

import json
import os
import random
import re
from dataclasses import dataclass
from pathlib import Path
from statistics import NormalDist
from typing import Any, Literal, get_args

from generation.dataset import Example, read_jsonl, write_jsonl
from generation.errors import BadInput, GenerationError

Field = Literal["task", "input", "output"]
FIELDS: tuple[Field, ...] = get_args(Field)
Labels = dict[Field, bool]


@dataclass(frozen=True, slots=True)
class AuditRow:
    """An example of the sample. `number` is its row in `examples.jsonl`, counted from 1."""

    number: int
    example: Example


@dataclass(frozen=True, slots=True)
class FaultShare:
    """`bad` of `of` rows, as a share with a 95 % interval."""

    bad: int
    of: int

    @property
    def interval(self) -> tuple[float, float]:
        """The Wilson score interval (Wilson 1927), which holds for small samples and shares near 0 and 1."""
        if not self.of:
            return 0.0, 1.0
        z = NormalDist().inv_cdf(0.975)
        share, spread = self.bad / self.of, z * z / self.of
        centre = (share + spread / 2) / (1 + spread)
        half = z / (1 + spread) * (share * (1 - share) / self.of + spread / (4 * self.of)) ** 0.5
        return max(0.0, centre - half), min(1.0, centre + half)

    def __str__(self) -> str:
        if not self.of:
            return "no labels yet"
        low, high = self.interval
        return f"{round(100 * self.bad / self.of, 1):g} % [{100 * low:.1f}, {100 * high:.1f}]"


@dataclass(frozen=True, slots=True)
class Agreement:
    """How often two people gave the same label. `kappa` is Cohen's (1960), None where both used one label only."""

    same: int
    of: int
    kappa: float | None


class Audit:
    """The audit of one run.

    Attributes:
        rows: the sample, in the order of the data set.
    """

    def __init__(self, folder: Path, rows: tuple[AuditRow, ...]) -> None:
        self.folder = folder
        self.rows = rows

    @classmethod
    def begin(cls, run: Path, *, sample: int = 200, seed: int = 42) -> "Audit":
        """Return the audit of `run`. One that has begun keeps its rows; a new one draws `sample` rows.

        Raises:
            BadInput: the run has no examples, or a file is faulty.
        """
        if begun := cls.of(run):
            return begun
        rows = read_jsonl(run / "examples.jsonl", texts=_TEXTS)
        if not rows:
            raise BadInput(f"{run / 'examples.jsonl'} holds no example to label.")
        # A sample needs no cryptographic randomness.
        places = sorted(random.Random(seed).sample(range(len(rows)), min(sample, len(rows))))  # noqa: S311
        (run / "audit").mkdir(exist_ok=True)
        write_jsonl(
            run / "audit" / "sample.jsonl",
            ({"row": place + 1, **{key: rows[place][key] for key in _TEXTS}} for place in places),
        )
        drawn = cls.of(run)
        assert drawn
        return drawn

    @classmethod
    def of(cls, run: Path) -> "Audit | None":
        """Return the audit of `run`, or None where none has begun.

        Raises:
            BadInput: its sample is faulty.
        """
        folder = run / "audit"
        if not (folder / "sample.jsonl").exists():
            return None
        rows = read_jsonl(folder / "sample.jsonl", texts=_TEXTS)
        unnumbered = [at for at, row in enumerate(rows, 1) if type(row.get("row")) is not int]
        if unnumbered:
            faults = [f"line {at}: `row` is no number" for at in unnumbered]
            raise BadInput(f"{folder / 'sample.jsonl'} is faulty:", faults)
        return cls(folder, tuple(AuditRow(row["row"], Example(*(row[key] for key in _TEXTS))) for row in rows))

    @property
    def name(self) -> str:
        """The run's name."""
        return self.folder.resolve().parent.name

    @property
    def people(self) -> tuple[str, ...]:
        """Who has labelled, in alphabetical order."""
        names = (path.stem.removeprefix("labels-") for path in self.folder.glob("labels-*.jsonl"))
        return tuple(sorted(names))

    def label(self, row: int, field: Field, valid: bool, *, by: str) -> None:
        """Save a label that the person `by` gives to a field of a row. It is on the disk when this returns.

        Raises:
            BadInput: `by` cannot name a file.
            GenerationError: it could not be written, for example to a full disk.
        """
        path = self._labels_path(by)
        line = json.dumps({"row": row, "field": field, "valid": valid}).encode() + b"\n"
        try:
            torn = path.exists() and not path.read_bytes().endswith(b"\n")
            with path.open("ab") as file:
                file.write(b"\n" + line if torn else line)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise GenerationError(
                f"The label was not saved: {error.strerror}.", hint="Make room on the disk."
            ) from error

    def labels(self, *, by: str) -> dict[int, Labels]:
        """Return the labels of `by` by row number. Rows outside the sample and incomplete lines are left out."""
        path = self._labels_path(by)
        given: dict[int, Labels] = {row.number: {} for row in self.rows}
        for line in path.read_bytes().splitlines() if path.exists() else ():
            label = _label(line)
            if label and label["row"] in given:
                given[label["row"]][label["field"]] = label["valid"]
        return {number: labels for number, labels in given.items() if labels}

    def shares(self, *, by: str) -> dict[str, FaultShare]:
        """Return the faulty share by field, and in `any` field, of the rows that `by` has labelled completely."""
        complete = [labels for labels in self.labels(by=by).values() if len(labels) == len(FIELDS)]
        faulty = {"any": sum(not all(labels.values()) for labels in complete)}
        faulty |= {field: sum(not labels[field] for labels in complete) for field in FIELDS}
        return {field: FaultShare(bad, len(complete)) for field, bad in faulty.items()}

    def agreement(self, one: str, other: str) -> dict[Field, Agreement]:
        """Return how far two people agree on each field, over the rows where both labelled it."""
        left, right = self.labels(by=one), self.labels(by=other)
        both = [(left[number], right[number]) for number in left.keys() & right.keys()]
        return {
            field: _agreement([(a[field], b[field]) for a, b in both if field in a and field in b]) for field in FIELDS
        }

    def _labels_path(self, by: str) -> Path:
        if not re.fullmatch(r"\w[\w.-]{0,63}", by):
            raise BadInput(f"{by!r} cannot name a file of labels.", hint="Use letters, digits, dots and hyphens.")
        return self.folder / f"labels-{by}.jsonl"


_TEXTS = ("instruction", "input", "output")


def _label(line: bytes) -> dict[str, Any] | None:
    try:
        label = json.loads(line)
        is_label = label["field"] in FIELDS and isinstance(label["row"], int) and isinstance(label["valid"], bool)
    except (ValueError, TypeError, KeyError):
        return None
    return label if is_label else None


def _agreement(pairs: list[tuple[bool, bool]]) -> Agreement:
    same = sum(one == other for one, other in pairs)
    if not pairs:
        return Agreement(0, 0, None)
    yes_one, yes_other = (sum(labels) / len(pairs) for labels in zip(*pairs, strict=True))
    by_chance = yes_one * yes_other + (1 - yes_one) * (1 - yes_other)
    return Agreement(same, len(pairs), None if by_chance == 1 else (same / len(pairs) - by_chance) / (1 - by_chance))
