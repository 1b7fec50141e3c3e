"""Export: what a run leaves is what any server of checkpoints loads, whatever the weights looked like in training."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM

from tests.training.conftest import Runs, record_of
from training.errors import TrainingError
from training.export import export
from training.ranks import joined_ranks
from training.recipe import load_recipe
from training.sharded import load_tokenizer, load_weights, shard


def test_sharded_weights_are_exported_as_save_pretrained_writes_them(base: Path, tmp_path: Path):
    recipe = load_recipe("debug_tiny", changes=[f"base={base}", "fresh=false"])
    with joined_ranks({}) as ranks:
        weights = shard(load_weights(recipe), ranks, dtype=torch.float32)
        export(tmp_path / "run", weights, load_tokenizer(recipe.base), recipe, ranks)
    ours, theirs = (load_file(folder / "model.safetensors") for folder in (tmp_path / "run", base))
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


@pytest.mark.parametrize(
    ("method", "targets"), [("lora", '["q_proj","v_proj"]'), ("lora", '["q_proj","down_proj"]'), ("ia3", "")]
)
def test_an_adapter_is_exported_beside_merged_weights_with_its_logits(runs: Runs, method: str, targets: str):
    from peft import PeftModel

    choice = [f"adapter.targets={targets}"] if targets else []
    run = runs.here("adapted", f"adapter.method={method}", *choice, "optimizer.lr=1e-2")
    base = AutoModelForCausalLM.from_pretrained(runs.base)
    probe = torch.tensor([[5, 80, 300, 41, 9]])
    with torch.no_grad():
        untouched = base(probe).logits
        adapted = PeftModel.from_pretrained(base, str(run / "adapter")).eval()(probe).logits
        merged = AutoModelForCausalLM.from_pretrained(run)(probe).logits
    torch.testing.assert_close(merged, adapted, rtol=1e-4, atol=1e-4)
    assert (adapted - untouched).abs().max() > 0.1
    record = record_of(run)
    assert record["method"] == method
    assert record["counts"]["trainable_parameters"] < record["counts"]["parameters"] / 10


def test_a_merge_that_changes_the_logits_is_not_exported(base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("training.export.MERGE_TOLERANCE", -1.0)
    words = [f"base={base}", "fresh=false", "adapter.method=lora", 'adapter.targets=["q_proj"]']
    recipe = load_recipe("debug_tiny", changes=words)
    with joined_ranks({}) as ranks, pytest.raises(TrainingError, match="Merging the adapter changes its logits"):
        export(tmp_path / "run", load_weights(recipe), load_tokenizer(recipe.base), recipe, ranks)
    assert not list((tmp_path / "run").glob("*.safetensors"))


def test_an_export_over_an_adapters_run_leaves_no_adapter_of_the_run_before(base: Path, tmp_path: Path):
    """A server would take a left-over adapter for the weights' own."""
    (tmp_path / "run/adapter").mkdir(parents=True)
    recipe = load_recipe("debug_tiny", changes=[f"base={base}", "fresh=false"])
    with joined_ranks({}) as ranks:
        export(tmp_path / "run", load_weights(recipe), load_tokenizer(recipe.base), recipe, ranks)
    assert not (tmp_path / "run/adapter").exists()


def test_a_server_under_another_user_may_read_the_export(trained: Path):
    files = [
        path for path in trained.iterdir() if path.suffix in {".safetensors", ".json"} and path.name != "recipe.json"
    ]
    assert {oct(path.stat().st_mode & 0o777) for path in files} == {"0o644"}
