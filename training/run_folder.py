"""The folder of a run: who may write to it. A run is complete when its folder has the record, `run.toml`."""

import json
from pathlib import Path

from generation.dataset import write_json
from training.errors import TrainingError
from training.ranks import Ranks
from training.recipe import TrainingRecipe
from training.run_record import FILE, data_hash
from training.training_state import TrainingStates


def claim(folder: Path, recipe: TrainingRecipe, states: TrainingStates, *, resume: bool, ranks: Ranks) -> int:
    """Take the folder for a new or a resumed run, and return how many of its steps are done. All ranks call this.

    Raises:
        TrainingError: the folder holds a finished run, a stopped one that is not to be resumed, or one that was begun
            with other data or other values in its recipe.
    """
    # Through JSON and back, so that tuples become lists as in the file that this is compared with.
    identity = json.loads(json.dumps({**recipe.identity(), "data_sha256": data_hash(recipe)}))
    kept = folder / "recipe.json"
    steps = states.steps()
    if (folder / FILE).exists():
        raise TrainingError(f"{folder} holds a finished run.", hint="Give this run another name: name=…")
    if kept.exists() and not resume:
        raise TrainingError(
            f"{folder} holds a run that stopped{f' after step {steps[-1]}' if steps else ''}.",
            hint="Continue it with --resume, or give this run another name: name=…",
        )
    ranks.wait()
    if kept.exists():
        earlier = json.loads(kept.read_bytes())
        if changed := [key for key in {**earlier, **identity} if earlier.get(key) != identity.get(key)]:
            raise TrainingError(
                f"{folder} was begun with other values of {', '.join(changed)}.",
                hint="Resume with the recipe and data that it was begun with, or give this run another name.",
            )
    elif ranks.first:
        folder.mkdir(parents=True, exist_ok=True)
        write_json(kept, identity)
    return steps[-1] if steps else 0
