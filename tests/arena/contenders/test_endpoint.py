"""Endpoints at private addresses are refused with a sentence before they are registered, unless they are allowed."""

from pathlib import Path

import pytest

from arena.cli import main
from arena.contenders.endpoint import Endpoint, EndpointLimits, out_of_reach
from arena.contenders.register import Contenders
from arena.contenders.schema import ContenderEntry
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


def test_the_check_says_it_of_one_that_was_registered_before(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("ARENA_PRIVATE_NETWORKS", "10.0.0.0/8")
    assert main(["contenders", "add", "http://10.0.0.1:8000/v1", "any"]) == 0
    monkeypatch.delenv("ARENA_PRIVATE_NETWORKS")
    assert main(["contenders", "check"]) == 1
    assert "10.0.0.1 is at a private address" in capsys.readouterr().out


async def test_a_name_that_does_not_resolve_is_left_to_the_connection():
    assert await out_of_reach([Endpoint.at("http://no-such-host.invalid/v1")], Reach()) == []


def test_this_machine_needs_no_setting(folder: Path, fake_endpoint: FakeEndpoint):
    assert main(["contenders", "add", fake_endpoint.url, "ok"]) == 0
    assert main(["contenders", "activate", "ok"]) == 0


def test_networks_that_cannot_be_read_are_named():
    with pytest.raises(BadConfiguration, match=r"ARENA_PRIVATE_NETWORKS: 'lan'"):
        _ = Settings.from_env({"ARENA_PRIVATE_NETWORKS": "lan"}).reach


def at(slug: str, *addresses: str, limit: int | None = None) -> ContenderEntry:
    """Return a contender that answers at these addresses."""
    options = {"url": addresses[0]} if len(addresses) == 1 else {"urls": [*addresses]}
    return ContenderEntry(slug=slug, label=slug, backend="openai", options=options, max_concurrent=limit)


@pytest.mark.parametrize(
    "written",
    [
        "http://gpu1:8000/v1/",
        "http://GPU1:8000/v1",
        "HTTP://gpu1:8000",
        "http://gpu1.:8000/v1",
        "http://gpu1:8000/v1/chat/completions",
    ],
)
def test_an_address_is_the_same_endpoint_however_it_is_written(written: str):
    assert Endpoint.at(written).identity == Endpoint.at("http://gpu1:8000/v1").identity


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("http://lab/v1", "http://lab:80/v1", True),
        ("https://lab/v1", "https://lab:443/v1/", True),
        ("https://lab/v1", "https://lab:80/v1", False),
        ("http://lab/v1", "https://lab/v1", False),
        ("http://lab/v1", "http://lab/v2", False),
        ("http://[::1]:80/v1", "http://[::1]/v1", True),
    ],
)
def test_the_usual_port_of_a_scheme_need_not_be_written(one: str, other: str, same: bool):
    assert (Endpoint.at(one).identity == Endpoint.at(other).identity) is same


def test_servers_in_another_order_are_one_endpoint_and_some_of_them_are_another():
    both, turned = at("both", "http://a/v1", "http://b/v1"), at("turned", "http://B/v1/", "http://a:80/v1")
    assert Endpoint.of(both).identity == Endpoint.of(turned).identity
    assert Endpoint.of(at("one", "http://a/v1")).identity != Endpoint.of(both).identity


def test_what_runs_in_this_process_is_an_endpoint_of_its_own():
    tiny, other = (ContenderEntry(slug=slug, label=slug, backend="numpy", options={"folder": "x"}) for slug in "ab")
    assert Endpoint.of(tiny).addresses == ()
    assert Endpoint.of(tiny).identity != Endpoint.of(other).identity


def test_limits_that_contradict_each_other_are_told_in_a_sentence():
    limits = EndpointLimits(
        [
            at("one", "http://gpu1/v1", limit=1),
            at("eight", "http://gpu1:80/v1/", limit=8),
            at("silent", "http://gpu1/v1"),
        ]
    )
    (sentence,) = limits.contradictions()
    assert sentence.startswith("http://gpu1/v1: `max_concurrent` of one endpoint is stated as one 1 and eight 8")
    assert sentence.endswith("the smallest holds for all of them, 1.")


def test_a_server_that_is_shared_in_part_is_told_where_there_is_a_limit():
    alone, both = at("alone", "http://a/v1", limit=1), at("both", "http://a/v1", "http://b/v1")
    (sentence,) = EndpointLimits([alone, both]).contradictions()
    assert sentence.startswith("http://a/v1: alone and both share this server and not all of their addresses")
    assert [*EndpointLimits([at("alone", "http://a/v1"), both]).contradictions()] == []


def test_sync_and_check_say_that_limits_contradict_each_other(
    folder: Path, fake_endpoint: FakeEndpoint, capsys: pytest.CaptureFixture[str]
):
    tables = [
        described("one", f'url = "{fake_endpoint.url}"\nmax_concurrent = 1'),
        described("eight", f'url = "{fake_endpoint.url}/"\nmax_concurrent = 8'),
    ]
    (folder / "contenders.toml").write_text("".join(tables))
    for command in ("sync", "check"):
        assert main(["contenders", command]) == 0
        assert "`max_concurrent` of one endpoint is stated as one 1 and eight 8" in capsys.readouterr().err
    assert main(["contenders", "retire", "one"]) == 0
    assert main(["contenders", "check"]) == 0
    assert "max_concurrent" not in capsys.readouterr().err
