"""Results: the files computed from a harvest. Each is replaced at once, and all can be computed again."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import fmean, median
from typing import Any

from generation.candidates.harvest import Fate
from generation.dataset import Artefact, Example, Manifest, write_json, write_jsonl
from generation.recipe import GenerationRecipe
from generation.runs.run_folder import RunFolder
from generation.runs.runs import Run


def write_results(folder: RunFolder, run: Run) -> None:
    """Write what came out of the run so far."""
    place, fates = folder.path, run.harvest.fates
    kept = [fate for fate in fates if fate.reason is None]
    rejected = [fate for fate in fates if fate.reason is not None]
    write_jsonl(place / "examples.jsonl", map(_kept_row, kept))
    write_jsonl(place / "rejected.jsonl", ({**_kept_row(f), "reason": f.reason, "detail": f.detail} for f in rejected))
    write_json(place / "alpaca.json", [asdict(fate.example) for fate in kept])
    reasons = dict(Counter(str(fate.reason) for fate in rejected).most_common())
    write_json(place / "manifest.json", asdict(_manifest(place / "alpaca.json", run.recipe, len(kept), reasons)))
    write_json(place / "summary.json", summary(run, kept=[f.example for f in kept], rejected=reasons))


def _kept_row(fate: Fate) -> dict[str, Any]:
    return {
        **asdict(fate.example),
        "request": fate.request,
        "position": fate.position,
        "nearest": fate.nearest,
        "score": fate.score,
    }


def _manifest(data: Path, recipe: GenerationRecipe, rows: int, rejected: dict[str, int]) -> Manifest:
    teacher = recipe.teacher
    return Manifest.of(
        data,
        rows=rows,
        generator={"model": teacher.model, "method": recipe.method, **asdict(recipe.sampling)},
        prompt_version=", ".join(recipe.prompt_names) or None,
        rejected=rejected,
        artefacts=(
            Artefact("source", recipe.source_licence),
            Artefact(f"answers of {teacher.model}", recipe.answers.licence, recipe.answers.terms),
        ),
    )


def summary(run: Run, *, kept: Sequence[Example], rejected: dict[str, int]) -> dict[str, Any]:
    """Return the figures of a run. Costs are US dollars, None without a price; lengths are words."""
    journal, budget, harvest = run.asking.journal, run.asking.budget, run.harvest
    assert run.ended
    cost = budget.cost if budget.price else None
    return {
        "recipe": {"method": run.recipe.method, "model": run.recipe.teacher.model, "identity": journal.identity},
        "stopped": {"reason": run.ended.reason, "sentence": str(run.ended)},
        "candidates": len(harvest.fates),
        "kept": len(kept),
        "rejected": rejected,
        "requests": {
            "answered": len(journal.answers),
            "tries": journal.asked.total(),
            "failures": dict(journal.failures.most_common()),
            "in_flight_at_a_kill": journal.lost,
        },
        "steps": {step: asdict(spent) for step, spent in budget.steps.items()},
        "cost_usd": cost,
        "cost_usd_per_1000_kept": 1000 * cost / len(kept) if cost is not None and kept else None,
        "hours": journal.seconds / 3600,
        "lengths": {name: _lengths([getattr(e, name) for e in kept]) for name in ("instruction", "input", "output")},
        # Kept and parsed, a request; last, because there are thousands.
        "yields": [[one.kept, one.parsed] for one in harvest.yields],
    }


def _lengths(texts: Sequence[str]) -> dict[str, float]:
    """Return how many texts are not empty, and their words."""
    words = [len(text.split()) for text in texts if text]
    return (
        {"texts": len(words), "mean": fmean(words), "median": median(words), "most": max(words)}
        if words
        else {"texts": 0}
    )
