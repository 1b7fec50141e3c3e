"""Making the demo contenders: the material, every recipe, and what each contender is measured to do."""

import multiprocessing
import shutil
import sys
import time
from concurrent.futures import Future, ProcessPoolExecutor
from pathlib import Path

from training.demo.measurement import DIALOGUES, ITEMS, Measured

RUNS = Path("runs/demo")  # as the recipes have it
# In the order in which they are begun: the two that need no other first.
AFTER = {
    "tiny_base": None,
    "tiny_vicuna": None,
    "tiny_alpaca": "tiny_base",
    "tiny_alpaca_lora": "tiny_base",
    "tiny_alpaca_ia3": "tiny_base",
}
PROCESSES = 2


def make_all(out: Path) -> dict[str, Measured]:
    """Write the material, train every recipe, and ship each run to a folder in `out`; return what was measured."""
    from training.demo.material import write_material

    shutil.rmtree(RUNS, ignore_errors=True)
    write_material(RUNS / "material")
    # A fresh interpreter each, since torch's threads do not survive a fork.
    with ProcessPoolExecutor(PROCESSES, multiprocessing.get_context("spawn")) as pool:
        begun: dict[str, Future[Measured]] = {}
        for recipe, parent in AFTER.items():
            if parent:
                begun[parent].result()
            begun[recipe] = pool.submit(_make, recipe, out)
        return {recipe.replace("_", "-"): future.result() for recipe, future in begun.items()}


def _make(recipe: str, out: Path) -> Measured:
    import torch

    from training.demo.shipping import ship
    from training.finetune import finetune
    from training.recipe import load_recipe

    torch.set_num_threads(1)
    started = time.monotonic()
    sys.stderr.write(f"{recipe}: training …\n")
    run = finetune(load_recipe(recipe), runs=RUNS, environment={}, say=lambda _: None)
    measured = ship(run, out / run.name, items=ITEMS, dialogues=DIALOGUES)
    sys.stderr.write(f"{recipe}: trained and measured in {time.monotonic() - started:.0f} s\n")
    return measured
