"""The watch looks by itself, and only when enough votes have come."""

from arena.db.session import Database
from arena.suspicion.suspects import Suspects
from arena.suspicion.watch import Watch
from tests.arena.suspicion.crowd import ODD


async def test_the_watch_holds_what_stands_out_and_then_rests(suspects: Suspects, database: Database, caplog):
    watch = Watch(database, every_s=60)
    await watch.look()
    assert f"the detectors hold votes: {ODD * 40}" in caplog.text
    assert len(suspects.list()) == ODD
    caplog.clear()
    await watch.look()
    assert caplog.text == ""
    assert watch.rounds.trouble is None
