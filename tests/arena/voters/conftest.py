"""An arena that asks its voters, and whose battles they leave things in."""

from collections.abc import AsyncIterator, Callable

import pytest
import pytest_asyncio

from arena.battles.battles import Battles
from arena.contenders.opened import OpenContenders
from arena.db.session import Database
from arena.settings import Settings
from arena.voters.consent import ConsentNotice, Consents
from tests.arena.conftest import scripted

Enter = Callable[..., None]


@pytest.fixture
def consents(database: Database) -> Consents:
    return Consents(database, ConsentNotice("We store what you write."))


@pytest_asyncio.fixture
async def asking(
    database: Database, enter: Enter, open_contenders: OpenContenders, settings: Settings, consents: Consents
) -> AsyncIterator[Battles]:
    """Battles of an arena with a notice."""
    enter(scripted("one"), scripted("two"))
    battles = Battles(database, open_contenders, settings=settings, consents=consents)
    yield battles
    await battles.aclose()
