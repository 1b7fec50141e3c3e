"""Flags that several commands share: what they change in a recipe, and running it."""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from generation.asking.budget import Budget
from generation.candidates.forbidden import FOLDER, find_forbidden, forbidden_sets
from generation.candidates.harvest import Harvest
from generation.dataset import read_jsonl
from generation.runs.estimate import Estimator
from generation.runs.progress import ProgressView, dollars, duration
from generation.runs.run_folder import RunFolder
from generation.runs.session import run_session


def add_teacher_flags(parser: argparse.ArgumentParser) -> None:
    """Add flags about the teacher. They decide which examples come out, so a run that has begun keeps its own."""
    teacher = parser.add_argument_group("teacher")
    teacher.add_argument("--model", metavar="NAME", help="the language model, in place of the recipe's")
    teacher.add_argument(
        "--protocol", choices=("chat", "continuation"), help="continuation: for base models, which only continue a text"
    )


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add flags for the endpoint, the limits and the price."""
    endpoint = parser.add_argument_group("endpoint")
    endpoint.add_argument(
        "--url", action="append", help="base address of an OpenAI-compatible server; several share the work"
    )
    endpoint.add_argument("--api-key-env", metavar="NAME", help="environment variable that holds the key")
    endpoint.add_argument("--concurrency", type=int, metavar="N", help="requests at a time, for each server")
    limits = parser.add_argument_group("limits")
    limits.add_argument("--target", type=int, metavar="N", help="stop when so many are kept")
    limits.add_argument("--max-cost", type=float, metavar="USD", help="never spend more than this on the run")
    limits.add_argument("--max-requests", type=int, metavar="N", help="never have more requests answered than this")
    limits.add_argument("--max-hours", type=float, metavar="HOURS", help="stop after so long")
    price = parser.add_argument_group("price")
    price.add_argument("--price-in", type=float, metavar="USD", help="for a million input tokens")
    price.add_argument("--price-out", type=float, metavar="USD", help="for a million output tokens")


def changes(args: argparse.Namespace) -> dict[str, dict[str, Any]]:
    """Return what the flags change in a recipe's tables. None removes a key.

    A key is meant for one host: another `--url` drops it unless `--api-key-env` says otherwise.
    """
    limits = ("target", "max_cost", "max_requests", "max_hours")
    endpoint = {"concurrency": args.concurrency, "api_key_env": args.api_key_env, "urls": args.url}
    prices = {"input": args.price_in, "output": args.price_out}
    tables = {
        "teacher": {"model": getattr(args, "model", None), "protocol": getattr(args, "protocol", None)},
        "endpoint": endpoint,
        "stop": {name: getattr(args, name) for name in limits},
        "price": prices,
    }
    given = {table: {key: value for key, value in keys.items() if value is not None} for table, keys in tables.items()}
    if args.url:
        given["endpoint"] |= {"kind": "openai", "api_key_env": args.api_key_env}
    return {table: keys for table, keys in given.items() if keys}


def announce(folder: RunFolder) -> None:
    """Say what a run that begins will probably cost."""
    recipe = folder.recipe
    budget = Budget(recipe.stop, recipe.effective_price())
    estimate = Estimator(recipe, folder.source).estimate(Harvest(), budget)
    costs = " to ".join(dollars(forecast.cost) for forecast in (estimate.low, estimate.high))
    money = costs if budget.price else "no price known"
    print(f"Estimate: {money}, {duration(estimate.middle.hours)}, unless a limit comes first.", file=sys.stderr)


def run_and_tell(folder: RunFolder, environment: Mapping[str, str]) -> int:
    """Run a session, say how it ended, and return the exit code."""
    with ProgressView(sys.stderr) as view:
        stopped = run_session(folder, environment, view)
    print(stopped, file=sys.stderr)
    if stopped.hint:
        print(f"hint: {stopped.hint}", file=sys.stderr)
    if stopped.reason.exit_code:
        print(f"Go on with: arena generate resume {folder.path}", file=sys.stderr)
    print(folder.path / "alpaca.json")
    tell_forbidden(folder.path / "alpaca.json")
    return stopped.reason.exit_code


def tell_forbidden(data: Path, forbidden: Path = FOLDER) -> None:
    """Warn of examples that hold prompts which campaigns compare on."""
    sets = forbidden_sets(forbidden)
    found = find_forbidden(read_jsonl(data), sets) if sets and data.is_file() else None
    if found and found.overlaps:
        print(f"warning: {found.sentence()}.", file=sys.stderr)
        print(
            f"hint: arena generate decontaminate {data} --against {forbidden}/*.jsonl --drop clean.json",
            file=sys.stderr,
        )
