"""`arena generate batch write|read`: the requests of a run as batch files, at half the price with most vendors."""

import argparse
import asyncio
import math
import sys
from collections.abc import Iterator, Mapping
from itertools import count, islice
from pathlib import Path

from generation.asking.asking import Request
from generation.asking.journal import Journal
from generation.commands.flags import add_flags, add_teacher_flags, changes
from generation.recipe import load_recipe, recipe_path
from generation.runs.batch_files import check_batchable, read_batch, write_batch
from generation.runs.distill import answer_request, load_instructions
from generation.runs.estimate import Estimator
from generation.runs.results import write_results
from generation.runs.run_folder import RunFolder
from generation.runs.runs import Run
from generation.runs.self_instruct import task_request
from generation.runs.session import opened_journal, replay
from generation.seed_tasks import load_seed_tasks


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="write|read")
    write = actions.add_parser("write", help="write the requests that have no answer yet")
    write.add_argument("what", metavar="RECIPE|DIR", help="a recipe, or the folder of a run that has begun")
    write.add_argument("--out", type=Path, metavar="DIR", help="the run's folder (default: datasets/RECIPE)")
    write.add_argument("--requests", type=int, metavar="N", help="how many (default: what the target probably needs)")
    add_teacher_flags(write)
    add_flags(write)
    read = actions.add_parser("read", help="read answers into the run")
    read.add_argument("folder", type=Path, metavar="DIR", help="the run's folder")
    read.add_argument("answers", type=Path, nargs="+", metavar="FILE", help="what the vendor gave back")
    read.add_argument("--skip-bad", action="store_true", help="leave faulty rows out, in a file of their own")


def run(args: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Run the command and return its exit code."""
    return _write(args) if args.action == "write" else _read(args)


def _write(args: argparse.Namespace) -> int:
    folder = _folder(args)
    check_batchable(folder.recipe)
    with opened_journal(folder) as journal:
        run_so_far = asyncio.run(replay(folder, journal))
        requests = islice(_unanswered(folder, journal), args.requests or _needed(folder, run_so_far))
        assert journal.identity
        paths = write_batch(folder.path, requests, recipe=folder.recipe, identity=journal.identity)
    print(*paths, sep="\n")
    print(f"Read the answers with: arena generate batch read {folder.path} FILE", file=sys.stderr)
    return 0


def _folder(args: argparse.Namespace) -> RunFolder:
    if (Path(args.what) / "recipe.toml").is_file():
        return RunFolder.open(Path(args.what), changes=changes(args))
    path = recipe_path(args.what)
    return RunFolder.create(args.out or Path("datasets") / path.stem, load_recipe(path, changes=changes(args)))


def _needed(folder: RunFolder, run_so_far: Run) -> int:
    budget = run_so_far.asking.budget
    estimate = Estimator(folder.recipe, folder.source).estimate(run_so_far.harvest, budget)
    return math.ceil(estimate.middle.requests - budget.requests)


def _unanswered(folder: RunFolder, journal: Journal) -> Iterator[Request]:
    recipe = folder.recipe
    if recipe.method == "distill":
        tasks = enumerate(load_instructions(folder.source))
        planned = (answer_request(recipe, task, number) for number, task in tasks)
    else:
        seeds = load_seed_tasks(folder.source)
        planned = (task_request(recipe, seeds, (), number) for number in count())
    return (request for request in planned if request.id not in journal.answers)


def _read(args: argparse.Namespace) -> int:
    folder = RunFolder.open(args.folder)
    structured = folder.recipe.prompt is not None and folder.recipe.prompt.structured
    with opened_journal(folder) as journal:
        for path in args.answers:
            done = read_batch(path, journal, structured=structured, skip_bad=args.skip_bad)
            print(f"{path}: {done.new} new answers, {done.known} known already, {done.failed} failed", file=sys.stderr)
        run_so_far = asyncio.run(replay(folder, journal))
        write_results(folder, run_so_far)
    return 0
