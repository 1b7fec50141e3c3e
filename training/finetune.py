"""A fine-tuning run, from top to bottom.

    arena train training/recipes/alpaca_7b.toml
    torchrun --nproc-per-node 8 -m arena train alpaca_7b base=models/llama-7b

The run's folder is `runs/<name>/`. While the run lasts it holds `log.jsonl` and, in `checkpoints/`, the states to
resume from. At the end come the weights, the tokenizer, the card and, as the last file, `run.toml`.
"""

import random
from collections.abc import Callable, Mapping
from pathlib import Path

import torch

from training.export import export
from training.optimizer_step import memory_explained, train_step
from training.optimizers import learning_rate, make_optimizers, set_learning_rate
from training.packing import plan_steps
from training.preflight import check
from training.progress import TrainingProgress
from training.ranks import joined_ranks
from training.recipe import TrainingRecipe
from training.run_folder import claim
from training.run_record import FILE, write_record
from training.sharded import Parameters, load_tokenizer, prepare
from training.training_data import read_training_data
from training.training_state import TrainingStates


def finetune(
    recipe: TrainingRecipe,
    *,
    runs: Path,
    environment: Mapping[str, str],
    resume: bool = False,
    only_check: bool = False,
    say: Callable[[str], None] = lambda _: None,
) -> Path:
    """Train by a recipe and return the run's folder.

    Args:
        recipe: what is trained, on what and how.
        runs: the folder in which the run's folder is or will be.
        environment: the process's environment variables, in which `torchrun` names this rank and the number of ranks.
        resume: continue from the newest saved state.
        only_check: return after the preflight, before anything is written.
        say: called with each line of progress, on the first rank only.

    Raises:
        GenerationError: the data, the recipe, the base or the device makes the run impossible; says what to do.
    """
    folder = runs / recipe.name
    with joined_ranks(environment) as ranks:
        say = say if ranks.first else lambda _: None
        tokenizer = load_tokenizer(recipe.base)
        objective = read_training_data(recipe, tokenizer)
        say("data: " + ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in objective.counts.items()))
        steps = plan_steps(objective.lengths, recipe.batch, world=ranks.world, epochs=recipe.epochs, seed=recipe.seed)
        if ranks.first:
            for line in check(recipe, folder, tokenizer, objective.shortest(), ranks):
                say(f"preflight: {line}")
        if only_check:
            return folder
        states = TrainingStates(folder / "checkpoints", recipe.checkpoint.keep)
        done = claim(folder, recipe, states, resume=resume, ranks=ranks)

        weights = prepare(recipe, ranks)
        size = Parameters.of(weights)
        say(f"weights: {size.trained:,} of {size.total:,} are trained, on {ranks.world} × {ranks.device.type}")
        optimizers = make_optimizers(recipe.optimizer, weights.parameters())
        objective.begin(weights, ranks)
        if done:
            states.load(done, weights, optimizers)
            say(f"going on after step {done} of {len(steps)}")

        with TrainingProgress(
            folder, recipe, ranks, done=done, num_steps=len(steps), size=size.total, say=say
        ) as progress:
            for number, step in enumerate(steps[done:], done + 1):
                # Dropout differs between ranks, and is the same when a resumed run repeats a step.
                torch.manual_seed(random.Random(f"{recipe.seed}/{number}/{ranks.rank}").getrandbits(63))  # noqa: S311
                share = learning_rate(recipe.optimizer, number - 1, len(steps))
                set_learning_rate(optimizers, share)
                with memory_explained(recipe):
                    outcome = train_step(weights, optimizers, objective, step, ranks, clip=recipe.optimizer.clip)
                progress.tell(number, outcome, lr=recipe.optimizer.lr * share)
                if recipe.checkpoint.every and number % recipe.checkpoint.every == 0 and number < len(steps):
                    states.save(number, weights, optimizers, ranks)

        verdict = objective.verdict(weights, ranks)
        export(folder, weights, tokenizer, recipe, ranks)
        if ranks.first:
            sizes = {"parameters": size.total, "trainable_parameters": size.trained}
            counts = {**objective.counts, "steps": len(steps), **sizes}
            write_record(folder, recipe, tokenizer, ranks, counts=counts, verdict=verdict)
            say(f"{folder} is whole: weights, tokenizer, {FILE} and README.md")
        ranks.wait()
    return folder
