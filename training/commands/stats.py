"""`arena train stats`: how long examples are, what would be cut off or left out, and what padding would cost."""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

from generation.errors import BadInput
from training.examples import Reading, read_examples
from training.padding import ways
from training.recipe import TrainingRecipe, load_recipe


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("data", type=Path, metavar="DATA", help="the data file")
    parser.add_argument(
        "changes",
        nargs="*",
        metavar="key=value",
        help="recipe=NAME sets how the data is read (default: alpaca_7b), base=FOLDER whose tokenizer is used; other "
        "keys are values of the recipe",
    )


def run(args: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Print the figures of a data file."""
    from training.sharded import load_tokenizer

    if not args.data.is_file():
        raise BadInput(f"There is no file {args.data}.")
    name = next((word.removeprefix("recipe=") for word in args.changes if word.startswith("recipe=")), "alpaca_7b")
    changes = [word for word in args.changes if not word.startswith("recipe=")]
    recipe = load_recipe(name, changes=[*changes, f"data={args.data}"])
    print(figures(read_examples(recipe, load_tokenizer(recipe.base)), recipe))
    return 0


def figures(reading: Reading, recipe: TrainingRecipe) -> str:
    """Return the figures as text, for a reading with at least one example."""
    lengths = sorted(len(example.ids) for example in reading.examples)
    counts = reading.counts()
    shown = {"mean": sum(lengths) / len(lengths), **{f"p{p}": _percentile(lengths, p) for p in (50, 90, 99, 100)}}
    learned = counts["trained_tokens"] / counts["tokens"]
    lines = [
        f"{counts['examples']:,} examples, {counts['tokens']:,} tokens, of which {learned:.1%} are learned",
        "length: " + ", ".join(f"{name} {value:,.1f}".removesuffix(".0") for name, value in shown.items()),
        f"truncated at {recipe.max_length}: {counts['truncated']:,} ({counts['cut_tokens']:,} tokens cut off)",
        f"split: {counts['split']:,}",
        f"left out, with nothing to learn: {counts['fully_masked']:,}{_named(reading.fully_masked)}",
        "",
        "computed positions per real one:",
    ]
    table = ways(
        [len(example.ids) for example in reading.examples], recipe.batch, max_length=recipe.max_length, seed=recipe.seed
    )
    return "\n".join([*lines, *(f"  {way.computed_per_real:6.3f}  {way.name}" for way in table)])


def _percentile(ordered: Sequence[int], percent: int) -> int:
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


def _named(places: Sequence[str]) -> str:
    more = f", and {len(places) - 10} more" if len(places) > 10 else ""
    return f" ({', '.join(places[:10])}{more})" if places else ""
