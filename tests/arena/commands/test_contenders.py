"""`arena contenders`: what a maintainer types, from an empty folder to contenders in battles."""

import json
import shutil
from pathlib import Path

import pytest

from arena.cli import main
from arena.contenders.register import Contenders
from arena.db.session import Database
from tests.arena.operations.test_vllm_servers import adapter, base
from tests.endpoints.openai_server import FakeEndpoint

__all__ = ["base"]

TWO = """
[[contender]]
slug = "short"
label = "Short"
backend = "scripted"
reply = "Yes."

[[contender]]
slug = "silent"
label = "Silent"
backend = "scripted"
fail = "server_fault"
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database_url: str) -> Path:
    """An empty folder to type commands in, with a migrated database of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ARENA_DATABASE_URL", database_url)
    return tmp_path


@pytest.fixture
def contenders(database: Database) -> Contenders:
    return Contenders(database)


def statuses(contenders: Contenders) -> dict[str, str]:
    return {row.slug: row.status.value for row in contenders.list()}


def test_the_example_can_be_synced_as_it_is(folder: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["contenders", "example"]) == 0
    (folder / "contenders.toml").write_text(capsys.readouterr().out)
    assert main(["contenders", "sync"]) == 0
    assert "added:     alpaca-7b, llama-7b, reference, alpaca-lora, tiny, davinci-003" in capsys.readouterr().out


def test_a_sync_tells_what_it_did_and_what_comes_next(folder: Path, capsys: pytest.CaptureFixture[str]):
    file = folder / "mine.toml"
    file.write_text(TWO)
    assert main(["contenders", "sync", str(file)]) == 0
    printed = capsys.readouterr()
    assert printed.out == "added:     short, silent\n"
    assert "arena contenders activate --all" in printed.err
    file.write_text(TWO.split("\n\n")[0].replace("Yes.", "No."))
    main(["contenders", "sync", str(file)])
    assert capsys.readouterr().out == "changed:   short\nabsent:    silent\n"


def test_a_faulty_file_changes_nothing_and_ends_with_2(
    folder: Path, contenders: Contenders, capsys: pytest.CaptureFixture[str]
):
    (folder / "contenders.toml").write_text(TWO + "[[contender]]\nslug = 'x'\n")
    assert main(["contenders", "sync"]) == 2
    assert 'contenders.toml:13: [[contender]] 3 ("x"): label: is missing' in capsys.readouterr().err
    assert contenders.list() == ()


def test_activating_all_takes_those_that_pass_and_says_why_the_others_stay(
    folder: Path, contenders: Contenders, capsys: pytest.CaptureFixture[str]
):
    (folder / "contenders.toml").write_text(TWO)
    main(["contenders", "sync"])
    assert main(["contenders", "activate", "--all"]) == 1
    printed = capsys.readouterr()
    assert statuses(contenders) == {"short": "active", "silent": "candidate"}
    assert "Not activated: silent." in printed.err
    assert "silent: fault: The script fails here" in printed.out


def test_a_check_prints_one_row_each_and_ends_with_1_where_one_failed(folder: Path, capsys: pytest.CaptureFixture[str]):
    (folder / "contenders.toml").write_text(TWO)
    main(["contenders", "sync"])
    capsys.readouterr()
    assert main(["contenders", "check", "short"]) == 0
    assert main(["contenders", "check"]) == 1
    table, oddities = capsys.readouterr().out.split("\n\n")[-2:]
    assert [row.split()[0] for row in table.splitlines()[-3:]] == ["slug", "short", "silent"]
    assert [line.split()[0] for line in oddities.splitlines()] == ["short:", "silent:", "silent:"]


def test_a_check_as_json_has_the_figures(folder: Path, capsys: pytest.CaptureFixture[str]):
    (folder / "contenders.toml").write_text(TWO)
    main(["contenders", "sync"])
    capsys.readouterr()
    assert main(["contenders", "check", "--json"]) == 1
    short, silent = json.loads(capsys.readouterr().out)
    assert (short["slug"], short["passed"], short["num_pieces"], short["finish_reason"]) == ("short", True, 1, "stop")
    assert (silent["slug"], silent["passed"], silent["reachable"]) == ("silent", False, True)


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


def test_contenders_are_paused_activated_and_retired_with_a_reason(
    folder: Path, contenders: Contenders, capsys: pytest.CaptureFixture[str]
):
    (folder / "contenders.toml").write_text(TWO)
    main(["contenders", "sync"])
    main(["contenders", "activate", "short"])
    assert main(["contenders", "pause", "short", "--reason", "its server moves"]) == 0
    assert main(["contenders", "retire", "silent"]) == 0
    assert statuses(contenders) == {"short": "paused", "silent": "retired"}
    capsys.readouterr()
    assert main(["contenders", "list"]) == 0
    _, short, silent = capsys.readouterr().out.splitlines()
    assert "its server moves" in short
    assert "by hand" in silent
    assert main(["contenders", "activate", "silent"]) == 1
    assert "Retired for good: silent" in capsys.readouterr().err


def test_an_unknown_slug_changes_nothing(folder: Path, contenders: Contenders, capsys: pytest.CaptureFixture[str]):
    (folder / "contenders.toml").write_text(TWO)
    main(["contenders", "sync"])
    assert main(["contenders", "retire", "short", "shrot"]) == 1
    assert "No contender is called `shrot`" in capsys.readouterr().err
    assert statuses(contenders)["short"] == "candidate"


def test_activate_needs_names_or_all(capsys: pytest.CaptureFixture[str]):
    assert main(["contenders", "activate"]) == 2
    assert "--all" in capsys.readouterr().err


def test_an_empty_arena_says_how_to_fill_it(capsys: pytest.CaptureFixture[str]):
    assert main(["contenders", "list"]) == 0
    assert "arena contenders add URL MODEL" in capsys.readouterr().err
    assert main(["contenders", "check"]) == 1
