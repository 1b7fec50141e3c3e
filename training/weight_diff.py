"""Weight diffs: a fine-tune stored as its difference from the base, for bases that may not be redistributed.

Each weight file of the fine-tune keeps its header, and the bits of every tensor are combined with the base's by
exclusive or. The same operation undoes this to the last bit, in any dtype; without the base, the difference is of no
use. Where the base lacks a tensor, or its tensor is smaller, the remaining bits are stored unchanged.
"""

import hashlib
import json
import shutil
import struct
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import torch
from safetensors import safe_open
from safetensors.torch import _TYPES as DTYPES

from generation.dataset import sha256_of, write_json
from generation.errors import BadInput

RECORD = "diff.json"


def make_diff(base: Path, tuned: Path, out: Path) -> None:
    """Write the difference between two folders of safetensors to `out`; other files of `tuned` are copied unchanged.

    Raises:
        BadInput: a folder has no weights, or `out` exists already.
    """
    with _Weights.opened(base) as weights, _new_folder(out) as unfinished:
        files = _files(tuned)
        record = {
            "base": base.name,
            "base_tensors": {name: weights.sha256(name) for name in sorted(weights.files)},
            "files": {file.name: sha256_of(file) for file in files},
        }
        _combine_all(files, weights, unfinished)
        for other in sorted(set(tuned.iterdir()) - set(files)):
            if other.is_file():
                shutil.copy(other, unfinished)
        write_json(unfinished / RECORD, record)


def apply_diff(base: Path, diff: Path, out: Path) -> None:
    """Write the fine-tune that `diff` was made from to `out`, bit for bit.

    Raises:
        BadInput: `base` is not the base that the difference was made with, `diff` is damaged, or `out` exists already.
    """
    try:
        record = json.loads((diff / RECORD).read_bytes())
    except (OSError, ValueError) as error:
        raise BadInput(f"{diff} is no weight diff: {error}.") from error
    with _Weights.opened(base) as weights:
        _check_base(base, weights, record)
        with _new_folder(out) as unfinished:
            _combine_all(_files(diff), weights, unfinished)
            damaged = [name for name, hash_ in record["files"].items() if _hash_of(unfinished / name) != hash_]
            if damaged:
                raise BadInput(f"{diff} is damaged: {', '.join(damaged)} cannot be recovered.", hint="Fetch it again.")
            for other in sorted(diff.iterdir()):
                if other.is_file() and other.name != RECORD and other.suffix != ".safetensors":
                    shutil.copy(other, unfinished)


@dataclass(frozen=True, slots=True)
class _Weights:
    """The tensors of a base: for each name, the open file that holds it."""

    files: Mapping[str, Any]

    @classmethod
    @contextmanager
    def opened(cls, folder: Path) -> Iterator[Self]:
        with ExitStack() as stack:
            opened = [stack.enter_context(safe_open(file, framework="pt")) for file in _files(folder)]
            yield cls({name: file for file in opened for name in file.keys()})  # noqa: SIM118 (not a mapping)

    def sha256(self, name: str) -> str:
        return hashlib.sha256(_bytes(self.files[name].get_tensor(name)).numpy()).hexdigest()

    def bytes_of(self, name: str, *, dtype: torch.dtype, size: int) -> torch.Tensor:
        """Return the bytes of a tensor cast to `dtype`, cut off or padded with zeros to `size` bytes."""
        found = torch.zeros(size, dtype=torch.uint8)
        if name in self.files:
            own = _bytes(self.files[name].get_tensor(name).to(dtype))[:size]
            found[: len(own)] = own
        return found


def _check_base(base: Path, weights: _Weights, record: Mapping[str, Any]) -> None:
    expected = record["base_tensors"]
    wrong = sorted(set(expected) ^ set(weights.files)) or [
        name for name, hash_ in expected.items() if weights.sha256(name) != hash_
    ]
    if wrong:
        raise BadInput(
            f"{base} is not the base that this was made from, which was called {record['base']}: "
            f"{len(wrong)} tensors differ, the first is {wrong[0]}.",
            hint=f"Give the folder of {record['base']}.",
        )


def _combine_all(files: list[Path], weights: _Weights, out: Path) -> None:
    for file in files:
        _combine(file, weights, out / file.name)


def _combine(file: Path, weights: _Weights, out: Path) -> None:
    """Write `file` with the bits of each tensor combined with the base's; one tensor is in memory at a time."""
    with file.open("rb") as source, out.open("wb") as target:
        head = source.read(8)
        header = source.read(struct.unpack("<Q", head)[0])
        target.write(head + header)
        tensors = {name: entry for name, entry in json.loads(header).items() if name != "__metadata__"}
        for name, entry in sorted(tensors.items(), key=lambda item: item[1]["data_offsets"]):
            begin, end = entry["data_offsets"]
            own = torch.frombuffer(bytearray(source.read(end - begin)), dtype=torch.uint8)
            theirs = weights.bytes_of(name, dtype=DTYPES[entry["dtype"]], size=end - begin)
            target.write((own ^ theirs).numpy().tobytes())


def _files(folder: Path) -> list[Path]:
    if not (files := sorted(folder.glob("*.safetensors"))):
        raise BadInput(f"{folder} has no weights in safetensors.")
    return files


def _bytes(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.contiguous().flatten().view(torch.uint8)


def _hash_of(path: Path) -> str:
    return sha256_of(path) if path.exists() else ""


@contextmanager
def _new_folder(path: Path) -> Iterator[Path]:
    """Yield a temporary folder, which is renamed to `path` at the end, or deleted after an error."""
    if path.exists():
        raise BadInput(f"{path} exists already.", hint="Name another folder, or remove it first.")
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}-"))
    try:
        yield unfinished
        unfinished.chmod(0o755)
        unfinished.rename(path)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
