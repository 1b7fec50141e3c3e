"""`arena contenders serve`, with a program that behaves like vLLM."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from arena.cli import main
from arena.contenders.register import Contenders
from arena.db.session import Database, sqlite_url
from tests.arena.operations.test_vllm_servers import adapter, base
from tests.arena.operations.test_watched_process import FAKE
from tests.live.waiting import wait_until

__all__ = ["base"]

ONE = """
[[contender]]
slug = "{name}"
label = "{name}"
backend = "openai"
folder = "{folder}"
model = "ok:n={words}"
prompt_format = "alpaca"
"""


@pytest.fixture
def folder(tmp_path: Path, migrated_sqlite: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to type commands in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ARENA_HOME", str(tmp_path / ".arena"))
    (tmp_path / ".arena").mkdir()
    (tmp_path / ".arena" / "arena.db").write_bytes(migrated_sqlite.read_bytes())
    fake = tmp_path / "vllm"
    fake.write_text(f'#!/bin/sh\nexec {sys.executable} {FAKE} "$@"\n')
    fake.chmod(0o755)
    return tmp_path


def register(folder: Path, served: dict[str, Path]) -> None:
    tables = (ONE.format(name=name, folder=path, words=len(name)) for name, path in served.items())
    (folder / "contenders.toml").write_text("".join(tables))
    assert main(["contenders", "sync"]) == 0


def urls(folder: Path) -> dict[str, str | None]:
    with closing(Database(sqlite_url(folder / ".arena" / "arena.db"))) as database:
        return {row.slug: row.options.get("url") for row in Contenders(database).list()}


@contextmanager
def serving(folder: Path, *slugs: str) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "arena", "contenders", "serve", *slugs, "--vllm", str(folder / "vllm")]
    with (folder / "printed").open("w") as printed, (folder / "said").open("w") as said:
        process = subprocess.Popen(command, cwd=folder, stdout=printed, stderr=said)
    try:
        wait_until(lambda: all(urls(folder)[slug] for slug in slugs) or process.poll() is not None, every_s=0.2)
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def test_contenders_are_served_found_checked_and_stopped(folder: Path, base: Path, capsys: pytest.CaptureFixture[str]):
    register(folder, {"a": adapter(base, "one"), "bb": adapter(base, "two")})
    assert main(["contenders", "check", "a"]) == 1
    assert "arena contenders serve a" in capsys.readouterr().out
    with serving(folder, "a", "bb") as process:
        assert main(["contenders", "check", "a", "bb"]) == 0
        addresses = urls(folder)
        assert addresses["a"] == addresses["bb"]
        command = (folder / "printed").read_text()
        assert f"{folder / 'vllm'} serve {base}" in command
        assert "--lora-modules" in command
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    assert "Stopped." in (folder / "said").read_text()
    # Described anew from the file, which gives no address, they are still where they were; and so is the port.
    assert main(["contenders", "sync"]) == 0
    assert urls(folder) == addresses
    capsys.readouterr()
    assert main(["contenders", "serve", "a", "--print", "--args", "--dtype", "bfloat16"]) == 0
    printed = capsys.readouterr().out
    assert f"--port {str(addresses['a']).split(':')[2].split('/')[0]} " in printed
    assert printed.endswith("--dtype bfloat16\n")


def test_a_killed_server_comes_back_under_its_address(folder: Path, base: Path):
    register(folder, {"a": adapter(base, "one")})
    with serving(folder, "a") as process:
        child = int((base / "pids").read_text())
        os.killpg(os.getpgid(child), signal.SIGKILL)
        wait_until(lambda: (folder / "said").read_text().count("served at") == 2)
        assert main(["contenders", "check", "a"]) == 0
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130


def test_what_cannot_be_served_is_a_sentence(folder: Path, base: Path, capsys: pytest.CaptureFixture[str]):
    register(folder, {"a": adapter(base, "one")})
    assert main(["contenders", "serve", "nobody"]) == 1
    assert main(["contenders", "serve", "a", "--vllm", "no-such-vllm"]) == 2
    printed = capsys.readouterr().err
    assert "No contender is called `nobody`." in printed
    assert "There is no command `no-such-vllm`." in printed
    (base / "manners").write_text("crash")
    assert main(["contenders", "serve", "a", "--vllm", str(folder / "vllm")]) == 1
    assert "no room on the device" in capsys.readouterr().err
