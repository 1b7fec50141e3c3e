"""`arena contenders`: what a maintainer types, from an empty folder to contenders in battles."""

import json
from pathlib import Path

import pytest

from arena.cli import main
from arena.contenders.register import Contenders
from arena.db.session import Database
from tests.arena.operations.test_vllm_servers import base
from tests.endpoints.vendors_server import FakeVendors

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


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_vendors_own_api_is_registered_checked_and_activated_like_any_other(
    folder: Path, contenders: Contenders, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    pytest.importorskip("pydantic_ai")
    vendors = FakeVendors().start()
    asked = {"anthropic": "thinks", "gemini": "whole", "responses": "bad-key"}  # the model is what the fake does
    (folder / "contenders.toml").write_text(
        "".join(
            f'[[contender]]\nslug = "{vendor}"\nlabel = "{vendor}"\nlicence = "proprietary"\nbackend = "vendor"\n'
            f'vendor = "{vendor}"\nmodel = "{model}"\nurl = "{vendors.url}"\napi_key_env = "VENDOR_KEY"\n'
            for vendor, model in asked.items()
        )
    )
    monkeypatch.setenv("VENDOR_KEY", "sk-canary-11")
    try:
        assert main(["contenders", "sync"]) == 0
        assert main(["contenders", "activate", "--all"]) == 1
    finally:
        vendors.stop()
    printed = capsys.readouterr()
    assert statuses(contenders) == {"anthropic": "active", "gemini": "active", "responses": "candidate"}
    assert "401 “invalid x-api-key” → Check the key." in printed.out
    assert "sk-canary-11" not in printed.out + printed.err
