"""The report: one HTML page about a run, with no script and nothing to load, that can be read anywhere and kept."""

import hashlib
import shlex
import tomllib
from collections.abc import Mapping
from itertools import combinations
from pathlib import Path
from typing import Any, Literal

from jinja2 import Environment, PackageLoader, StrictUndefined, UndefinedError

from generation.auditing.audit import Audit
from generation.candidates.diversity import measure_diversity
from generation.dataset import Row, write_bytes
from generation.errors import BadInput
from generation.report import charts, figures
from generation.report.run_files import RunFiles, read_run_files

ReportLanguage = Literal["en", "ko"]
EXAMPLES, EXAMPLES_A_REASON, CHARACTERS = 12, 4, 1200


def write_report(run: Path, to: Path, *, language: ReportLanguage = "en") -> None:
    """Write the report of the run folder `run` to the file `to`, replacing it at once.

    Raises:
        BadInput: the folder has no examples, or a file is faulty.
    """
    files = read_run_files(run)
    try:
        page = report_page(files, language=language)
    except UndefinedError as error:
        raise BadInput(
            f"{run} has a summary.json or manifest.json that no run has written: {error}.",
            hint="Move it away; the report is made from what is there.",
        ) from error
    write_bytes(to, page.encode())


def report_page(run: RunFiles, *, language: ReportLanguage = "en") -> str:
    """Return the report of a run as HTML."""
    texts = tomllib.loads(Path(__file__).with_name(f"{language}.toml").read_text(encoding="utf-8"))
    environment = Environment(
        loader=PackageLoader("generation.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"number": _number, "percent": _percent, "dollars": _dollars, "cut": _cut}
    environment.globals |= {"charts": charts}
    return environment.get_template("page.html.jinja").render(language=language, t=texts, **_contents(run))


def _contents(run: RunFiles) -> dict[str, Any]:
    """Return what the page shows, by the names that the template has for it."""
    counts = figures.word_counts([*run.rejected, *run.kept])
    name = run.path.resolve().name
    stages = figures.funnel(run.rejected, run.kept, counts)
    lengths = figures.spreads({field: of_field[len(run.rejected) :] for field, of_field in counts.items()})
    shown = [spread for stage in stages for spread in stage.before.values()] + list(lengths.values())
    return {
        "run": run,
        "name": name,
        "stages": stages,
        "candidates": len(run.kept) + len(run.rejected),
        "lengths": lengths,
        "longest": max((spread.high for spread in shown), default=1),
        "trend": figures.trend(run.summary.get("yields", ())),
        "window": figures.WINDOW,
        "similarity": figures.similarity(run.kept, run.rejected, run.filters),
        "repeated": figures.most_repeated(run.rejected),
        "diversity": measure_diversity(row["instruction"] for row in run.kept),
        "scripts": figures.scripts(run.kept),
        "accepted": figures.evenly_spaced(run.kept, EXAMPLES),
        "rejected": {stage.reason: _some_of(run.rejected, stage.reason) for stage in stages},
        "audits": _audits(run.audit) if run.audit else {},
        "agreements": _agreements(run.audit) if run.audit else [],
        "tokens_per_1000": _tokens_per_1000(run),
        "command": shlex.join(["arena", "generate", "run", f"{name}/recipe.toml", "--out", f"{name}-again"]),
        "recipe_hash": hashlib.sha256(run.recipe.encode()).hexdigest() if run.recipe else "",
    }


def _some_of(rejected: list[Row], reason: str) -> list[Row]:
    return figures.evenly_spaced([row for row in rejected if row["reason"] == reason], EXAMPLES_A_REASON)


def _tokens_per_1000(run: RunFiles) -> float | None:
    steps = run.summary.get("steps", {}).values()
    spent = sum(step["prompt_tokens"] + step["output_tokens"] for step in steps)
    return 1000 * spent / len(run.kept) if spent and run.kept else None


def _audits(audit: Audit) -> dict[str, Mapping[str, Any]]:
    return {person: audit.shares(by=person) for person in audit.people}


def _agreements(audit: Audit) -> list[dict[str, Any]]:
    return [
        {"one": one, "other": other, "field": field, "agreement": agreement}
        for one, other in combinations(audit.people, 2)
        for field, agreement in audit.agreement(one, other).items()
    ]


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) or value >= 100 else f"{value:,.1f}"


def _percent(share: float) -> str:
    return "< 0.1 %" if 0 < share < 0.0005 else f"{100 * share:.1f} %"


def _dollars(amount: float) -> str:
    return f"${amount:,.2f}" if amount >= 1 else f"${amount:.4f}"


def _cut(text: str) -> str:
    return text if len(text) <= CHARACTERS else text[:CHARACTERS] + " …"
