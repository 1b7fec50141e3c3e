"""What a run's folder and a model card tell of a contender."""

from pathlib import Path

import pytest

from arena.contenders.file import append_contenders
from arena.contenders.sources import facts_of_card, facts_of_run
from arena.errors import BadConfiguration

RUN = """
name = "alpaca-tiny"
finished_at = "2026-11-21T10:00:00Z"
base = "llama-7b"
base_licence = "LLaMA non-commercial"
base_run = ""
data_licences = ["CC BY-NC 4.0"]
method = "lora"
prompt_format = "alpaca"
stop = ["### Instruction:"]
weights_sha256 = "%s"
""" % ("a" * 64)
CARD = """---
license: other
license_name: llama2
license_link: https://example.org/LICENSE
language: [en, ko]
base_model: meta-llama/Llama-2-7b
base_model_relation: finetune
---
# Vicuna 7B
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_runs_record_tells_weights_lineage_format_and_licences(folder: Path):
    assert facts_of_run(folder) == {}
    (folder / "run.toml").write_text(RUN)
    assert facts_of_run(folder) == {
        "slug": "alpaca-tiny",
        "label": "alpaca-tiny",
        "base": "llama-7b",
        "relation": "adapter",
        "weight_type": "adapter",
        "licence": "LLaMA non-commercial",
        "licences": [{"artefact": "data", "licence": "CC BY-NC 4.0", "source": "run.toml of the run"}],
        "revision": "2026-11-21T10:00:00Z",
        "weights_sha256": "a" * 64,
        "prompt_format": "alpaca",
        "sampling": {"stop": ["### Instruction:"]},
    }


def test_what_a_run_tells_can_be_written_and_read_again(folder: Path):
    (folder / "run.toml").write_text(RUN)
    table = {**facts_of_run(folder), "backend": "openai", "url": "http://127.0.0.1:9/v1", "model": "tiny"}
    (entry,) = append_contenders(folder / "contenders.toml", [table])
    assert entry.licences == table["licences"]
    assert entry.sampling == {"stop": ["### Instruction:"]}


def test_a_model_card_tells_licence_base_and_languages(folder: Path):
    card = folder / "vicuna-7b" / "README.md"
    card.parent.mkdir()
    card.write_text(CARD)
    table = facts_of_card(card, model=None, url="http://127.0.0.1:8000/v1")
    assert table == {
        "slug": "vicuna-7b",
        "label": "vicuna-7b",
        "backend": "openai",
        "url": "http://127.0.0.1:8000/v1",
        "model": "vicuna-7b",
        "base": "meta-llama/Llama-2-7b",
        "relation": "finetune",
        "licence": "llama2",
        "licences": [{"artefact": "weights", "licence": "llama2", "source": "https://example.org/LICENSE"}],
        "languages": ["en", "ko"],
    }
    with pytest.raises(BadConfiguration, match="where the model is served"):
        facts_of_card(card, model=None, url=None)


def test_a_card_in_another_file_has_the_name_of_the_file(folder: Path):
    card = folder / "koala-13b.md"
    card.write_text(CARD)
    assert facts_of_card(card, model=None, url="http://127.0.0.1:8000/v1")["label"] == "koala-13b"


def test_a_path_of_this_machine_is_not_told_as_a_base(folder: Path):
    (folder / "run.toml").write_text(RUN.replace('"llama-7b"', '"/srv/lab/runs/base"'))
    assert facts_of_run(folder)["base"] == "base"


@pytest.mark.parametrize("text", ["# Vicuna", "---\n- a\n---\n", "---\n{: ]\n---\n"])
def test_a_card_without_metadata_is_refused_in_a_sentence(folder: Path, text: str):
    (folder / "README.md").write_text(text)
    with pytest.raises(BadConfiguration):
        facts_of_card(Path("README.md"), model=None, url="http://127.0.0.1:8000/v1")
