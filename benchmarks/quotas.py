"""What quotas cost a question and a vote.

    python -m benchmarks.quotas [--battles 300]

CPU time of this process on a SQLite file, and the statements that reach it, for opening a battle and for voting on it.
Each battle has a voter of its own or the same one throughout; with an address (the quotas of a network are counted too)
and without. The contenders are scripted and answer at once, outside of what is measured.
"""

import argparse
import asyncio
import inspect
import tempfile
import time
from collections import defaultdict
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import event

from arena.battles.battles import Battles
from arena.clock import now
from arena.contenders.opened import OpenContenders
from arena.contenders.schema import ContenderEntry
from arena.db.migrate import open_database
from arena.db.states import ContenderStatus, VoterKey
from arena.db.tables import Contender
from arena.settings import Settings
from leaderboard import Verdict

MANY = 1_000_000


def main() -> None:
    """Print a table for the code at hand."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--battles", type=int, default=300)
    args = parser.parse_args()
    print("| | CPU, median | statements |\n|---|---|---|")
    for case in cases():
        for line in asyncio.run(measured(args.battles, **case)):
            print(line)


def cases() -> list[dict[str, Any]]:
    """Return what is measured: all that the code at hand can do."""
    if "visit" not in inspect.signature(Battles.cast_vote).parameters:
        return [{"same": False, "address": None}, {"same": True, "address": None}]
    return [{"same": same, "address": address} for same in (False, True) for address in (None, "203.0.113.9")]


async def measured(battles: int, *, same: bool, address: str | None) -> list[str]:
    """Return the lines of the table for one case."""
    spent: defaultdict[str, list[tuple[float, int]]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as home:
        limits = {"votes_per_voter_per_hour": MANY, "votes_per_voter_per_day": MANY}
        limits |= {"questions_per_voter_per_hour": MANY, "questions_per_voter_per_day": MANY}
        limits |= {"new_voters_per_network_per_hour": MANY, "new_voters_per_network_per_day": MANY}
        known = inspect.signature(Settings).parameters
        settings = Settings(home=Path(home), **{name: value for name, value in limits.items() if name in known})  # type: ignore[arg-type]
        database = open_database(settings)
        with database.writing() as session:
            session.add_all(map(_contender, ("one", "two", "three")))
        statements = 0

        def count(*_: object) -> None:
            nonlocal statements
            statements += 1

        event.listen(database.engine, "before_cursor_execute", count)
        open_contenders = OpenContenders({})
        arena = Battles(database, open_contenders, settings=settings)
        where = _where(address)

        async def timed(name: str, work: Any) -> Any:
            nonlocal statements
            statements, started = 0, time.process_time()
            result = await work
            spent[name].append((time.process_time() - started, statements))
            return result

        for number in range(battles):
            voter = VoterKey(f"{0 if same else number:064}")
            view = await timed("open", arena.open_battle(voter, f"Question {number}?", *where))
            async for _ in arena.watch(view.handle, voter):
                pass
            await timed("vote", arena.cast_vote(view.handle, voter, Verdict.A, *where))
        await arena.aclose()
        await open_contenders.aclose()
        database.close()
    who = "one voter" if same else "a new voter each"
    came = f", from {address}" if address else ""
    return [
        f"| {name}, {who}{came} | {1000 * median(cpu for cpu, _ in found):.2f} ms "
        f"| {median(count for _, count in found):.0f} |"
        for name, found in spent.items()
    ]


def _where(address: str | None) -> tuple[Any, ...]:
    if address is None:
        return ()
    from arena.voters.admission import Visit  # not there in the code that it is compared with

    return (Visit(address),)


def _contender(slug: str) -> Contender:
    entry = ContenderEntry(
        slug=slug,
        label=slug,
        organisation="",
        licence="MIT",
        lineage="",
        backend="scripted",
        options={"reply": f"{slug} says so."},
    )
    return Contender(**asdict(entry), status=ContenderStatus.ACTIVE, status_at=now(), created_at=now())


if __name__ == "__main__":
    main()
