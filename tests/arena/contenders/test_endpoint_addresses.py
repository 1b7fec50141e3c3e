"""Endpoints at private addresses are refused with a sentence before they are registered, unless they are allowed."""

from pathlib import Path

import pytest

from arena.cli import main
from arena.contenders.endpoint_addresses import out_of_reach
from arena.contenders.register import Contenders
from arena.db.session import Database, sqlite_url
from arena.errors import BadConfiguration
from arena.settings import Settings
from generation.backends.reach import Reach
from tests.endpoints.openai_server import FakeEndpoint

TABLE = """
[[contender]]
slug = "{slug}"
label = "The {slug}"
backend = "openai"
model = "ok"
{address}
"""


def described(slug: str, address: str) -> str:
    return TABLE.format(slug=slug, address=address)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def registered() -> set[str]:
    database = Database(sqlite_url(Path(".arena") / "arena.db"))
    slugs = {row.slug for row in Contenders(database).list()}
    database.close()
    return slugs


def test_a_file_is_refused_as_a_whole_and_each_private_endpoint_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    tables = [
        described("here", 'url = "http://127.0.0.1:9/v1"'),
        described("metadata", 'url = "http://169.254.169.254/v1"'),
        described("lab", 'urls = ["http://10.0.0.1:8000/v1", "http://10.0.0.2:8000/v1"]'),
    ]
    (folder / "contenders.toml").write_text("".join(tables))
    assert main(["contenders", "sync"]) == 2
    printed = capsys.readouterr().err
    assert "metadata: 169.254.169.254 is at a private address" in printed
    assert printed.count("lab: 10.0.0.") == 2
    assert "here:" not in printed
    assert "ARENA_PRIVATE_NETWORKS=" in printed
    assert not (folder / ".arena").exists()
    monkeypatch.setenv("ARENA_PRIVATE_NETWORKS", "10.0.0.0/8,169.254.169.254/32")
    assert main(["contenders", "sync"]) == 0
    assert registered() == {"here", "metadata", "lab"}


def test_add_refuses_before_it_connects_or_writes(folder: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["contenders", "add", "http://192.168.0.7:8000/v1", "any"]) == 2
    assert "192.168.0.7 is at a private address" in capsys.readouterr().err
    assert main(["contenders", "add", "http://192.168.0.7:8000/v1"]) == 2  # not even asked what it lists
    assert "192.168.0.7 is at a private address" in capsys.readouterr().err
    assert [*folder.iterdir()] == []


def test_the_check_says_it_of_one_that_was_registered_before(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("ARENA_PRIVATE_NETWORKS", "10.0.0.0/8")
    assert main(["contenders", "add", "http://10.0.0.1:8000/v1", "any"]) == 0
    monkeypatch.delenv("ARENA_PRIVATE_NETWORKS")
    assert main(["contenders", "check"]) == 1
    assert "10.0.0.1 is at a private address" in capsys.readouterr().out


async def test_a_name_that_does_not_resolve_is_left_to_the_connection():
    assert await out_of_reach({"away": {"url": "http://no-such-host.invalid/v1"}}, Reach()) == []


def test_this_machine_needs_no_setting(folder: Path, fake_endpoint: FakeEndpoint):
    assert main(["contenders", "add", fake_endpoint.url, "ok"]) == 0
    assert main(["contenders", "activate", "ok"]) == 0


def test_networks_that_cannot_be_read_are_named():
    with pytest.raises(BadConfiguration, match=r"ARENA_PRIVATE_NETWORKS: 'lan'"):
        _ = Settings.from_env({"ARENA_PRIVATE_NETWORKS": "lan"}).reach
