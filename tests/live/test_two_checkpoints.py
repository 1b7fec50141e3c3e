"""From folders to a battle: two checkpoints, each way that needs no GPU, through the commands and the page."""

import asyncio
from pathlib import Path

import aiohttp
import pytest

from arena.cli import main
from leaderboard import Verdict
from tests.endpoints.plugin import RealEndpoint, TinyLlamas
from tests.live.arena_process import ArenaProcess
from tests.live.http_voter import HttpVoter


async def fight(arena: ArenaProcess, sentences: dict[str, tuple[str, ...]]) -> None:
    """Vote on one battle, in which both say what they were taught and the reveal has their names."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        voter = await HttpVoter(http, arena.address).arrive()
        handle = (await voter.ask("What do alpacas like?"))["handle"]
        pages = [str(page) async for page in voter.follow(handle)]
        assert len({*pages}) > 2
        for taught in sentences.values():
            assert any(sentence.removesuffix(".") in pages[-1] for sentence in taught)
        assert not any(name in page for name in sentences for page in pages)
        page = str(await voter.vote(handle, Verdict.TIE))
        assert all(name in page for name in sentences)


@pytest.fixture
def arena(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ArenaProcess:
    """An empty folder, in which commands find the arena that is to be started."""
    made = ArenaProcess(tmp_path, contenders="")
    (tmp_path / "contenders.toml").unlink()
    for name, value in made.environment.items():
        if name.startswith("ARENA_"):
            monkeypatch.setenv(name, value)
    return made


@pytest.mark.slow
def test_two_folders_fight_in_the_arenas_own_process(arena: ArenaProcess, tiny_llamas: TinyLlamas):
    assert main(["contenders", "add", *(str(tiny_llamas.folder / name) for name in tiny_llamas.sentences)]) == 0
    assert main(["contenders", "activate", "--all"]) == 0
    with arena:
        asyncio.run(fight(arena, tiny_llamas.sentences))


@pytest.mark.slow
def test_two_folders_fight_through_a_real_server_of_checkpoints(arena: ArenaProcess, real_endpoint: RealEndpoint):
    for name in real_endpoint.sentences:
        assert main(["contenders", "add", real_endpoint.url, name]) == 0
    assert main(["contenders", "activate", "--all"]) == 0
    with arena:
        asyncio.run(fight(arena, real_endpoint.sentences))
