"""The run folder: what a run is made of and what came out of it.

recipe.toml         the recipe as resolved; [endpoint], [stop], [price] and [expect] may be edited between sessions
source.jsonl        the seed tasks, or the instructions to be answered, as they were when the run began
journal.jsonl       every event of the run, from which all else follows
examples.jsonl      what was kept, with its place and its nearest neighbour      (computed, like the files below)
rejected.jsonl      what was rejected, with the reason
alpaca.json         what was kept, in the published format
manifest.json       what alpaca.json is: counts, hash, generator, prompt, licences
summary.json        counts, tokens, money, hours, lengths
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from generation import seed_tasks
from generation.dataset import write_jsonl
from generation.errors import BadInput
from generation.recipe import NO_CHANGES, GenerationRecipe, load_recipe
from generation.runs.distill import load_instructions
from generation.seed_tasks import load_seed_tasks
from generation.toml_tables import toml_text

# Our own seed tasks, and their licence.
SHIPPED = {language: Path(seed_tasks.__file__).with_name(f"{language}.jsonl") for language in ("en", "ko")}
SHIPPED_LICENCE = "Apache-2.0"


def source_path(recipe: GenerationRecipe) -> Path:
    """Return the file of the tasks that a recipe begins with."""
    return SHIPPED.get(recipe.source) or Path(recipe.source)


@dataclass(frozen=True, slots=True)
class RunFolder:
    """A run's place on the disk, and the recipe in it."""

    path: Path
    recipe: GenerationRecipe

    @classmethod
    def create(cls, path: Path, recipe: GenerationRecipe, *, skip_bad: bool = False) -> "RunFolder":
        """Return a new run of `recipe`; `skip_bad` leaves faulty instructions out.

        Raises:
            BadInput: the folder holds something already, or the recipe's source cannot be read.
        """
        if (path / "journal.jsonl").exists():
            raise BadInput(
                f"{path} holds a run.", hint=f"Go on with `arena generate resume {path}`, or give another --out."
            )
        if path.exists() and not (path / "recipe.toml").is_file() and (not path.is_dir() or any(path.iterdir())):
            raise BadInput(f"{path} is not empty.", hint="Give another --out.")
        folder = cls(path, recipe)
        if recipe.method == "distill":
            tasks = load_instructions(Path(recipe.source), skip_bad=skip_bad)
            path.mkdir(parents=True, exist_ok=True)
            write_jsonl(folder.source, ({"instruction": task.instruction, "input": task.input} for task in tasks))
        else:
            load_seed_tasks(source_path(recipe))
            path.mkdir(parents=True, exist_ok=True)
            folder.source.write_bytes(source_path(recipe).read_bytes())
        licence = SHIPPED_LICENCE if recipe.source in SHIPPED else recipe.source_licence
        return folder.save(replace(recipe, source_licence=licence))

    @classmethod
    def open(cls, path: Path, *, changes: Mapping[str, Any] = NO_CHANGES) -> "RunFolder":
        """Return the run in the folder `path`, `changes` made to its recipe.

        Raises:
            BadInput: there is none, or its recipe has faults.
        """
        if not (path / "recipe.toml").is_file():
            raise BadInput(f"{path} holds no run.", hint="Begin one with `arena generate run RECIPE`.")
        return cls(path, load_recipe(path / "recipe.toml", changes=changes))

    def save(self, recipe: GenerationRecipe) -> "RunFolder":
        """Write `recipe` as this run's, replacing the file at once, and return the run with it."""
        written = replace(recipe, source=self.source.name)
        new = self.path / f".recipe.toml.{os.getpid()}.new"
        new.write_text(toml_text(written), encoding="utf-8")
        new.replace(self.path / "recipe.toml")
        return replace(self, recipe=replace(recipe, source=str(self.source)))

    @property
    def source(self) -> Path:
        """The file of the tasks that the run begins with."""
        return self.path / "source.jsonl"

    @property
    def journal(self) -> Path:
        """The file of its journal."""
        return self.path / "journal.jsonl"
