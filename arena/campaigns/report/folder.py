"""An export folder: a campaign with its answers and judgements, as `arena campaign export` writes it.

`manifest.json` has the SHA-256 of every file, so that a folder that was changed is recognised. All faults of a folder
are told at once, with file and line.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from arena.errors import BadConfiguration

FORMATS = (1,)
MANIFEST, DESIGN = "manifest.json", "design.json"
PROMPTS, ANSWERS, ASSIGNMENTS = "prompts.jsonl", "answers.jsonl", "assignments.jsonl"
JUDGEMENTS, RATERS = "judgements.jsonl", "raters.jsonl"
REQUIRED = (DESIGN, PROMPTS, ANSWERS, ASSIGNMENTS, JUDGEMENTS, RATERS)
# What is known of how much of the prompts each contender's training data holds; not every campaign knows.
OVERLAP = "overlap.json"
VERDICTS = ("left", "right", "tie", "both_bad")
FAULTS_SHOWN = 20

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class ComparedContender:
    """A contender of the campaign; `id` is its name in every file."""

    id: str
    label: str
    licence: str
    lineage: str


@dataclass(frozen=True, slots=True)
class ExportedPrompt:
    """A prompt of the set."""

    item: str
    turns: tuple[str, ...]
    category: str
    language: str


@dataclass(frozen=True, slots=True)
class ExportedAnswer:
    """What a contender answered, a text a turn; none where it failed. `usd` is what all tries may have cost."""

    item: str
    contender: str
    texts: tuple[str, ...]
    status: str
    usd: float | None
    self_named: bool


@dataclass(frozen=True, slots=True)
class ExportedAssignment:
    """A place: an item that a rater was given, and which contender stood on which side.

    Attributes:
        kind: judged, repeat or attention.
        status: judged, or how far it came.
        expected: the side that an attentive rater chooses; empty where there is none.
    """

    assignment: str
    rater: str
    item: str
    left: str
    right: str
    kind: str
    status: str
    expected: str


@dataclass(frozen=True, slots=True)
class ExportedJudgement:
    """What a rater said. `row` is its number from 1; `revision_of` is that of the row that it revises, or None."""

    row: int
    assignment: str
    rater: str
    verdict: str
    seconds: float | None
    acceptable_left: bool | None
    acceptable_right: bool | None
    tags: tuple[str, ...]
    confidence: int | None
    rationale: str
    revision_of: int | None
    second_look: bool
    at: str


@dataclass(frozen=True, slots=True)
class ExportedRater:
    """Somebody who judged."""

    rater: str
    consent_version: str
    joined_at: str | None
    finished_at: str | None


@dataclass(frozen=True, slots=True)
class CampaignFolder:
    """All that an export folder holds.

    Attributes:
        sha256: of the manifest, by which the folder is known.
        design: as it was frozen; `design_hash` was printed before the first judgement.
        opened_at, closed_at: when raters were let in, and when it ended; empty where the manifest does not say.
        overlap: by contender's id, what is known of the prompts in its training data; None where nothing is known.
        early_looks: who looked at results before the end, and why.
    """

    sha256: str
    design: Mapping[str, Any]
    design_hash: str
    opened_at: str
    closed_at: str
    contenders: tuple[ComparedContender, ...]
    prompts: tuple[ExportedPrompt, ...]
    answers: tuple[ExportedAnswer, ...]
    assignments: tuple[ExportedAssignment, ...]
    judgements: tuple[ExportedJudgement, ...]
    raters: tuple[ExportedRater, ...]
    overlap: Mapping[str, Any] | None = None
    early_looks: tuple[Mapping[str, Any], ...] = ()

    def label(self, contender: str) -> str:
        """Return the label of a contender."""
        return next((one.label for one in self.contenders if one.id == contender), contender)

    @property
    def primary_pair(self) -> tuple[str, str]:
        """The pair that the hypothesis is about, by id."""
        first, second = self.design["primary_pair"]
        return str(first), str(second)


def read_folder(path: Path) -> CampaignFolder:
    """Return what a folder holds.

    Raises:
        BadConfiguration: it is no export folder, was changed after its export, or has faults; lists them.
    """
    manifest_bytes = _bytes(path / MANIFEST)
    faults: list[str] = []
    manifest = _json(manifest_bytes, MANIFEST, faults)
    if not isinstance(manifest, dict) or not isinstance(manifest.get("files"), dict):
        raise BadConfiguration(f"{path / MANIFEST} is no manifest of a campaign.", faults)
    version = manifest.get("format", manifest.get("format_version"))
    if version not in FORMATS:
        raise BadConfiguration(
            f"{path} has format {version}, and this program reads {', '.join(map(str, FORMATS))}.",
            hint="Use the release of Alpaca Arena that exported it.",
        )
    contents = _unchanged(path, manifest["files"])
    rows = {name: list(_rows(contents[name], name, faults)) for name in REQUIRED[1:]}
    design = _json(contents[DESIGN], DESIGN, faults)
    overlap = _json(contents[OVERLAP], OVERLAP, faults) if OVERLAP in contents else None
    reading = _Reading(faults)
    contenders = tuple(reading.contender(row, number) for number, row in enumerate(_listed(design, "contenders"), 1))
    found = CampaignFolder(
        sha256=hashlib.sha256(manifest_bytes).hexdigest(),
        design=design if isinstance(design, dict) else {},
        design_hash=str(manifest.get("design_hash", "")),
        opened_at=str(manifest.get("opened_at") or ""),
        closed_at=str(manifest.get("closed_at") or ""),
        contenders=contenders,
        prompts=tuple(reading.prompt(row, number) for number, row in rows[PROMPTS]),
        answers=tuple(reading.answer(row, number) for number, row in rows[ANSWERS]),
        assignments=tuple(reading.assignment(row, number) for number, row in rows[ASSIGNMENTS]),
        judgements=tuple(reading.judgement(row, number) for number, row in rows[JUDGEMENTS]),
        raters=tuple(reading.rater(row, number) for number, row in rows[RATERS]),
        overlap=overlap if isinstance(overlap, dict) else None,
        early_looks=tuple(_listed(manifest, "early_looks")),
    )
    faults += _contradictions(found) if not faults else []
    if faults:
        more = [f"and {len(faults) - FAULTS_SHOWN} more"] if len(faults) > FAULTS_SHOWN else []
        raise BadConfiguration(f"{path} cannot be read as a campaign:", [*faults[:FAULTS_SHOWN], *more])
    return found


def _bytes(path: Path) -> bytes:
    if not path.is_file():
        raise BadConfiguration(
            f"There is no file {path}.", hint="`arena campaign export NAME --out FOLDER` writes such a folder."
        )
    return path.read_bytes()


def _unchanged(path: Path, files: Mapping[str, Any]) -> dict[str, bytes]:
    """Return the bytes of every file that the manifest names, all of which must be as it says."""
    faults = [f"{name}: the manifest does not name it" for name in REQUIRED if name not in files]
    contents: dict[str, bytes] = {}
    for name, said in files.items():
        # A manifest comes from elsewhere: what it names must lie in its folder.
        if Path(name).name != name or not (path / name).is_file():
            faults.append(f"{name}: there is no such file")
            continue
        contents[name] = (path / name).read_bytes()
        expected = said.get("sha256") if isinstance(said, dict) else said
        if hashlib.sha256(contents[name]).hexdigest() != expected:
            faults.append(f"{name}: its bytes are not those that were exported")
    if faults:
        raise BadConfiguration(f"{path} is not as it was exported:", faults, hint="Get the folder again.")
    return contents


def _json(content: bytes, name: str, faults: list[str]) -> Any:
    try:
        return json.loads(content)
    except ValueError as error:
        faults.append(f"{name}: no JSON: {error}")
        return None


def _rows(content: bytes, name: str, faults: list[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(content.splitlines(), 1):
        if not line.strip():
            continue
        row = _json(line, f"{name}, line {number}", faults)
        if isinstance(row, dict):
            yield number, row
        elif row is not None:
            faults.append(f"{name}, line {number}: no JSON object")


def _listed(document: Any, key: str) -> list[dict[str, Any]]:
    rows = document.get(key) if isinstance(document, dict) else None
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


@dataclass(slots=True)
class _Reading:
    """Reads rows, and keeps the faults that it meets."""

    faults: list[str] = field(default_factory=list)

    def contender(self, row: Mapping[str, Any], number: int) -> ComparedContender:
        """Return a contender of the design."""
        place = f"{DESIGN}, contender {number}"
        identity = self._take(row, "id", str, "", place)
        named = [self._take(row, key, str, "", place, needed=False) for key in ("label", "licence", "lineage")]
        return ComparedContender(identity, named[0] or identity, named[1], named[2])

    def prompt(self, row: Mapping[str, Any], number: int) -> ExportedPrompt:
        """Return a row of the prompts."""
        place = f"{PROMPTS}, line {number}"
        return ExportedPrompt(
            self._take(row, "item", str, "", place),
            self._texts(row, "turns", place),
            self._take(row, "category", str, "", place, needed=False),
            self._take(row, "language", str, "", place, needed=False),
        )

    def answer(self, row: Mapping[str, Any], number: int) -> ExportedAnswer:
        """Return a row of the answers."""
        place = f"{ANSWERS}, line {number}"
        texts = {"texts": row.get("texts", [row["text"]] if "text" in row else None)}
        cost = row.get("usd", row.get("cost"))
        return ExportedAnswer(
            self._take(row, "item", str, "", place),
            self._take(row, "contender", str, "", place),
            self._texts(texts, "texts", place),
            self._take(row, "status", str, "", place, needed=False),
            float(cost) if isinstance(cost, int | float) else None,
            bool(row.get("self_named", False)),
        )

    def assignment(self, row: Mapping[str, Any], number: int) -> ExportedAssignment:
        """Return a row of the assignments."""
        place = f"{ASSIGNMENTS}, line {number}"
        return ExportedAssignment(
            assignment=str(row.get("assignment", "")),
            rater=self._take(row, "rater", str, "", place, needed=False),
            item=self._take(row, "item", str, "", place),
            left=self._take(row, "left", str, "", place, needed=False),
            right=self._take(row, "right", str, "", place, needed=False),
            kind=self._take(row, "kind", str, "judged", place),
            status=self._take(row, "status", str, "", place),
            expected=self._take(row, "expected", str, "", place, needed=False),
        )

    def judgement(self, row: Mapping[str, Any], number: int) -> ExportedJudgement:
        """Return a row of the judgements."""
        place = f"{JUDGEMENTS}, line {number}"
        verdict = self._take(row, "verdict", str, "", place)
        if verdict not in VERDICTS:
            self.faults.append(f"{place}: verdict is `{verdict}`, and none of {', '.join(VERDICTS)}")
        seconds, confidence, revision = row.get("seconds"), row.get("confidence"), row.get("revision_of")
        return ExportedJudgement(
            row=number,
            assignment=str(row.get("assignment", "")),
            rater=self._take(row, "rater", str, "", place),
            verdict=verdict,
            seconds=float(seconds) if isinstance(seconds, int | float) else None,
            acceptable_left=_yes_or_no(row.get("acceptable_left")),
            acceptable_right=_yes_or_no(row.get("acceptable_right")),
            tags=self._texts(row, "tags", place) if row.get("tags") else (),
            confidence=confidence if isinstance(confidence, int) else None,
            rationale=self._take(row, "rationale", str, "", place, needed=False),
            revision_of=revision if isinstance(revision, int) else None,
            second_look=bool(row.get("second_look", False)),
            at=self._take(row, "at", str, "", place, needed=False),
        )

    def rater(self, row: Mapping[str, Any], number: int) -> ExportedRater:
        """Return a row of the raters."""
        place = f"{RATERS}, line {number}"
        return ExportedRater(
            self._take(row, "rater" if "rater" in row else "id", str, "", place),
            str(row.get("consent_version") or ""),
            row.get("joined_at"),
            row.get("finished_at"),
        )

    def _take(
        self, row: Mapping[str, Any], key: str, kind: type[Value], other: Value, place: str, *, needed: bool = True
    ) -> Value:
        value = row.get(key)
        if isinstance(value, kind):
            return value
        if needed or value is not None:
            self.faults.append(f"{place}: `{key}` is {'no ' + kind.__name__ if key in row else 'missing'}")
        return other

    def _texts(self, row: Mapping[str, Any], key: str, place: str) -> tuple[str, ...]:
        values = row.get(key)
        if isinstance(values, list) and all(isinstance(value, str) for value in values):
            return tuple(values)
        self.faults.append(f"{place}: `{key}` is no list of texts")
        return ()


def _yes_or_no(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _contradictions(folder: CampaignFolder) -> list[str]:
    """Return what in a folder does not fit together."""
    ids = {one.id for one in folder.contenders}
    items = {one.item for one in folder.prompts}
    places = {one.assignment: one for one in folder.assignments}
    pair = folder.design.get("primary_pair")
    faults = []
    if not isinstance(pair, list) or len(pair) != 2 or not {*map(str, pair)} <= ids:
        faults.append(f"{DESIGN}: `primary_pair` does not name two of the contenders")
    faults += [f"{ANSWERS}: `{one.contender}` is no contender" for one in folder.answers if one.contender not in ids]
    for one in folder.assignments:
        if one.kind != "attention" and not (one.item in items and {one.left, one.right} <= ids):
            faults.append(f"{ASSIGNMENTS}: {one.assignment} names no prompt or contender of the campaign")
    for said in folder.judgements:
        place = places.get(said.assignment)
        if place is None or place.rater != said.rater:
            faults.append(f"{JUDGEMENTS}, line {said.row}: its assignment is not its rater's")
    return faults
