"""Recipes: what a run learns from, how, and on what terms.

A recipe is a TOML file. `extends` names another, a recipe that ships or a file beside it, whose values hold where the
file is silent. A path is looked for beside the file that names it, then from the working directory.
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
# What may differ between the two halves of one run: how it is shown and kept, never what is learned.
_BESIDE_THE_POINT = ("name", "about", "checkpoint", "trackers", "price_per_gpu_hour", "base_licence", "data_licence")


@dataclass(frozen=True, slots=True)
class Batch:
    """What one optimizer step sees."""

    size: Annotated[Count, Means("examples a step, over all ranks")] = 128
    packing: Annotated[
        Literal["balanced", "best-fit"],
        Means(
            "`balanced` keeps the published batch and shares its examples out so that all ranks have equal tokens; "
            "`best-fit` fills rows of `tokens_per_pass` from the whole epoch, about `size` examples a step"
        ),
    ] = "balanced"
    tokens_per_pass: Annotated[
        Count,
        Means(
            "at most so many tokens go through one forward pass of one rank, so that memory is bounded; a longer "
            "example goes alone"
        ),
    ] = 4096


@dataclass(frozen=True, slots=True)
class Optimizer:
    """How weights move."""

    lr: Annotated[Positive, Means("highest learning rate", example=2e-5)]
    name: Annotated[
        Literal["adamw", "muon"], Means("AdamW, or Muon for matrices (at ten times the rate) with AdamW for the rest")
    ] = "adamw"
    betas: Annotated[tuple[float, ...], Means("of AdamW's two running means")] = (0.9, 0.999)
    eps: Annotated[float, Means("added to AdamW's denominator")] = 1e-8
    weight_decay: Annotated[float, Means("share of the rate by which weights shrink a step")] = 0.0
    clip: Annotated[float, Means("largest norm of the gradient")] = 1.0
    schedule: Annotated[
        Literal["cosine", "linear", "constant"],
        Means("what the rate does after the warm-up, to 0 at the last step; `constant` stays"),
    ] = "cosine"
    warmup: Annotated[Share, Means("share of the steps in which the rate rises from 0")] = 0.0
    warmup_steps: Annotated[int | None, Means("their number, instead of the share", example=100)] = None

    def faults(self) -> Iterator[TableFault]:
        """Yield what is wrong between the numbers."""
        if len(self.betas) != 2 or not all(0 <= beta < 1 for beta in self.betas):
            yield TableFault("betas", f"must be two numbers from 0 to below 1, not {list(self.betas)}")


@dataclass(frozen=True, slots=True)
class Adapter:
    """A few weights trained beside the frozen base."""

    method: Annotated[Literal["lora", "ia3"], Means("which kind of adapter", example="lora")]
    r: Annotated[Count, Means("rank of a LoRA")] = 8
    alpha: Annotated[int, Means("scale of a LoRA, divided by its rank")] = 16
    dropout: Annotated[Share, Means("share of its inputs that are left out while training")] = 0.0
    targets: Annotated[
        tuple[str, ...],
        Means("names of the layers that get one; left out, PEFT chooses by architecture", example=["q_proj", "v_proj"]),
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
        """Yield what is wrong between the lists."""
        if stray := [name for name in self.feedforward if name not in self.targets]:
            yield TableFault("feedforward", f"names {', '.join(stray)}, which targets does not")


@dataclass(frozen=True, slots=True)
class Preference:
    """Direct preference optimisation (Rafailov et al. 2023, arXiv:2305.18290, eq. 7)."""

    beta: Annotated[Positive, Means("how closely the child keeps to its parent")] = 0.1
    label_smoothing: Annotated[
        float,
        Rule("from 0 to below 0.5", lambda share: 0 <= share < 0.5),
        Means("share of votes taken to be the wrong way round (Mitchell 2023, conservative DPO)"),
    ] = 0.0
    sft: Annotated[float, Means("weight of the chosen reply's own loss, which keeps what the parent could do")] = 0.2
    held_out: Annotated[
        float,
        Rule("above 0 and below 1", lambda share: 0 < share < 1),
        Means(
            "share of prompts that are not trained on; in more than half of their pairs the child must lean to the "
            "chosen reply more than its parent did, or the run fails"
        ),
    ] = 0.1


@dataclass(frozen=True, slots=True)
class Checkpoints:
    """A checkpoint every so many steps, of which the newest stay."""

    every: Annotated[int, Means("steps between two; 0 keeps none")] = 100
    keep: Annotated[Count, Means("so many of the newest stay")] = 2


@dataclass(frozen=True, slots=True)
class Recipe:
    """A whole recipe."""

    name: Annotated[str, Means("of the run; the file's, where it does not say", example="mine")]
    base: Annotated[
        str, Means("the checkpoint to begin with, a folder or a name on the hub", example="models/llama-7b")
    ]
    data: Annotated[
        tuple[str, ...],
        Means(
            "the files to learn from: JSON or JSONL in any of generation.formats, `text` rows, or plain text",
            example=["ds/examples.jsonl"],
        ),
    ]
    optimizer: Annotated[Optimizer, Means("how weights move")]
    about: Annotated[str, Means("what the recipe is for")] = ""
    objective: Annotated[
        Literal["chat", "text", "preference"],
        Means("`chat` learns replies, `text` every token, `preference` which of two replies is better"),
    ] = "chat"
    format: Annotated[str, Means("how a conversation is written; the names are those of generation.prompts")] = "alpaca"
    fresh: Annotated[bool, Means("begin with random weights of the base's architecture instead of its own")] = False
    max_length: Annotated[
        int, between(2), Means("of an example; what is beyond is cut off, and counted", unit="tokens")
    ] = 512
    epochs: Annotated[Positive, Means("how often each example is seen")] = 3.0
    seed: Annotated[int, Means("of all draws")] = 42
    dtype: Annotated[
        Literal["bfloat16", "float32"],
        Means("what the arithmetic is done in; the weights of a full run are kept in float32"),
    ] = "bfloat16"
    activation_checkpointing: Annotated[bool, Means("compute activations twice instead of keeping them")] = True
    held_out: Annotated[int, Means("examples left out of training, to measure the loss on at the end")] = 0
    batch: Annotated[Batch, Means("what one optimizer step sees")] = field(default_factory=Batch)
    adapter: Annotated[Adapter | None, Means("a few weights trained beside the frozen base")] = None
    preference: Annotated[Preference, Means("direct preference optimisation")] = field(default_factory=Preference)
    checkpoint: Annotated[Checkpoints, Means("what is kept on the way")] = field(default_factory=Checkpoints)
    trackers: Annotated[
        tuple[str, ...], Means("where the log goes besides: trackio, wandb, tensorboard", example=["trackio"])
    ] = ()
    price_per_gpu_hour: Annotated[float, Means("for the estimate", unit="US dollars")] = 3.93
    base_licence: Annotated[str, Means("for the card")] = "not recorded"
    data_licence: Annotated[str, Means("for the card; the data's manifest says it by itself")] = "not recorded"

    def faults(self) -> Iterator[TableFault]:
        """Yield what is wrong with values that are right one by one."""
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
    changed = _parsed(changes)
    document = overlaid(document, changed)
    return build(Recipe, {**document, "name": str(document["name"])}, name=str(path), place=places_in(chain, changed))


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
