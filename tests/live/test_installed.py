"""The installed wheel works away from its source, with the core's dependencies alone, and says what it lacks."""

import zipfile
from pathlib import Path

import aiohttp
import pytest

from leaderboard import Verdict
from tests.live.http_voter import HttpVoter
from tests.live.installed import ROOT, Installed, build_wheel

POSTGRES = "postgresql://somebody@127.0.0.1/arena"
IN_THIS_PROCESS = """
[[contender]]
slug = "here"
label = "Here"
backend = "transformers"
folder = "runs/here"
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(tmp_path_factory.mktemp("built"))


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Installed:
    return Installed(tmp_path_factory.mktemp("installed"), wheel)


def test_the_wheel_has_the_licence_the_types_and_every_file_beside_the_code(wheel: Path):
    names = set(zipfile.ZipFile(wheel).namelist())
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)
    assert {f"{package}/py.typed" for package in ("arena", "generation", "leaderboard", "training")} <= names
    packages = ("arena", "generation", "leaderboard", "training", "migrations")
    ours = {
        path.relative_to(ROOT).as_posix()
        for package in packages
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert ours - names == set()


def test_it_runs_from_where_it_was_installed_and_says_its_version(installed: Installed, wheel: Path):
    where, _ = installed.program("import arena, training; print(arena.__file__, training.__file__)")
    assert all(path.startswith(str(installed.site)) for path in where.split())
    assert installed.run("--version").stdout == f"arena {wheel.name.split('-')[1]}\n"
    command = "entry_points(group='console_scripts')['arena'].load()(['db', '--help'])"
    assert "usage: arena db" in installed.program(f"from importlib.metadata import entry_points; {command}")[0]


async def test_it_serves_a_battle_and_takes_the_vote(installed: Installed):
    with installed.start(["-m", "arena", "serve", "--port", "0"]) as process:
        assert process.stdout
        try:
            address = process.stdout.readline().rpartition(" ")[2].strip()
            async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
                voter = await HttpVoter(http, address).arrive()
                assert "checkbox" in (await voter.ask("reverse: abc"))["consent-panel"]
                handle = (await voter.agree_and_ask("reverse: abc"))["handle"]
                await voter.see_the_end(handle)
                await voter.vote(handle, Verdict.TIE)
        finally:
            process.terminate()
            process.communicate()
    exported = installed.run("votes", "export", "--format", "csv")
    assert len(exported.stdout.splitlines()) == 2


def test_it_makes_instruction_data(installed: Installed):
    assert installed.run("generate", "run", "demo", "--out", "made").returncode == 0
    assert (installed.folder / "made" / "examples.jsonl").stat().st_size


def test_it_shows_a_recipe_and_computes_a_price(installed: Installed):
    assert "debug_tiny: as published" in installed.run("train", "--show", "debug_tiny").stdout
    assert installed.run("train", "cost", "gpus=8").stdout == "$94.32\n"


def test_it_makes_a_database(installed: Installed):
    assert "was upgraded from nothing" in installed.run("db", "upgrade", ARENA_HOME="new").stdout


@pytest.mark.parametrize(
    "command",
    [
        ("arena", "train", "debug_tiny"),
        ("arena", "train", "--check", "debug_tiny"),
        ("arena", "train", "stats", "rows.jsonl"),
        ("arena", "train", "diff", "make", "a", "b", "c"),
        ("arena", "train", "cost", "config"),
        ("training.tiny_llama", "runs/tiny"),
        ("training.demo", "--out", "demo"),
    ],
)
def test_training_without_its_extra_is_asked_for_in_one_sentence(installed: Installed, command: tuple[str, ...]):
    done = installed.python_module(*command)
    assert done.returncode == 2
    error, hint = done.stderr.splitlines()
    assert "not installed here" in error
    assert hint.startswith("hint: Install it: ")
    assert hint.endswith(f"{installed.python} 'alpaca-arena[train]'")


def test_a_checkpoint_in_this_process_is_refused_with_the_line_that_makes_it_possible(installed: Installed):
    (installed.folder / "contenders.toml").write_text(IN_THIS_PROCESS)
    installed.run("contenders", "sync", ARENA_HOME="own")
    done = installed.run("contenders", "check", "here", ARENA_HOME="own")
    assert "needs torch and transformers, not installed here" in done.stdout
    assert "'alpaca-arena[local]'" in done.stdout


def test_a_postgresql_database_without_its_driver_is_refused_with_the_line_that_installs_it(installed: Installed):
    done = installed.run("db", "status", ARENA_DATABASE_URL=POSTGRES)
    assert done.returncode == 2
    assert done.stderr.splitlines()[0] == "error: PostgreSQL needs psycopg, not installed here."
    assert "'alpaca-arena[postgres]'" in done.stderr
