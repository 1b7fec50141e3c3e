"""An arena with scripted contenders on either database."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import asdict
from typing import Any

import pytest
import pytest_asyncio

from arena.battles.battles import Battles
from arena.cli import main
from arena.clock import now
from arena.contenders.opened import OpenContenders
from arena.contenders.schema import ContenderEntry
from arena.db.session import Database
from arena.db.states import ContenderStatus, VoterKey
from arena.db.tables import Contender
from arena.moderation.moderation import Moderation
from arena.moderation.moderators import LlamaGuard, LocalRules, read_rules
from arena.settings import Settings
from tests.endpoints.openai_server import FakeEndpoint

Enter = Callable[..., None]
Guarded = Callable[..., AbstractAsyncContextManager[Battles]]
VOTER = VoterKey("a" * 64)
STRANGER = VoterKey("b" * 64)


def scripted(slug: str, **options: Any) -> Contender:
    """An active contender that says what the test wants."""
    limits = options.pop("limits", {})
    entry = ContenderEntry(
        slug=slug,
        label=f"The {slug}",
        organisation="Testers",
        licence="Apache-2.0",
        lineage="written for the tests",
        backend="scripted",
        options=options or {"reply": f"Words of {slug}."},
        limits=limits,
    )
    return Contender(**asdict(entry), status=ContenderStatus.ACTIVE, status_at=now(), created_at=now())


@pytest.fixture
def settings() -> Settings:
    return Settings(max_prompt_chars=100, max_turns=3, max_attempts=3, max_running=6, max_running_per_voter=4)


@pytest.fixture
def enter(database: Database) -> Callable[..., None]:
    """Put contenders into the pool."""

    def enter(*contenders: Contender) -> None:
        with database.writing() as session:
            session.add_all(contenders)

    return enter


@pytest_asyncio.fixture
async def open_contenders() -> AsyncIterator[OpenContenders]:
    open_contenders = OpenContenders({})
    yield open_contenders
    await open_contenders.aclose()


@pytest_asyncio.fixture
async def battles(database: Database, open_contenders: OpenContenders, settings: Settings) -> AsyncIterator[Battles]:
    battles = Battles(database, open_contenders, settings=settings)
    yield battles
    await battles.aclose()


@pytest.fixture
def guarded(
    database: Database, open_contenders: OpenContenders, settings: Settings, fake_endpoint: FakeEndpoint
) -> Guarded:
    """Battles that a Llama Guard watches: the fake endpoint calls unsafe what speaks of a bomb."""

    @asynccontextmanager
    async def guarded(model: str = "guard", when_away: str = "refuse") -> AsyncIterator[Battles]:
        guard = LlamaGuard(fake_endpoint.url, model, timeout_s=2)
        moderation = Moderation([LocalRules(read_rules()), guard], when_away=when_away, timeout_s=2)
        battles = Battles(database, open_contenders, settings=settings, moderation=moderation)
        yield battles
        await battles.aclose()
        await moderation.aclose()

    return guarded


@pytest.fixture
def arena(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """The `arena` command on the test's database; returns the exit code."""
    monkeypatch.setenv("ARENA_DATABASE_URL", database_url)
    return lambda *arguments: main(list(arguments))
