"""`arena generate decontaminate`: find the rows of a data set that hold what models will be judged by.

arena generate decontaminate alpaca.json --against expert.jsonl mt_bench.jsonl --drop clean.json
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from generation.candidates.decontamination import Contamination, Overlap, read_prompt_set
from generation.dataset import Example, Manifest, Row, bad_rows, read_jsonl, write_rows
from generation.formats import Misfit, as_example, detect


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("data", type=Path, metavar="FILE", help="the data set, in any format that `convert` knows")
    parser.add_argument(
        "--against", type=Path, nargs="+", required=True, metavar="FILE", help="JSONL files of evaluation prompts"
    )
    parser.add_argument("--drop", type=Path, metavar="OUT", help="write the data set without its contaminated rows")
    parser.add_argument("--skip-bad", action="store_true", help="leave faulty rows out, into FILE.rejected.jsonl")
    parser.add_argument("--json", action="store_true", help="print one JSON object a finding")


def run(args: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Print what was found, and put the result into the manifest of the data set, or of the one without it."""
    contamination = Contamination(read_prompt_set(path) for path in args.against)
    rows = read_jsonl(args.data, skip_bad=args.skip_bad)
    findings = [contamination.find(example) for example in _examples(args.data, rows)]
    for number, finding in enumerate(findings, 1):
        if finding:
            print(_line(number, finding, as_json=args.json))
    clean = [row for row, finding in zip(rows, findings, strict=True) if not (finding and finding.contaminates)]
    contaminated = len(rows) - len(clean)
    if args.drop:
        write_rows(args.drop, clean)
        report = contamination.report(findings, dropped=contaminated)
        Manifest.derived(args.data, args.drop, rows=len(clean), decontamination=report.as_row()).write_beside(args.drop)
    else:
        report = contamination.report(findings)
        Manifest.derived(args.data, args.data, rows=len(rows), decontamination=report.as_row()).write_beside(args.data)
    print(
        f"{contaminated} of {len(rows)} rows are contaminated, {sum(report.noteworthy.values())} deserve a look"
        + (f"; {len(clean)} rows are left in {args.drop}." if args.drop else ". Leave them out with --drop OUT."),
        file=sys.stderr,
    )
    return 0


def _examples(path: Path, rows: Sequence[Row]) -> list[Example]:
    source = detect(path, rows)
    examples: list[Example] = []
    faults: list[str] = []
    for number, row in enumerate(rows, 1):
        try:
            examples.append(as_example(row, source=source))
        except Misfit as misfit:
            faults.append(f"row {number}: {misfit}")
    if faults:
        raise bad_rows(path, faults, of=len(rows), hint="Correct them first.")
    return examples


def _line(number: int, finding: Overlap, *, as_json: bool) -> str:
    if as_json:
        row = {
            "row": number,
            "kind": finding.kind,
            "set": finding.prompt_set,
            "prompt": finding.prompt,
            "score": finding.score,
        }
        return json.dumps(row, ensure_ascii=False)
    how = f"near-duplicate at {finding.score:.2f}" if finding.score is not None else f"{finding.kind.replace('_', ' ')}"
    return f"row {number}: {how}, {finding.prompt_set}: {' '.join(finding.prompt.split())[:100]}"
