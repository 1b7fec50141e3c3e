"""A fine-tuning run, from top to bottom.

    arena train training/recipes/alpaca_7b.toml
    torchrun --nproc-per-node 8 -m arena train alpaca_7b base=models/llama-7b

The run's folder is `runs/<name>/`: while it lasts, `log.jsonl` and `checkpoints/`; at the end the weights, the
tokenizer, the card and, last of all, `run.toml`.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch

from generation.prompts import prompt_format
from training.checkpoint import CheckpointFolder
from training.examples import Example
from training.export import export
from training.material import read_material
from training.objective import Objective
from training.optimizer_step import memory_explained, train_step
from training.optimizers import learning_rate, make_optimizers, set_learning_rate
from training.packing import Plan
from training.preflight import check
from training.progress import Progress
from training.ranks import joined_ranks
from training.recipe import LoadedRecipe, Recipe
from training.run_folder import claim, finish
from training.run_record import FILE
from training.sharded import load_tokenizer, prepare


def finetune(
    loaded: LoadedRecipe,
    *,
    runs: Path,
    environment: Mapping[str, str],
    resume: bool = False,
    only_check: bool = False,
    say: Callable[[str], None] = lambda _: None,
) -> Path:
    """Train by a recipe and return the run's folder.

    Args:
        loaded: the recipe and the run's name.
        runs: where the run's folder is or will be.
        environment: of the process; `torchrun` tells the ranks by it.
        resume: go on from the newest checkpoint.
        only_check: end after the preflight, before anything is written.
        say: takes the lines for people, on the first rank.

    Raises:
        GenerationError: a file, the recipe or the device does not allow it; says what to do.
    """
    recipe, folder = loaded.recipe, runs / loaded.name
    with joined_ranks(environment) as ranks:
        say = say if ranks.first else lambda _: None
        tokenizer = load_tokenizer(recipe.base)
        material = read_material(recipe, tokenizer)
        objective = material.objective
        say(f"data: {_listed(material.counts)}")
        steps = plan_of(recipe, objective, world=ranks.world).steps()
        if ranks.first:
            for line in check(recipe, folder, tokenizer, _shortest(objective), ranks):
                say(f"preflight: {line}")
        if only_check:
            return folder
        checkpoints = CheckpointFolder(folder / "checkpoints", recipe.checkpoint.keep)
        done = claim(folder, recipe, checkpoints, resume=resume, ranks=ranks)

        weights = prepare(recipe, ranks)
        size = _size(weights)
        where = f"{ranks.world} × {ranks.device.type}"
        say(f"weights: {size['trainable_parameters']:,} of {size['parameters']:,} are trained, on {where}")
        optimizers = make_optimizers(recipe.optimizer, weights.parameters())
        objective.begin(weights, ranks)
        torch.manual_seed(recipe.seed + ranks.rank)  # dropout differs from rank to rank
        if done:
            checkpoints.load(done, weights, optimizers, ranks)
            say(f"going on after step {done} of {len(steps)}")

        log, parameters = folder / "log.jsonl", size["parameters"]
        with Progress(log, recipe, ranks, done=done, num_steps=len(steps), parameters=parameters, say=say) as progress:
            for number, step in enumerate(steps[done:], done + 1):
                share = learning_rate(recipe.optimizer, number - 1, len(steps))
                set_learning_rate(optimizers, share)
                with memory_explained(recipe):
                    outcome = train_step(weights, optimizers, objective, step, ranks, clip=recipe.optimizer.clip)
                progress.tell(number, outcome, lr=recipe.optimizer.lr * share)
                if recipe.checkpoint.every and number % recipe.checkpoint.every == 0 and number < len(steps):
                    checkpoints.save(number, weights, optimizers, ranks)

        verdict = objective.verdict(weights, ranks)
        shape = None if recipe.objective == "text" else prompt_format(recipe.format)
        export(folder, weights, tokenizer, recipe, ranks, shape=shape)
        if ranks.first:
            counts = {**material.counts, "steps": len(steps), **size}
            finish(loaded, folder, ranks, counts=counts, verdict=verdict, tokenizer=tokenizer)
            say(f"{folder} is whole: weights, tokenizer, {FILE} and README.md")
        ranks.wait()
    return folder


def plan_of(recipe: Recipe, objective: Objective, *, world: int) -> Plan:
    """Return which examples each step of a recipe sees on so many ranks."""
    return Plan(objective.lengths, recipe.batch, world=world, epochs=recipe.epochs, seed=recipe.seed)


def _shortest(objective: Objective) -> Example:
    """Return the example to rehearse with."""
    return min(objective.examples(range(len(objective.items))), key=lambda example: len(example.ids))


def _size(weights: Any) -> dict[str, int]:
    parameters = list(weights.parameters())
    return {
        "parameters": sum(one.numel() for one in parameters),
        "trainable_parameters": sum(one.numel() for one in parameters if one.requires_grad),
    }


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in counts.items())
