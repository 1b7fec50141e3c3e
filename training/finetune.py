"""A fine-tuning run, from top to bottom.

    arena train training/recipes/alpaca_7b.toml
    torchrun --nproc-per-node 8 -m arena train alpaca_7b base=models/llama-7b

The run's folder is `runs/<name>/`: while it lasts, `log.jsonl` and `checkpoints/`; at the end the weights, the
tokenizer, the card and, last of all, `run.toml`.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import torch

from generation.dataset import write_json
from generation.prompts import prompt_format
from training.checkpoint import CheckpointFolder
from training.errors import NotFinite, OutOfMemory, TrainingError
from training.examples import Example, data_hash, data_licences, read_examples
from training.export import export
from training.imitation import Imitation
from training.optimizers import learning_rate, make_optimizers, set_learning_rate
from training.packing import Plan, Step
from training.preflight import check
from training.progress import Measured, Progress, read_log
from training.ranks import Ranks, joined_ranks
from training.recipe import LoadedRecipe, Recipe
from training.run_record import FILE, card, lineage, weights_sha256, write_record
from training.sharded import load_tokenizer, prepare


class Objective(Protocol):
    """What is learned: examples that can be packed, and their loss."""

    @property
    def lengths(self) -> list[int]:
        """Tokens of each example."""
        ...

    @property
    def shortest(self) -> Example:
        """The example to rehearse with."""
        ...

    def place(self, number: int) -> str:
        """Return where an example comes from."""
        ...

    def weight(self, numbers: Sequence[int]) -> int:
        """Return what the summed loss of these examples is to be divided by."""
        ...

    def begin(self, weights: Any, ranks: Ranks) -> None:
        """Measure what has to be known of the weights before the first step."""
        ...

    def loss(self, weights: Any, numbers: Sequence[int], ranks: Ranks) -> torch.Tensor:
        """Return the summed loss of these examples."""
        ...

    def verdict(self, weights: Any, ranks: Ranks) -> dict[str, float]:
        """Return what is to be said of the trained weights, measured on what was held out."""
        ...


@dataclass(frozen=True, slots=True)
class Material:
    """What a recipe learns from: the objective with its examples, and what became of the rows."""

    objective: Objective
    counts: Mapping[str, int]


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
            for line in check(recipe, folder, tokenizer, objective.shortest, ranks):
                say(f"preflight: {line}")
        if only_check:
            return folder
        checkpoints = CheckpointFolder(folder / "checkpoints", recipe.checkpoint.keep)
        done = claim(folder, recipe, checkpoints, resume=resume, ranks=ranks)

        weights = prepare(recipe, ranks)
        size = _size(weights)
        say(f"weights: {size['trainable_parameters']:,} of {size['parameters']:,} are trained, on {_where(ranks)}")
        optimizers = make_optimizers(recipe.optimizer, weights.parameters())
        objective.begin(weights, ranks)
        torch.manual_seed(recipe.seed + ranks.rank)  # dropout differs from rank to rank
        if done:
            checkpoints.load(done, weights, optimizers, ranks)
            say(f"going on after step {done} of {len(steps)}")

        with _progress(folder, recipe, ranks, done=done, num_steps=len(steps), size=size, say=say) as tell:
            for number, step in enumerate(steps[done:], done + 1):
                share = learning_rate(recipe.optimizer, number - 1, len(steps))
                set_learning_rate(optimizers, share)
                with _memory_explained(recipe):
                    outcome = train_step(weights, optimizers, objective, step, ranks, clip=recipe.optimizer.clip)
                tell(_measured(number, outcome, recipe.optimizer.lr * share, objective, step))
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


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a step gave: the mean loss over the learned tokens of all ranks, and the gradient's norm before clipping."""

    loss: float
    grad_norm: float


def train_step(
    weights: Any,
    optimizers: Sequence[torch.optim.Optimizer],
    objective: Objective,
    step: Step,
    ranks: Ranks,
    *,
    clip: float,
) -> Outcome:
    """Make one optimizer step over all ranks and passes.

    Raises:
        NotFinite: a loss or the gradient is not a number; the weights are as they were.
    """
    weights.train()
    weight = objective.weight(step.examples)
    losses = torch.zeros(ranks.world, len(step.passes[0]), device=ranks.device)
    for at, numbers in enumerate(step.passes[ranks.rank]):
        # A rank without an example of its own still takes part, with one that does not count.
        loss = objective.loss(weights, numbers or step.examples[:1], ranks) * bool(numbers) / weight
        loss.backward()
        losses[ranks.rank, at] = loss.detach()
    ranks.total(losses)
    norm = torch.nn.utils.clip_grad_norm_(weights.parameters(), clip)
    norm = norm.full_tensor() if hasattr(norm, "full_tensor") else norm
    _check_finite(losses, norm, objective, step)
    for optimizer in optimizers:
        optimizer.step()
        optimizer.zero_grad()
    return Outcome(float(losses.sum()), float(norm))


def read_material(recipe: Recipe, tokenizer: Any) -> Material:
    """Return what a recipe learns from.

    Raises:
        BadInput: the data cannot be read or has nothing to learn.
    """
    reading = read_examples(
        [Path(name) for name in recipe.data],
        objective=recipe.objective,
        format=recipe.format,
        tokenizer=tokenizer,
        max_length=recipe.max_length,
    )
    # The last ones, so that the order of training does not depend on how many there are.
    at = len(reading.examples) - recipe.held_out
    if at < 1:
        raise TrainingError(f"held_out is {recipe.held_out}, and there are {len(reading.examples)} examples.")
    return Material(Imitation(reading.examples[:at], reading.examples[at:]), reading.counts())


def plan_of(recipe: Recipe, objective: Objective, *, world: int) -> Plan:
    """Return which examples each step of a recipe sees on so many ranks."""
    return Plan(
        objective.lengths,
        world=world,
        size=recipe.batch.size,
        packing=recipe.batch.packing,
        tokens_per_pass=recipe.batch.tokens_per_pass,
        epochs=recipe.epochs,
        seed=recipe.seed,
    )


def claim(folder: Path, recipe: Recipe, checkpoints: CheckpointFolder, *, resume: bool, ranks: Ranks) -> int:
    """Take a folder for a run and return how many of its steps are done.

    Raises:
        TrainingError: the folder holds a run already, or one of another recipe is to be resumed.
    """
    identity = {**recipe.identity(), "data_sha256": data_hash(map(Path, recipe.data))}
    kept = folder / "recipe.json"
    steps = checkpoints.steps()
    if (folder / FILE).exists():
        raise TrainingError(f"{folder} holds a finished run.", hint="Give this one another name: name=…")
    if kept.exists() and not resume:
        raise TrainingError(
            f"{folder} holds a run that stopped{f' after step {steps[-1]}' if steps else ''}.",
            hint="Go on with --resume, or give this one another name: name=…",
        )
    ranks.wait()
    if not kept.exists() and ranks.first:
        folder.mkdir(parents=True, exist_ok=True)
        write_json(kept, identity)
    elif kept.exists():
        earlier = json.loads(kept.read_bytes())
        if changed := [key for key in {**earlier, **identity} if not _same(earlier.get(key), identity.get(key))]:
            raise TrainingError(
                f"{folder} was begun with other values of {', '.join(changed)}.",
                hint="Resume with the recipe and data that it was begun with, or give this one another name.",
            )
    return steps[-1] if steps else 0


def finish(
    loaded: LoadedRecipe,
    folder: Path,
    ranks: Ranks,
    *,
    counts: Mapping[str, int],
    verdict: Mapping[str, float],
    tokenizer: Any,
) -> None:
    """Write the card and the record of a run, from its log."""
    recipe, log = loaded.recipe, read_log(folder / "log.jsonl")
    shape = None if recipe.objective == "text" else prompt_format(recipe.format)
    adapter = recipe.adapter
    record = {
        "name": loaded.name,
        "about": recipe.about,
        "finished_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "base": recipe.base,
        "base_licence": recipe.base_licence,
        **lineage(recipe),
        "data": list(recipe.data),
        "data_sha256": data_hash(map(Path, recipe.data)),
        "data_licences": data_licences(map(Path, recipe.data), stated=recipe.data_licence),
        "objective": recipe.objective,
        "method": "full" if adapter is None else "qlora" if adapter.quantized else adapter.method,
        "prompt_format": shape.name if shape else "",
        "end_of_reply": shape.end_of_reply(tokenizer) if shape else tokenizer.eos_token,
        "stop": list(shape.stop) if shape else [],
        "weights_sha256": weights_sha256(folder),
        "counts": dict(counts),
        "training": {
            "wall_s": log[-1]["seconds"],
            "world": ranks.world,
            "device": torch.cuda.get_device_name() if ranks.device.type == "cuda" else "cpu",
            "dtype": recipe.dtype,
            "strategy": "fsdp2" if ranks.world > 1 else "one process",
            "tokens_per_s": sum(row["tokens"] for row in log) / log[-1]["seconds"],
            "cost_usd": log[-1]["cost_usd"],
            "first_loss": log[0]["loss"],
            "last_loss": log[-1]["loss"],
        },
        "verdict": dict(verdict),
    }
    (folder / "README.md").write_text(card(record), encoding="utf-8")
    write_record(folder, record, recipe)


@contextmanager
def _progress(
    folder: Path,
    recipe: Recipe,
    ranks: Ranks,
    *,
    done: int,
    num_steps: int,
    size: Mapping[str, int],
    say: Callable[[str], None],
) -> Iterator[Callable[[Measured], None]]:
    """Yield what takes each step; only the first rank tells of them."""
    if not ranks.first:
        yield lambda _: None
        return
    progress = Progress(
        folder / "log.jsonl",
        done=done,
        num_steps=num_steps,
        # Forward and backward through each weight; attention within such short documents adds little.
        flops_per_token=6.0 * size["parameters"],
        world=ranks.world,
        recipe=recipe,
        say=say,
    )
    try:
        yield progress.tell
    finally:
        progress.close()


def _measured(number: int, outcome: Outcome, lr: float, objective: Objective, step: Step) -> Measured:
    return Measured(
        step=number,
        loss=outcome.loss,
        lr=lr,
        grad_norm=outcome.grad_norm,
        tokens=sum(objective.lengths[example] for example in step.examples),
        trained_tokens=objective.weight(step.examples),
    )


def _check_finite(losses: torch.Tensor, norm: torch.Tensor, objective: Objective, step: Step) -> None:
    if losses.isfinite().all() and norm.isfinite():
        return
    guilty = [
        number
        for rank, passes in enumerate(step.passes)
        for at, numbers in enumerate(passes)
        if not losses[rank, at].isfinite()
        for number in numbers
    ]
    what = "The loss" if guilty else "The gradient"
    places = ", ".join(objective.place(number) for number in (guilty or step.examples)[:20])
    raise NotFinite(
        f"{what} is not finite on these examples: {places}. The weights are as they were before this step.",
        hint="Look at these rows; if they are sound, lower optimizer.lr or use dtype=float32.",
    )


@contextmanager
def _memory_explained(recipe: Recipe) -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:
        if not (isinstance(error, torch.OutOfMemoryError) or "not enough memory" in str(error)):
            raise
        wishes = [f"lower batch.tokens_per_pass (now {recipe.batch.tokens_per_pass})"]
        wishes += [] if recipe.activation_checkpointing else ["set activation_checkpointing=true"]
        wishes += [] if recipe.adapter else ["train an adapter (alpaca_lora_7b)"]
        raise OutOfMemory(
            "The device has no memory left.", hint=f"{', or '.join(wishes)}, or use more ranks; then --resume."
        ) from error


def _size(weights: Any) -> dict[str, int]:
    parameters = list(weights.parameters())
    return {
        "parameters": sum(one.numel() for one in parameters),
        "trainable_parameters": sum(one.numel() for one in parameters if one.requires_grad),
    }


def _where(ranks: Ranks) -> str:
    return f"{ranks.world} × {ranks.device.type}"


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in counts.items())


def _same(earlier: Any, now: Any) -> bool:
    return json.dumps(earlier) == json.dumps(now)
