"""Recipes: what a run trains, on which data, and with which settings.

A recipe is a TOML file. Its key `extends` may name another recipe, one that ships or a file beside it; that recipe's
values hold for all keys that the file does not set. A path is looked for beside the file that names it, and then from
the working directory.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from generation.declared_tables import Means, TableFault, build
from generation.errors import BadInput
from generation.prompts import FORMATS, PromptFormat, prompt_format
from generation.toml_tables import find_recipe, overlaid, parse_toml, places_in, read_toml, toml_line
from generation.value_rules import Count, Positive, Rule, Share, any_of, between

RECIPES = Path(__file__).parent / "recipes"
# Keys that a resumed run may change: they decide what is shown, saved and recorded, and not what is learned.
_CHANGEABLE = (
    "name",
    "about",
    "checkpoint",
    "trackers",
    "price_per_gpu_hour",
    "base_licence",
    "data_licence",
)


@dataclass(frozen=True, slots=True)
class Batch:
    """Which examples one optimizer step takes."""

    size: Annotated[Count, Means("examples in one step, over all ranks")] = 128
    packing: Annotated[
        Literal["balanced", "best-fit"],
        Means(
            "`balanced` keeps the published batch and gives all ranks about equally many tokens; `best-fit` fills rows "
            "of `tokens_per_pass` from the whole epoch, with about `size` examples in one step"
        ),
    ] = "balanced"
    tokens_per_pass: Annotated[
        Count,
        Means(
            "the most tokens in one forward pass of one rank, which bounds the memory; a longer example gets a pass of "
            "its own"
        ),
    ] = 4096


@dataclass(frozen=True, slots=True)
class Optimizer:
    """Which optimizer trains the weights, and its learning rate."""

    lr: Annotated[Positive, Means("highest learning rate", example=2e-5)]
    name: Annotated[
        Literal["adamw", "muon"], Means("AdamW, or Muon for matrices (at ten times the rate) with AdamW for the rest")
    ] = "adamw"
    betas: Annotated[tuple[float, ...], Means("decay rates of AdamW's two running means")] = (0.9, 0.999)
    eps: Annotated[float, Means("added to AdamW's denominator")] = 1e-8
    weight_decay: Annotated[float, Means("share of the learning rate by which weights shrink in each step")] = 0.0
    clip: Annotated[float, Means("largest norm of the gradient; a larger gradient is scaled down to it")] = 1.0
    schedule: Annotated[
        Literal["cosine", "linear", "constant"],
        Means("how the learning rate falls to 0 after the warm-up; `constant` keeps it"),
    ] = "cosine"
    warmup: Annotated[Share, Means("share of the steps in which the learning rate rises from 0")] = 0.0
    warmup_steps: Annotated[int | None, Means("number of these steps, instead of their share", example=100)] = None

    def faults(self) -> Iterator[TableFault]:
        """Yield faults that concern several numbers together."""
        if len(self.betas) != 2 or not all(0 <= beta < 1 for beta in self.betas):
            yield TableFault("betas", f"must be two numbers from 0 to below 1, not {list(self.betas)}")


@dataclass(frozen=True, slots=True)
class Adapter:
    """An adapter: a few extra weights that are trained while the base stays frozen."""

    method: Annotated[Literal["lora", "ia3"], Means("which kind of adapter", example="lora")]
    r: Annotated[Count, Means("rank of a LoRA")] = 8
    alpha: Annotated[int, Means("scale of a LoRA, divided by its rank")] = 16
    dropout: Annotated[Share, Means("share of a LoRA's inputs that are dropped while training")] = 0.0
    targets: Annotated[
        tuple[str, ...],
        Means("names of the layers to adapt; if left out, PEFT chooses by architecture", example=["q_proj", "v_proj"]),
    ] = ()
    feedforward: Annotated[
        tuple[str, ...],
        Means(
            "those of `targets` that are feed-forward layers, which IA3 scales at their input", example=["down_proj"]
        ),
    ] = ()
    quantized: Annotated[
        bool, Means("hold the base in 4 bits (NF4, double quantisation), which needs bitsandbytes and a GPU")
    ] = False

    def faults(self) -> Iterator[TableFault]:
        """Yield faults that concern several lists together."""
        if stray := [name for name in self.feedforward if name not in self.targets]:
            yield TableFault("feedforward", f"names {', '.join(stray)}, which targets does not")


@dataclass(frozen=True, slots=True)
class Preference:
    """Direct preference optimisation (Rafailov et al. 2023, arXiv:2305.18290, eq. 7)."""

    beta: Annotated[Positive, Means("how strongly the child is kept close to its parent, the base")] = 0.1
    label_smoothing: Annotated[
        float,
        Rule("from 0 to below 0.5", lambda share: 0 <= share < 0.5),
        Means("share of votes assumed to be the wrong way round (Mitchell 2023, conservative DPO)"),
    ] = 0.0
    sft: Annotated[float, Means("weight of the chosen reply's own loss, which preserves the parent's abilities")] = 0.2
    held_out: Annotated[
        float,
        Rule("above 0 and below 1", lambda share: 0 < share < 1),
        Means(
            "share of prompts that are not trained on; the run fails unless the child prefers the chosen reply more "
            "than its parent did in over half of their pairs"
        ),
    ] = 0.1


@dataclass(frozen=True, slots=True)
class SavedStates:
    """How often the state of the run is saved to resume from, and how many of the saved states are kept."""

    every: Annotated[int, Means("steps between two saved states; 0 saves none")] = 100
    keep: Annotated[Count, Means("how many of the newest saved states are kept")] = 2


@dataclass(frozen=True, slots=True)
class TrainingRecipe:
    """A whole recipe."""

    name: Annotated[str, Means("name of the run and its folder; by default that of the file", example="mine")]
    base: Annotated[
        str, Means("the checkpoint to start from: a folder or a name on the hub", example="models/llama-7b")
    ]
    data: Annotated[
        tuple[str, ...],
        Means(
            "the files to train on: JSON or JSONL in any of generation.formats, `text` rows, or plain text",
            example=["ds/examples.jsonl"],
        ),
    ]
    optimizer: Annotated[Optimizer, Means("which optimizer trains the weights, and its learning rate")]
    about: Annotated[str, Means("what the recipe is for")] = ""
    objective: Annotated[
        Literal["chat", "text", "preference"],
        Means("`chat` learns replies, `text` every token, `preference` which of two replies is better"),
    ] = "chat"
    format: Annotated[str, Means("the prompt format of conversations, one of generation.prompts")] = "alpaca"
    fresh: Annotated[bool, Means("start from random weights of the base's architecture")] = False
    max_length: Annotated[
        int, between(2), Means("longest example; the rest of a longer one is cut off, and counted", unit="tokens")
    ] = 512
    epochs: Annotated[Positive, Means("how often each example is seen")] = 3.0
    seed: Annotated[int, Means("seed of everything that is drawn at random")] = 42
    dtype: Annotated[
        Literal["bfloat16", "float32"],
        Means("number format of the arithmetic; the weights of a full run are kept in float32"),
    ] = "bfloat16"
    activation_checkpointing: Annotated[
        bool, Means("recompute activations instead of keeping them, which saves memory")
    ] = True
    held_out: Annotated[int, Means("examples that are not trained on, and whose loss is measured at the end")] = 0
    batch: Annotated[Batch, Means("which examples one optimizer step takes")] = field(default_factory=Batch)
    adapter: Annotated[Adapter | None, Means("a few extra weights, trained while the base stays frozen")] = None
    preference: Annotated[Preference, Means("direct preference optimisation")] = field(default_factory=Preference)
    checkpoint: Annotated[SavedStates, Means("states saved during the run, from which --resume continues")] = field(
        default_factory=SavedStates
    )
    trackers: Annotated[
        tuple[str, ...], Means("where else the log goes: trackio, wandb, tensorboard", example=["trackio"])
    ] = ()
    price_per_gpu_hour: Annotated[float, Means("price of a GPU-hour, for the cost in the log", unit="US dollars")] = (
        3.93
    )
    base_licence: Annotated[str, Means("licence of the base, for the model card")] = "not recorded"
    data_licence: Annotated[
        str, Means("licence of the data, for the model card; a manifest beside the data takes its place")
    ] = "not recorded"

    def faults(self) -> Iterator[TableFault]:
        """Yield faults that concern several values together."""
        if not self.data:
            yield TableFault("data", "must name at least one file")
        if self.objective != "text" and self.format not in FORMATS:
            yield TableFault("format", f"must be {any_of(tuple(FORMATS))}")
        if self.fresh and self.adapter:
            yield TableFault("fresh", "weights cannot be the frozen base of an adapter")
        if unknown := set(self.trackers) - {"trackio", "wandb", "tensorboard"}:
            yield TableFault("trackers", f"may be trackio, wandb and tensorboard, not {', '.join(sorted(unknown))}")

    @property
    def shape(self) -> PromptFormat | None:
        """The prompt format in which conversations are written; None where plain text is learned."""
        return None if self.objective == "text" else prompt_format(self.format)

    def values(self) -> dict[str, Any]:
        """Return every value by its dotted key, such as "optimizer.lr"."""
        return dict(flat(asdict(self)))

    def identity(self) -> dict[str, Any]:
        """Return the values that decide what is learned, by dotted key; a resumed run must have the same."""
        return {key: value for key, value in self.values().items() if key.split(".")[0] not in _CHANGEABLE}


def load_recipe(name: str | Path, *, changes: Sequence[str] = ()) -> TrainingRecipe:
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
    changed = _parsed(changes)
    document = overlaid(document, changed)
    return build(
        TrainingRecipe, {**document, "name": str(document["name"])}, name=str(path), place=places_in(chain, changed)
    )


def ancestry(name: str | Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield a recipe's file and the files that it extends, nearest first, each with its TOML document.

    The documents have their paths resolved and no key `extends`. Their table `published` holds the published values
    that the recipe says it departs from.

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
    """Return the document with its paths relative to the working directory, and `data` as a list."""

    def found(value: Any) -> Any:
        if isinstance(value, list):
            return [found(one) for one in value]
        if not (isinstance(value, str) and value and (path := folder / value).exists()):
            return value
        # Run records are read on other machines, so an absolute path is shortened where possible.
        return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)

    resolved = {key: found(value) if key in ("base", "data") else value for key, value in document.items()}
    if isinstance(resolved.get("data"), str):
        resolved["data"] = [resolved["data"]]
    return resolved


def _parsed(changes: Sequence[str]) -> dict[str, Any]:
    """Return `key=value` arguments as a document. A value that is not valid TOML is taken as text."""
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
    """Yield the dotted key and the value of everything in a table and its inner tables."""
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{path}{key}.")
        else:
            yield f"{path}{key}", value
