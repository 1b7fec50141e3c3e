"""Weight diffs: the fine-tune to the last bit, and nothing for whoever has another base."""

import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from generation.errors import BadInput
from training.weight_diff import apply_diff, make_diff


def write(folder: Path, seed: int, *, dtype: torch.dtype = torch.bfloat16, rows: int = 6) -> Path:
    folder.mkdir()
    torch.manual_seed(seed)
    save_file({"embed": torch.randn(rows, 4).to(dtype), "one": torch.randn(3).to(dtype)}, folder / "a.safetensors")
    save_file({"two": torch.randn(5, 2).to(dtype)}, folder / "b.safetensors")
    (folder / "config.json").write_text(f'{{"seed": {seed}}}')
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32, torch.float16])
def test_the_fine_tune_comes_back_to_the_last_bit(tmp_path: Path, dtype: torch.dtype):
    base, tuned = write(tmp_path / "base", 1), write(tmp_path / "tuned", 2, dtype=dtype)
    make_diff(base, tuned, tmp_path / "diff")
    apply_diff(base, tmp_path / "diff", tmp_path / "again")
    assert contents(tmp_path / "again") == contents(tuned)


@pytest.mark.parametrize("rows", [4, 9])
def test_a_vocabulary_that_grew_or_shrank_comes_back_too(tmp_path: Path, rows: int):
    base, tuned = write(tmp_path / "base", 1), write(tmp_path / "tuned", 2, rows=rows)
    make_diff(base, tuned, tmp_path / "diff")
    apply_diff(base, tmp_path / "diff", tmp_path / "again")
    assert contents(tmp_path / "again") == contents(tuned)


def test_what_did_not_change_is_nothing_in_the_difference(tmp_path: Path):
    base = write(tmp_path / "base", 1)
    make_diff(base, shutil.copytree(base, tmp_path / "tuned"), tmp_path / "diff")
    assert not any(tensor.any() for tensor in load_file(tmp_path / "diff/a.safetensors").values())


def test_the_wrong_base_is_refused_by_name_before_anything_is_written(tmp_path: Path):
    base, tuned, other = write(tmp_path / "base", 1), write(tmp_path / "tuned", 2), write(tmp_path / "other", 3)
    make_diff(base, tuned, tmp_path / "diff")
    with pytest.raises(BadInput, match=r"other is not the base .* called base: 3 tensors differ, the first is embed"):
        apply_diff(other, tmp_path / "diff", tmp_path / "again")
    assert not (tmp_path / "again").exists()


def test_a_damaged_difference_is_refused_with_the_file_and_leaves_nothing(tmp_path: Path):
    base, tuned = write(tmp_path / "base", 1), write(tmp_path / "tuned", 2)
    make_diff(base, tuned, tmp_path / "diff")
    spoiled = tmp_path / "diff/b.safetensors"
    spoiled.write_bytes(spoiled.read_bytes()[:-1] + b"\x07")
    with pytest.raises(BadInput, match=r"damaged: b\.safetensors"):
        apply_diff(base, tmp_path / "diff", tmp_path / "again")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["base", "diff", "tuned"]


def test_a_folder_that_is_no_difference_is_refused(tmp_path: Path):
    with pytest.raises(BadInput, match="no weight diff"):
        apply_diff(write(tmp_path / "base", 1), write(tmp_path / "x", 2), tmp_path / "out")
