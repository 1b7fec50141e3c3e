"""Making the demo contenders: write the training files, train every recipe, then measure and ship each contender."""

import multiprocessing
import shutil
import sys
import time
from concurrent.futures import Future, ProcessPoolExecutor
from pathlib import Path

from training.demo.measurement import DIALOGUES, ITEMS, Accuracies

RUNS = Path("runs/demo")  # the recipes name their data in this folder
# Recipes in the order in which they are started, each with the recipe whose result is its base.
AFTER = {
    "tiny_base": None,
    "tiny_alpaca": "tiny_base",
    "tiny_vicuna": "tiny_base",
    "tiny_alpaca_lora": "tiny_base",
    "tiny_dpo": "tiny_alpaca",
    "tiny_alpaca_ia3": "tiny_base",
}
PROCESSES = 2


def make_all(out: Path) -> dict[str, Accuracies]:
    """Write the training files, train every recipe and ship each run to a folder in `out`.

    Returns:
        The measured accuracies, by the name of the contender.
    """
    shutil.rmtree(RUNS, ignore_errors=True)
    # Each process is a new interpreter ("spawn"), because torch's threads do not survive a fork.
    with ProcessPoolExecutor(PROCESSES, multiprocessing.get_context("spawn")) as pool:
        pool.submit(_write_material).result()
        trained: dict[str, Future[Path]] = {}
        for recipe, parent in AFTER.items():
            if parent:
                trained[parent].result()
            trained[recipe] = pool.submit(_train, recipe)
        shipped = {run.name: pool.submit(_ship, run, out) for run in (future.result() for future in trained.values())}
        return {name: future.result() for name, future in shipped.items()}


def _write_material() -> None:
    started = _now()
    from training.demo.material import write_material

    write_material(RUNS / "material")
    _say("material written", started)


def _train(recipe: str) -> Path:
    import torch

    from training.demo.votes import write_votes
    from training.finetune import finetune
    from training.recipe import load_recipe

    # The base is trained alone, because all others wait for it, so it may use all cores.
    torch.set_num_threads(1 if AFTER[recipe] else PROCESSES)
    started = _now()
    if recipe == "tiny_dpo":
        write_votes(RUNS / "tiny-alpaca", RUNS / "material" / "votes.jsonl")
    run = finetune(load_recipe(recipe), runs=RUNS, environment={}, say=lambda _: None)
    _say(f"{run.name} trained", started)
    return run


def _ship(run: Path, out: Path) -> Accuracies:
    from training.demo.shipping import ship

    started = _now()
    measured = ship(run, out / run.name, items=ITEMS, dialogues=DIALOGUES)
    _say(f"{run.name} measured", started)
    return measured


def _now() -> tuple[float, float]:
    return time.monotonic(), time.process_time()


def _say(done: str, started: tuple[float, float]) -> None:
    wall, cpu = (now - then for now, then in zip(_now(), started, strict=True))
    sys.stderr.write(f"{done} in {wall:.0f} s, {cpu:.0f} of them computing\n")
