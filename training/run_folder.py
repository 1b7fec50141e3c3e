"""A run's folder: taken when a run begins or goes on. It is whole when its record is there."""

import json
from pathlib import Path

from generation.dataset import write_json
from training.checkpoint import CheckpointFolder
from training.errors import TrainingError
from training.ranks import Ranks
from training.recipe import Recipe
from training.run_record import FILE, data_hash


def claim(folder: Path, recipe: Recipe, checkpoints: CheckpointFolder, *, resume: bool, ranks: Ranks) -> int:
    """Take a folder for a run and return how many of its steps are done.

    Raises:
        TrainingError: the folder holds a run already, or one of another recipe is to be resumed.
    """
    # By way of JSON, as what it is compared with.
    identity = json.loads(json.dumps({**recipe.identity(), "data_sha256": data_hash(recipe)}))
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
    if kept.exists():
        earlier = json.loads(kept.read_bytes())
        if changed := [key for key in {**earlier, **identity} if earlier.get(key) != identity.get(key)]:
            raise TrainingError(
                f"{folder} was begun with other values of {', '.join(changed)}.",
                hint="Resume with the recipe and data that it was begun with, or give this one another name.",
            )
    elif ranks.first:
        folder.mkdir(parents=True, exist_ok=True)
        write_json(kept, identity)
    return steps[-1] if steps else 0
