"""A fine-tuning run, from top to bottom.

    arena train training/recipes/alpaca_7b.toml
    torchrun --nproc-per-node 8 -m arena train alpaca_7b base=models/llama-7b

The run's folder is `runs/<name>/`: while it lasts, `log.jsonl` and `checkpoints/`; at the end the weights, the
tokenizer, the card and, last of all, `run.toml`.
"""

import random
from collections.abc import Callable, Mapping
from pathlib import Path

import torch

from training.checkpoint import CheckpointFolder
from training.export import export
from training.material import read_material
from training.optimizer_step import memory_explained, train_step
from training.optimizers import learning_rate, make_optimizers, set_learning_rate
from training.packing import plan_steps
from training.preflight import check
from training.progress import TrainingProgress
from training.ranks import joined_ranks
from training.recipe import Recipe
from training.run_folder import claim
from training.run_record import FILE, write_record
from training.sharded import Parameters, load_tokenizer, prepare


def finetune(
    recipe: Recipe,
    *,
    runs: Path,
    environment: Mapping[str, str],
    resume: bool = False,
    only_check: bool = False,
    say: Callable[[str], None] = lambda _: None,
) -> Path:
    """Train by a recipe and return the run's folder.

    Args:
        recipe: what is learned, from what and how.
        runs: where the run's folder is or will be.
        environment: of the process; `torchrun` tells the ranks by it.
        resume: go on from the newest checkpoint.
        only_check: end after the preflight, before anything is written.
        say: takes the lines for people, on the first rank.

    Raises:
        GenerationError: a file, the recipe or the device does not allow it; says what to do.
    """
    folder = runs / recipe.name
    with joined_ranks(environment) as ranks:
        say = say if ranks.first else lambda _: None
        tokenizer = load_tokenizer(recipe.base)
        objective = read_material(recipe, tokenizer)
        say("data: " + ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in objective.counts.items()))
        steps = plan_steps(objective.lengths, recipe.batch, world=ranks.world, epochs=recipe.epochs, seed=recipe.seed)
        if ranks.first:
            for line in check(recipe, folder, tokenizer, objective.shortest(), ranks):
                say(f"preflight: {line}")
        if only_check:
            return folder
        checkpoints = CheckpointFolder(folder / "checkpoints", recipe.checkpoint.keep)
        done = claim(folder, recipe, checkpoints, resume=resume, ranks=ranks)

        weights = prepare(recipe, ranks)
        size = Parameters.of(weights)
        say(f"weights: {size.trained:,} of {size.total:,} are trained, on {ranks.world} × {ranks.device.type}")
        optimizers = make_optimizers(recipe.optimizer, weights.parameters())
        objective.begin(weights, ranks)
        if done:
            checkpoints.load(done, weights, optimizers)
            say(f"going on after step {done} of {len(steps)}")

        with TrainingProgress(
            folder, recipe, ranks, done=done, num_steps=len(steps), size=size.total, say=say
        ) as progress:
            for number, step in enumerate(steps[done:], done + 1):
                # Dropout differs from rank to rank, and is the same again when a step is made again.
                torch.manual_seed(random.Random(f"{recipe.seed}/{number}/{ranks.rank}").getrandbits(63))  # noqa: S311
                share = learning_rate(recipe.optimizer, number - 1, len(steps))
                set_learning_rate(optimizers, share)
                with memory_explained(recipe):
                    outcome = train_step(weights, optimizers, objective, step, ranks, clip=recipe.optimizer.clip)
                progress.tell(number, outcome, lr=recipe.optimizer.lr * share)
                if recipe.checkpoint.every and number % recipe.checkpoint.every == 0 and number < len(steps):
                    checkpoints.save(number, weights, optimizers, ranks)

        verdict = objective.verdict(weights, ranks)
        export(folder, weights, tokenizer, recipe, ranks)
        if ranks.first:
            sizes = {"parameters": size.total, "trainable_parameters": size.trained}
            counts = {**objective.counts, "steps": len(steps), **sizes}
            write_record(folder, recipe, tokenizer, ranks, counts=counts, verdict=verdict)
            say(f"{folder} is whole: weights, tokenizer, {FILE} and README.md")
        ranks.wait()
    return folder
