"""`arena train cost`: the price of GPUs, or how many weights an architecture has and a recipe trains."""

import argparse
from collections.abc import Mapping

from generation.errors import BadInput
from training.recipe import load_recipe


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.epilog = """examples:
  arena train cost gpus=8 hours=3 rate=3.93
  arena train cost CONFIG adapter.method=lora adapter.r=8"""
    parser.add_argument(
        "words",
        nargs="*",
        metavar="CONFIG | key=value",
        help="gpus=, hours= and rate=, by default those of the published run; or the folder of an architecture's "
        "config.json, and values of the recipe",
    )


def run(args: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Print the dollars, or the numbers of weights."""
    from training.cost import count_parameters, dollars

    words = args.words
    if words and "=" not in words[0]:
        recipe = load_recipe("alpaca_7b", changes=[*words[1:], f"base={words[0]}"])
        counted = count_parameters(recipe.base, recipe.adapter)
        print(f"{counted.trained:,} of {counted.total:,} weights are trained, {counted.trained / counted.total:.4%}")
        return 0
    try:
        figures = {name: float(value) for name, _, value in (word.partition("=") for word in words)}
        cost = dollars(**figures)
    except (ValueError, TypeError) as error:
        raise BadInput("The cost is computed from gpus=…, hours=… and rate=…, each a number.") from error
    print(f"${cost:,.2f}")
    return 0
