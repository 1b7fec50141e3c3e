"""`arena contenders add` from an endpoint, a run's folder or a model card."""

import io
import sys
from pathlib import Path

import pytest

from arena.cli import main
from arena.contenders.file import append_contenders, read_contenders
from arena.contenders.register import Contenders
from arena.contenders.sources import facts_of_card, facts_of_run
from arena.db.session import Database
from arena.errors import BadConfiguration
from tests.endpoints.openai_server import FakeEndpoint

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
KEPT = """# Our contenders. Ask Mina before you change one.
[[contender]]
slug = "short"       # she likes it
label = "Short"
backend = "scripted"
reply = "Yes."
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database_url: str) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ARENA_DATABASE_URL", database_url)
    return tmp_path


def test_what_is_added_is_written_behind_what_stands_in_the_file(folder: Path, fake_endpoint: FakeEndpoint):
    file = folder / "contenders.toml"
    file.write_text(KEPT)
    assert main(["contenders", "add", fake_endpoint.url, "ok", "--licence", "MIT"]) == 0
    assert file.read_text().startswith(KEPT)
    assert [entry.slug for entry in read_contenders(file)] == ["short", "ok"]


def test_a_file_that_would_have_a_fault_is_left_as_it_is(folder: Path, database: Database):
    file = folder / "contenders.toml"
    file.write_text(KEPT)
    assert main(["contenders", "add", "http://127.0.0.1:9/v1", "short"]) == 2
    assert file.read_text() == KEPT
    assert Contenders(database).list() == ()


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


@pytest.mark.parametrize("text", ["# Vicuna", "---\n- a\n---\n", "---\n{: ]\n---\n"])
def test_a_card_without_metadata_is_refused_in_a_sentence(folder: Path, text: str):
    (folder / "README.md").write_text(text)
    with pytest.raises(BadConfiguration):
        facts_of_card(Path("README.md"), model=None, url="http://127.0.0.1:8000/v1")


def test_without_a_model_the_endpoints_list_is_shown(
    fake_endpoint: FakeEndpoint, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    assert main(["contenders", "add", fake_endpoint.url]) == 2
    assert "Which model? It lists: ok, echo" in capsys.readouterr().err


def test_a_person_at_a_terminal_is_asked(
    database: Database, fake_endpoint: FakeEndpoint, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    terminal = io.StringIO(f"{fake_endpoint.url}\necho\n\nThe Echo\nMIT\n")
    terminal.isatty = lambda: True  # type: ignore[method-assign]
    monkeypatch.setattr(sys, "stdin", terminal)
    assert main(["contenders", "add"]) == 0
    (row,) = Contenders(database).list()
    assert (row.slug, row.label, row.licence) == ("echo", "The Echo", "MIT")
    assert "slug [echo]: label [echo]: licence: " in capsys.readouterr().err


def test_an_answer_that_cannot_be_used_is_asked_for_again(
    database: Database, fake_endpoint: FakeEndpoint, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    terminal = io.StringIO(f"\nlocalhost:8000\n{fake_endpoint.url}\n\necho\nTwo Words\necho-2\n\n\n")
    terminal.isatty = lambda: True  # type: ignore[method-assign]
    monkeypatch.setattr(sys, "stdin", terminal)
    assert main(["contenders", "add"]) == 0
    (row,) = Contenders(database).list()
    assert (row.slug, row.label) == ("echo-2", "echo")
    said = capsys.readouterr().err
    assert said.count("an address begins with http:// or https://") == 2
    assert "The slug must be up to 60 of the characters" in said


def test_a_dialogue_that_is_broken_off_registers_nothing(
    database: Database, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    terminal = io.StringIO("")
    terminal.isatty = lambda: True  # type: ignore[method-assign]
    monkeypatch.setattr(sys, "stdin", terminal)
    assert main(["contenders", "add"]) == 2
    assert "Nothing was registered." in capsys.readouterr().err
    assert Contenders(database).list() == ()
