"""Reads files with results of automatic benchmarks, as their tools and boards write them.

A measurement is a task with its metric, filter and setting: the same task with another filter gives another figure.
Four formats are read: the results file of lm-evaluation-harness, the formatted JSON of the Open LLM Leaderboard, a log
of Every Eval Ever, and a community table as CSV in which every row names its source.
"""

import csv
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from arena.errors import BadConfiguration

COLUMNS = ("model", "benchmark", "value", "source_url")
FAULTS_SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchmarkFigure:
    """One figure as its file states it.

    Attributes:
        model: the model's name in the file.
        error: standard error.
        scored: how many of the benchmark's `samples` were run; None where the file does not state it.
        source: the address of the figure; empty where the file states none.
    """

    model: str
    task: str
    metric: str
    filter: str
    setting: str
    value: float
    error: float | None = None
    scored: int | None = None
    samples: int | None = None
    higher_is_better: bool = True
    source: str = ""
    ran_by: str = ""
    measured_on: str = ""


def read_benchmarks(path: Path) -> list[BenchmarkFigure]:
    """Return the figures in a file of results.

    Raises:
        BadConfiguration: the file cannot be read or has no known format; lists every fault.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        if path.suffix == ".csv":
            return _from_csv(text, path)
        content = json.loads(text)
    except (OSError, ValueError) as error:
        raise BadConfiguration(f"`{path}` cannot be read: {error}") from error
    if isinstance(content, dict) and isinstance(content.get("results"), dict):
        figures = list(_from_harness(content))
    elif isinstance(content, dict) and "schema_version" in content and "evaluation_results" in content:
        figures = list(_from_every_eval(content))
    elif isinstance(content, list) and all(isinstance(row, dict) and "evaluations" in row for row in content):
        figures = list(_from_open_llm(content))
    else:
        figures = []
    if not figures:
        raise BadConfiguration(
            f"`{path}` holds no results.",
            hint="Known are results_*.json of lm-evaluation-harness, the Open LLM Leaderboard's JSON, a log of Every "
            "Eval Ever, and a CSV with "
            f"{', '.join(COLUMNS)}.",
        )
    return figures


def is_address(text: str) -> bool:
    """Return whether a text is an http(s) address."""
    parts = urlsplit(text)
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and text.isprintable() and " " not in text


def _from_harness(content: Mapping[str, Any]) -> Iterator[BenchmarkFigure]:
    arguments = content.get("config", {}).get("model_args") or ""
    model = str(content.get("model_name") or _pretrained(arguments) or content.get("model_source") or "")
    date = content.get("date")
    day = datetime.fromtimestamp(date, UTC).date().isoformat() if isinstance(date, int | float) else ""
    for task, scores in content["results"].items():
        shots = content.get("n-shot", {}).get(task)
        samples = content.get("n-samples", {}).get(task, {})
        better = content.get("higher_is_better", {}).get(task, {})
        for key, value in scores.items() if isinstance(scores, dict) else ():
            metric, _, filter_ = key.partition(",")
            if not _is_figure(value) or metric.endswith("_stderr") or not filter_:
                continue
            error = scores.get(f"{metric}_stderr,{filter_}")
            yield BenchmarkFigure(
                model=model,
                task=task,
                metric=metric,
                filter=filter_,
                setting="" if shots is None else f"{shots}-shot",
                value=float(value),
                error=float(error) if _is_figure(error) else None,
                scored=samples.get("effective"),
                samples=samples.get("original"),
                higher_is_better=better.get(metric) is not False,
                measured_on=day,
            )


def _pretrained(arguments: object) -> str:
    """Return the model in the harness's arguments, which are a table or a text such as `pretrained=x,peft=y`."""
    if not isinstance(arguments, Mapping):
        arguments = dict(part.split("=", 1) for part in str(arguments).split(",") if "=" in part)
    return str(next((arguments[name] for name in ("peft", "delta", "pretrained", "model") if arguments.get(name)), ""))


def _from_open_llm(rows: list[Mapping[str, Any]]) -> Iterator[BenchmarkFigure]:
    for row in rows:
        model = row.get("model", {})
        for name, score in row["evaluations"].items():
            if isinstance(score, dict) and _is_figure(score.get("value")):
                yield BenchmarkFigure(
                    model=str(model.get("name") or row.get("id") or ""),
                    task=str(score.get("name") or name),
                    metric="raw score",
                    filter="none",
                    setting=str(model.get("precision") or ""),
                    value=float(score["value"]),
                    ran_by="Open LLM Leaderboard",
                    measured_on=str(row.get("metadata", {}).get("submission_date") or ""),
                )


def _from_every_eval(content: Mapping[str, Any]) -> Iterator[BenchmarkFigure]:
    model, source = content.get("model_info", {}), content.get("source_metadata", {})
    for result in content["evaluation_results"]:
        metric, score = result.get("metric_config", {}), result.get("score_details", {})
        data, uncertainty = result.get("source_data", {}), score.get("uncertainty") or {}
        error = uncertainty.get("standard_error")
        error = error.get("value") if isinstance(error, dict) else error
        addresses = data.get("url") if isinstance(data.get("url"), list) else []
        if _is_figure(score.get("score")):
            yield BenchmarkFigure(
                model=str(model.get("id") or model.get("name") or ""),
                task=str(result.get("evaluation_name", "")),
                metric=str(metric.get("metric_id") or metric.get("metric_name") or "score"),
                filter="none",
                setting="",
                value=float(score["score"]),
                error=float(error) if error is not None and _is_figure(error) else None,
                higher_is_better=metric.get("lower_is_better") is not True,
                source=next((one for one in addresses if isinstance(one, str) and is_address(one)), ""),
                ran_by=str(source.get("source_organization_name", "")),
                measured_on=str(result.get("evaluation_timestamp") or content.get("evaluation_timestamp") or "")[:10],
            )


def _from_csv(text: str, path: Path) -> list[BenchmarkFigure]:
    table = csv.DictReader(text.splitlines())
    absent = [f"column `{name}` is missing" for name in COLUMNS if name not in (table.fieldnames or ())]
    rows = [] if absent else list(table)
    faults = absent + [f"row {number}: {fault}" for number, row in enumerate(rows, 1) for fault in _faults_of(row)]
    if faults or not rows:
        more = [f"and {len(faults) - FAULTS_SHOWN} more"] if len(faults) > FAULTS_SHOWN else []
        raise BadConfiguration(f"`{path}` is no table of results:", faults[:FAULTS_SHOWN] + more or ["it has no rows"])
    return [
        BenchmarkFigure(
            model=row["model"],
            task=row["benchmark"],
            metric=row.get("metric") or "score",
            filter=row.get("filter") or "none",
            setting=row.get("setting") or "",
            value=float(row["value"]),
            source=row["source_url"],
            ran_by=row.get("submitted_by") or "",
            measured_on=row.get("date") or "",
        )
        for row in rows
    ]


def _faults_of(row: Mapping[str, str | None]) -> Iterator[str]:
    for name in ("model", "benchmark"):
        if not (row.get(name) or "").strip():
            yield f"`{name}` is empty"
    try:
        if not math.isfinite(float(row["value"] or "")):
            yield "`value` is no number"
    except ValueError:
        yield f"`value` is no number: `{(row['value'] or '')[:40]}`"
    if not is_address(row["source_url"] or ""):
        yield "`source_url` is no address; every figure needs its source"


def _is_figure(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
