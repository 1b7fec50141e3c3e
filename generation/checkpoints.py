"""Checkpoints: checks a folder of weights by its files alone.

A folder holds a whole checkpoint (config, safetensors, tokenizer) or a PEFT adapter, which names its base. Nothing here
loads weights or needs torch, so faults are reported before memory is used.
"""

import json
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generation.errors import BadInput

ADAPTER = "adapter_config.json"
INDEX = "model.safetensors.index.json"
MAX_HEADER_BYTES = 100_000_000  # the format's own limit


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A folder that can be served.

    Attributes:
        folder: where it is.
        base: the folder of the whole checkpoint: this folder, or the one that its adapter changes.
        rank: of the adapter (LoRA's r); 0 where it is a whole checkpoint.
    """

    folder: Path
    base: Path
    rank: int = 0

    @property
    def is_adapter(self) -> bool:
        """Whether the folder holds an adapter only."""
        return self.rank > 0

    @property
    def num_bytes(self) -> int:
        """The size of the base's weights on disk."""
        return sum(file.stat().st_size for file in _files_of_weights(self.base))

    @property
    def tokenizer(self) -> Path:
        """The folder with the tokenizer: an adapter may bring its own."""
        return self.folder if (self.folder / "tokenizer_config.json").exists() else self.base

    @property
    def chat_template(self) -> str | None:
        """The Jinja template by which its tokenizer writes a conversation; None if it has none."""
        file = self.tokenizer / "chat_template.jinja"
        if file.exists():
            return file.read_text("utf-8")
        embedded = _json(self.tokenizer / "tokenizer_config.json").get("chat_template")
        if isinstance(embedded, list):  # several, by name
            embedded = next((one["template"] for one in embedded if one["name"] == "default"), None)
        return embedded

    def special_token(self, name: str) -> str | None:
        """Return the text of a special token of its tokenizer, such as `eos_token`; None where there is none."""
        token = _json(self.tokenizer / "tokenizer_config.json").get(name)
        return token.get("content") if isinstance(token, dict) else token


def open_checkpoint(folder: Path, *, base: Path | None = None) -> Checkpoint:
    """Return what is in `folder`; `base` replaces the base that an adapter names.

    Raises:
        BadInput: something is missing, broken or of another kind; lists every fault.
    """
    if not folder.is_dir():
        raise BadInput(f"There is no folder {folder}.", hint="A checkpoint is a folder with config.json and weights.")
    adapter = _json(folder / ADAPTER)
    made = Checkpoint(folder, folder)
    if adapter:
        made = Checkpoint(folder, base or _base_of(folder, adapter), max(1, int(adapter.get("r") or 0)))
    if faults := [*(_faults_of_adapter(folder) if adapter else ()), *_faults_of_whole(made.base)]:
        raise BadInput(f"{folder} cannot be served:", faults)
    return made


def _base_of(folder: Path, adapter: Mapping[str, Any]) -> Path:
    name = str(adapter.get("base_model_name_or_path") or "")
    for place in (Path(name), folder / name, folder.parent / Path(name).name):
        if name and place.is_dir():
            return place
    raise BadInput(
        f"{folder} is an adapter on “{name}”, and there is no such folder.",
        hint="Name the base's folder in `base_folder`; the arena downloads nothing.",
    )


def _faults_of_adapter(folder: Path) -> Iterator[str]:
    weights = folder / "adapter_model.safetensors"
    yield from _faults_of_file(weights) if weights.exists() else [f"{weights} is missing"]


def _faults_of_whole(folder: Path) -> Iterator[str]:
    if not _json(folder / "config.json"):
        yield f"{folder / 'config.json'} is missing or no JSON object"
    if not any((folder / name).exists() for name in ("tokenizer.json", "tokenizer.model", "vocab.json")):
        yield f"{folder} has no tokenizer (tokenizer.json)"
    yield from weight_faults(folder)


def weight_faults(folder: Path) -> Iterator[str]:
    """Yield a sentence for each missing or damaged file of weights in a whole checkpoint's folder."""
    files = _files_of_weights(folder)
    if not files:
        old = any(folder.glob("*.bin")) or any(folder.glob("*.pt"))
        yield f"{folder} has no safetensors" + ("; .bin and .pt files can run code and are not read" if old else "")
    for file in files:
        yield from _faults_of_file(file) if file.exists() else [f"{file} is missing, though {INDEX} names it"]


def _files_of_weights(folder: Path) -> list[Path]:
    if named := _json(folder / INDEX).get("weight_map"):
        return [folder / name for name in sorted({*named.values()})]
    return sorted(folder.glob("*.safetensors"))


def _faults_of_file(file: Path) -> Iterator[str]:
    """Compare what the header of a safetensors file promises with the file's size."""
    with file.open("rb") as opened:
        start = opened.read(8)
        size = struct.unpack("<Q", start)[0] if len(start) == 8 else 0
        header = opened.read(size) if 0 < size <= MAX_HEADER_BYTES else b""
    if start.startswith(b"version "):
        yield f"{file} is a pointer of Git LFS, not the weights; run `git lfs pull` there"
        return
    try:
        tensors = json.loads(header)
        end = max(tensor["data_offsets"][1] for name, tensor in tensors.items() if name != "__metadata__")
    except (ValueError, LookupError, TypeError, AttributeError):
        yield f"{file} is no safetensors file"
        return
    if (found := file.stat().st_size) != 8 + size + end:
        yield f"{file} has {found} bytes where {8 + size + end} are expected; it was not copied whole"


def _json(file: Path) -> dict[str, Any]:
    """Return the object in a JSON file, empty where there is none."""
    try:
        value = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}
