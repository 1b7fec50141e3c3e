"""`arena contenders add`: from an address, from folders, or by questions at a terminal."""

import asyncio
import io
import shutil
import sys
from pathlib import Path

import pytest

from arena.cli import main
from arena.contenders.file import read_contenders
from arena.contenders.register import Contenders
from arena.db.session import Database
from tests.arena.operations.test_vllm_servers import adapter, base
from tests.endpoints.openai_server import FakeEndpoint
from tests.endpoints.plugin import TinyLlamas
from tests.endpoints.sending_server import sending

__all__ = ["base"]

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


@pytest.fixture
def contenders(database: Database) -> Contenders:
    return Contenders(database)


def statuses(contenders: Contenders) -> dict[str, str]:
    return {row.slug: row.status.value for row in contenders.list()}


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


def test_two_lines_take_an_endpoints_model_into_battles(
    contenders: Contenders, fake_endpoint: FakeEndpoint, capsys: pytest.CaptureFixture[str]
):
    assert main(["contenders", "add", fake_endpoint.url, "ok", "--licence", "Apache-2.0"]) == 0
    assert statuses(contenders) == {"ok": "candidate"}
    assert "arena contenders activate ok" in capsys.readouterr().err
    assert main(["contenders", "activate", "ok"]) == 0
    (row,) = contenders.active()
    assert (row.label, row.licence) == ("ok", "Apache-2.0")
    assert row.options == {"url": fake_endpoint.url, "model": "ok"}


def test_a_tiny_checkpoint_is_served_without_torch_where_that_is_possible(
    contenders: Contenders, tiny_llamas: TinyLlamas
):
    folder = str(tiny_llamas.folder / "tiny-1")
    assert main(["contenders", "add", folder]) == 0
    assert [(row.backend, row.options) for row in contenders.list()] == [("numpy", {"folder": folder})]


def test_several_models_of_one_address_are_added_at_once(
    contenders: Contenders, fake_endpoint: FakeEndpoint, capsys: pytest.CaptureFixture[str]
):
    assert main(["contenders", "add", fake_endpoint.url, "ok", "echo", "lab/json"]) == 0
    assert statuses(contenders) == dict.fromkeys(("ok", "echo", "json"), "candidate")
    assert main(["contenders", "add", fake_endpoint.url, "ok", "echo", "--slug", "both"]) == 2
    assert "One slug or label cannot name several models." in capsys.readouterr().err


def test_an_address_of_another_api_is_refused_before_it_can_fail(
    contenders: Contenders, capsys: pytest.CaptureFixture[str]
):
    assert main(["contenders", "add", "https://api.example.org/v1/messages", "ok"]) == 2
    assert "url: belongs to Anthropic's API of messages; give the OpenAI-compatible address" in capsys.readouterr().err
    assert contenders.list() == ()


async def test_a_list_that_wants_a_key_says_so(capsys: pytest.CaptureFixture[str]):
    async with sending(b'{"error": "no key"}', status=401) as url:
        assert await asyncio.to_thread(main, ["contenders", "add", url]) == 2
    err = capsys.readouterr().err
    assert "only to those who give a key" in err
    assert "--api-key-env" in err


def test_folders_are_added_each_under_its_own_name(
    contenders: Contenders, base: Path, capsys: pytest.CaptureFixture[str]
):
    first, second = str(base), str(shutil.copytree(base, base.with_name("vicuna")))
    assert main(["contenders", "add", first, second]) == 0
    assert "arena contenders activate llama vicuna" in capsys.readouterr().err
    humming = adapter(base, "humming")
    assert main(["contenders", "add", "--served", str(humming), "--prompt-format", "alpaca"]) == 0
    assert "arena contenders serve humming" in capsys.readouterr().err
    in_process, _, served = contenders.list()
    assert (in_process.backend, in_process.options) == ("transformers", {"folder": first, "threads": 1})
    assert (served.backend, served.prompt_format) == ("openai", "alpaca")
    assert served.options == {"folder": str(humming), "model": "humming"}


def test_a_folder_that_holds_no_checkpoint_is_refused(contenders: Contenders, capsys: pytest.CaptureFixture[str]):
    assert main(["contenders", "add", "runs/nothing"]) == 2
    assert "There is no file or folder 'runs/nothing'" in capsys.readouterr().err
    assert contenders.list() == ()


@pytest.mark.parametrize(
    ("model", "slug"),
    [
        ("meta-llama/Llama-3.2-1B", "llama-3.2-1b"),
        ("qwen3:4b", "qwen3-4b"),
        ("한글-Model", "model"),
    ],
)
def test_a_slug_is_made_from_the_models_name(contenders: Contenders, model: str, slug: str):
    assert main(["contenders", "add", "http://127.0.0.1:9/v1", model]) == 0
    assert list(statuses(contenders)) == [slug]


def test_what_cannot_be_added_is_explained_at_once(contenders: Contenders, capsys: pytest.CaptureFixture[str]):
    line = ["add", "localhost:8000", "한글", "--api-key-env", "sk-canary-0123456789"]
    assert main(["contenders", *line]) == 2
    printed = capsys.readouterr().err
    assert "url: must be an http:// or https:// address" in printed
    assert "slug: must be" in printed
    assert "api_key_env: must be the name of an environment variable" in printed
    assert "canary" not in printed
    assert contenders.list() == ()


def test_a_private_address_is_refused_before_it_is_asked_or_written(
    folder: Path, contenders: Contenders, capsys: pytest.CaptureFixture[str]
):
    assert main(["contenders", "add", "http://192.168.0.7:8000/v1", "any"]) == 2
    assert "192.168.0.7 is at a private address" in capsys.readouterr().err
    assert main(["contenders", "add", "http://192.168.0.7:8000/v1"]) == 2  # not even asked what it lists
    assert "192.168.0.7 is at a private address" in capsys.readouterr().err
    assert not (folder / "contenders.toml").exists()
    assert contenders.list() == ()
