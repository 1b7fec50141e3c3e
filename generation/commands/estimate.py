"""`arena generate estimate RECIPE|DIR`: tokens, money and hours before they are spent."""

import argparse
import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path

from generation.asking.budget import Budget
from generation.asking.journal import Journal
from generation.candidates.harvest import Harvest
from generation.commands.flags import add_flags, add_teacher_flags, changes
from generation.prices import Price, price_note
from generation.recipe import load_recipe, recipe_path
from generation.runs.estimate import Estimator, Forecast, RunEstimate
from generation.runs.progress import dollars, duration
from generation.runs.run_folder import RunFolder, source_path
from generation.runs.session import replay

ROWS: Mapping[str, Callable[[Forecast], str]] = {
    "requests": lambda forecast: f"{forecast.requests:,.0f}",
    "input tokens": lambda forecast: f"{forecast.prompt_tokens:,.0f}",
    "output tokens": lambda forecast: f"{forecast.output_tokens:,.0f}",
    "cost": lambda forecast: dollars(forecast.cost),
    "in batch files": lambda forecast: "–" if forecast.batch_cost is None else dollars(forecast.batch_cost),
    "time left": lambda forecast: duration(forecast.hours),
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("what", metavar="RECIPE|DIR", help="a recipe, or the folder of a run that has begun")
    add_teacher_flags(parser)
    add_flags(parser)


def run(args: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Print the estimate and return 0."""
    if (Path(args.what) / "journal.jsonl").is_file():
        estimate, price = _of_run(RunFolder.open(Path(args.what), changes=changes(args)))
    else:
        recipe = load_recipe(recipe_path(args.what), changes=changes(args))
        price = recipe.effective_price()
        estimate = Estimator(recipe, source_path(recipe)).estimate(Harvest(), Budget(recipe.stop, price))
    print(f"{'':<16}{'low':>16}{'middle':>16}{'high':>16}")
    for name, text in ROWS.items():
        cells = (text(forecast) for forecast in (estimate.low, estimate.middle, estimate.high))
        print(f"{name:<16}" + "".join(f"{cell:>16}" for cell in cells))
    print(price_note(price))
    return 0


def _of_run(folder: RunFolder) -> tuple[RunEstimate, Price | None]:
    with Journal(folder.journal) as journal:
        past = asyncio.run(replay(folder, journal))
    budget = past.asking.budget
    pace = journal.seconds / budget.requests if budget.requests else None
    return Estimator(folder.recipe, folder.source).estimate(
        past.harvest, budget, seconds_per_request=pace
    ), budget.price
