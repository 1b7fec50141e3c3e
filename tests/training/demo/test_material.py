"""Material: a seed gives the same files again, in the formats that recipes read."""

from pathlib import Path

from training.demo.material import write_material
from training.examples import conversations


def test_the_material_is_the_same_again(tmp_path: Path, runs: Path):
    write_material(tmp_path, scale=0.005)
    for name in ("text.txt", "alpaca.json", "sharegpt.json", "start/tokenizer.json", "start/config.json"):
        assert (tmp_path / name).read_bytes() == (runs / "material" / name).read_bytes()


def test_another_seed_draws_other_rows(tmp_path: Path):
    for seed in (0, 1):
        write_material(tmp_path / str(seed), seed=seed, scale=0.001)
    for name in ("text.txt", "alpaca.json", "sharegpt.json"):
        assert (tmp_path / "0" / name).read_bytes() != (tmp_path / "1" / name).read_bytes()


def test_the_rows_are_conversations_and_some_have_several_turns(runs: Path):
    roles = [
        [message["role"] for message in messages]
        for name in ("alpaca.json", "sharegpt.json")
        for _, messages in conversations(runs / "material" / name)
    ]
    assert {tuple(turns[:2]) for turns in roles} == {("user", "assistant")}
    assert 2 < max(map(len, roles)) <= 8
