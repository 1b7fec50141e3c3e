"""Battles that are answered to their end, and the rows that they leave."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from arena.battles.battles import Battles
from arena.battles.views import BattleView
from arena.db.session import Database
from tests.arena.conftest import VOTER


async def finished(battles: Battles, view: BattleView) -> BattleView:
    """Watch a battle to its end, and return it as it is then."""
    return [now async for now in battles.watch(view.handle, VOTER)][-1]


async def finished_battle(battles: Battles, prompt: str = "Hello") -> BattleView:
    return await finished(battles, await battles.open_battle(VOTER, prompt))


def stored(database: Database, table: type) -> Sequence[Any]:
    """Return all rows of a table."""
    with database.reading() as session:
        return session.scalars(select(table)).all()
