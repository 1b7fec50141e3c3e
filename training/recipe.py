"""Recipes: what a run learns from, how, and on what terms.

A recipe is a TOML file. `extends` names another, a recipe that ships or a file beside it, whose values hold where the
file is silent. A path is looked for beside the file that names it, then from the working directory.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from generation.errors import BadInput
from generation.number_rules import Count, Positive, Rule, Share
from generation.prompts import FORMATS, PromptFormat, prompt_format
from generation.toml_tables import build, find_recipe, overlaid, parse_toml, read_toml, toml_line

RECIPES = Path(__file__).parent / "recipes"
# What may differ between the two halves of one run: how it is shown and kept, never what is learned.
_BESIDE_THE_POINT = ("name", "about", "checkpoint", "trackers", "price_per_gpu_hour", "base_licence", "data_licence")


@dataclass(frozen=True, slots=True)
class Batch:
    """What one optimizer step sees.

    Attributes:
        size: examples a step, over all ranks.
        packing: "balanced" keeps the published batch and shares its examples out so that all ranks have equal tokens;
            "best-fit" fills rows of `tokens_per_pass` from the whole epoch, about `size` examples a step.
        tokens_per_pass: at most this many tokens go through one forward pass of one rank, so that memory is bounded;
            a longer example goes alone.
    """

    size: Count = 128
    packing: Literal["balanced", "best-fit"] = "balanced"
    tokens_per_pass: Count = 4096


@dataclass(frozen=True, slots=True)
class Optimizer:
    """How weights move.

    Attributes:
        name: AdamW, or Muon for matrices (at ten times the rate) with AdamW for the rest.
        warmup: the share of the steps in which the rate rises from 0; `warmup_steps` gives their number instead.
        schedule: what the rate does afterwards, to 0 at the last step ("constant" stays).
        clip: the largest norm of the gradient.
    """

    lr: Positive
    name: Literal["adamw", "muon"] = "adamw"
    betas: tuple[float, ...] = (0.9, 0.999)
    eps: float = 1e-8
    weight_decay: float = 0.0
    clip: float = 1.0
    schedule: Literal["cosine", "linear", "constant"] = "cosine"
    warmup: Share = 0.0
    warmup_steps: int | None = None

    def faults(self) -> Iterator[str]:
        """Yield what is wrong."""
        if len(self.betas) != 2 or not all(0 <= beta < 1 for beta in self.betas):
            yield f"betas must be two numbers from 0 to below 1, not {list(self.betas)}"


@dataclass(frozen=True, slots=True)
class Adapter:
    """A few weights trained beside the frozen base.

    Attributes:
        targets: names of the layers that get one; empty leaves the choice to PEFT, by architecture.
        feedforward: those of `targets` that are feed-forward layers, which IA3 scales at their input.
        quantized: hold the base in 4 bits (NF4, double quantisation), which needs bitsandbytes and a GPU.
    """

    method: Literal["lora", "ia3"]
    r: Count = 8
    alpha: int = 16
    dropout: Share = 0.0
    targets: tuple[str, ...] = ()
    feedforward: tuple[str, ...] = ()
    quantized: bool = False

    def faults(self) -> Iterator[str]:
        """Yield what is wrong."""
        if stray := [name for name in self.feedforward if name not in self.targets]:
            yield f"feedforward names {', '.join(stray)}, which targets does not"


@dataclass(frozen=True, slots=True)
class Preference:
    """Direct preference optimisation (Rafailov et al. 2023, arXiv:2305.18290, eq. 7).

    Attributes:
        beta: how closely the child keeps to its parent.
        label_smoothing: the share of votes taken to be the wrong way round (Mitchell 2023, conservative DPO).
        sft: the weight of the chosen reply's own loss, which keeps what the parent could do.
        held_out: the share of prompts that are not trained on; in more than half of their pairs the child must lean
            to the chosen reply more than its parent did, or the run fails.
    """

    beta: Positive = 0.1
    label_smoothing: Annotated[float, Rule("0 to below 0.5", lambda share: 0 <= share < 0.5)] = 0.0
    sft: float = 0.2
    held_out: Annotated[float, Rule("above 0 and below 1", lambda share: 0 < share < 1)] = 0.1


@dataclass(frozen=True, slots=True)
class Checkpoints:
    """A checkpoint every so many steps (0: none), of which the newest `keep` stay."""

    every: int = 100
    keep: Count = 2


@dataclass(frozen=True, slots=True)
class Recipe:
    """A whole recipe.

    Attributes:
        name: of the run; the file's, where it does not say.
        base: the checkpoint to begin with, a folder or a name on the hub.
        data: the files to learn from: JSON or JSONL in any of `generation.formats`, `text` rows, or plain text.
        objective: "chat" learns replies, "text" every token, "preference" which of two replies is better.
        format: how a conversation is written; see `generation.prompts`.
        fresh: begin with random weights of the base's architecture instead of its own.
        max_length: tokens of an example; what is beyond is cut off, and counted.
        dtype: what the arithmetic is done in; the weights of a full run are kept in float32.
        activation_checkpointing: compute activations twice instead of keeping them.
        held_out: how many examples are left out of training, to measure the loss on at the end.
        trackers: where the log goes besides: trackio, wandb, tensorboard.
        price_per_gpu_hour: in US dollars.
        base_licence, data_licence: for the card; the data's manifest says the latter by itself.
    """

    name: str
    base: str
    data: tuple[str, ...]
    optimizer: Optimizer
    about: str = ""
    objective: Literal["chat", "text", "preference"] = "chat"
    format: str = "alpaca"
    fresh: bool = False
    max_length: Annotated[int, Rule("at least 2", lambda length: length >= 2)] = 512
    epochs: Positive = 3.0
    seed: int = 42
    dtype: Literal["bfloat16", "float32"] = "bfloat16"
    activation_checkpointing: bool = True
    held_out: int = 0
    batch: Batch = field(default_factory=Batch)
    adapter: Adapter | None = None
    preference: Preference = field(default_factory=Preference)
    checkpoint: Checkpoints = field(default_factory=Checkpoints)
    trackers: tuple[str, ...] = ()
    price_per_gpu_hour: float = 3.93
    base_licence: str = "not recorded"
    data_licence: str = "not recorded"

    def faults(self) -> Iterator[str]:
        """Yield what is wrong."""
        if not self.data:
            yield "data must name at least one file"
        if self.objective != "text" and self.format not in FORMATS:
            yield f"format must be one of {', '.join(FORMATS)}, not {self.format!r}"
        if self.fresh and self.adapter:
            yield "fresh weights cannot be the frozen base of an adapter"
        if unknown := set(self.trackers) - {"trackio", "wandb", "tensorboard"}:
            yield f"trackers may be trackio, wandb and tensorboard, not {', '.join(sorted(unknown))}"

    @property
    def shape(self) -> PromptFormat | None:
        """How a conversation is written; None where plain text is learned."""
        return None if self.objective == "text" else prompt_format(self.format)

    def values(self) -> dict[str, Any]:
        """Return every value under its dotted key."""
        return dict(flat(asdict(self)))

    def identity(self) -> dict[str, Any]:
        """Return the values that decide what is learned, under their dotted keys."""
        return {key: value for key, value in self.values().items() if key.split(".")[0] not in _BESIDE_THE_POINT}


def load_recipe(name: str | Path, *, changes: Sequence[str] = ()) -> Recipe:
    """Return the recipe that ships as `name`, or the one in the file `name`.

    Args:
        name: such as "alpaca_7b" or "mine.toml".
        changes: such as "optimizer.lr=1e-4" or "base=models/llama", laid over the file.

    Raises:
        BadInput: a file cannot be read, or values are unknown or wrong; lists every fault.
    """
    chain = list(ancestry(name))
    path = chain[0][0]
    document: dict[str, Any] = {"name": path.stem}
    for _, part in reversed(chain):
        document = overlaid(document, part)
    del document["published"]
    document = overlaid(document, _parsed(changes))
    return build(Recipe, {**document, "name": str(document["name"])}, name=str(path))


def ancestry(name: str | Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield a recipe's file and those that it extends, nearest first, each with its document.

    A document is without `extends`, and its paths are resolved. Its table `published` has the published values from
    which the recipe departs.

    Raises:
        BadInput: a file cannot be read, or extends itself.
    """
    path, seen = find_recipe(str(name), shipped=RECIPES), []
    while path not in seen:
        seen.append(path)
        document = {"published": {}, **read_toml(path)}
        parent = document.pop("extends", None)
        yield path, _resolved(document, path.parent)
        if parent is None:
            return
        path = find_recipe(str(parent), shipped=RECIPES, beside=path.parent)
    raise BadInput(f"{path} extends itself, by way of {', '.join(str(one) for one in seen[1:]) or 'itself'}.")


def _resolved(document: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Return the document with its paths as they are from here, and `data` as a list."""

    def found(value: Any) -> Any:
        if isinstance(value, list):
            return [found(one) for one in value]
        if not (isinstance(value, str) and value and (path := folder / value).exists()):
            return value
        # Records are read on other machines: no more of the path than is needed from here.
        return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)

    resolved = {key: found(value) if key in ("base", "data") else value for key, value in document.items()}
    if isinstance(resolved.get("data"), str):
        resolved["data"] = [resolved["data"]]
    return resolved


def _parsed(changes: Sequence[str]) -> dict[str, Any]:
    """Return `key=value` words as a document. A value that is not TOML is text."""
    document: dict[str, Any] = {}
    for change in changes:
        key, equals, text = change.partition("=")
        if not equals:
            raise BadInput(f"{change} is not key=value.", hint="Such as optimizer.lr=1e-4 or base=models/llama.")
        try:
            changed = tomllib.loads(f"{key} = {text}")
        except tomllib.TOMLDecodeError:
            changed = parse_toml(toml_line(key, text), name=change)
        document = overlaid(document, changed)
    return _resolved(document, Path())


def flat(table: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the values of a table and of those in it, each with its dotted key."""
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{path}{key}.")
        else:
            yield f"{path}{key}", value
