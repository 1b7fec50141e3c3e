"""`arena leaderboard`: print the ratings, from the database or from a file of votes; freeze and replay them."""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from arena.commands.columns import aligned
from leaderboard import Ranking, Standing, Tallies, rank, read_votes

if TYPE_CHECKING:
    from arena.db.session import Database
    from arena.db.tables import Snapshot
    from arena.snapshots import Snapshots

Environment = Mapping[str, str]


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    source = parser.add_mutually_exclusive_group()
    source.add_argument(
        "--votes",
        type=Path,
        metavar="FILE",
        help="rate the votes of a .csv, .jsonl or .parquet file with columns model_a, model_b, winner; "
        "no database is needed",
    )
    source.add_argument("--series", metavar="NAME", help="rate the votes that were imported under this name")
    parser.set_defaults(action=_print_ratings)
    actions = parser.add_subparsers(metavar="action", title="actions; the ratings are printed without one")

    taker = actions.add_parser("snapshot", help="freeze the standings, with all that reproduces them")
    taker.set_defaults(action=_take)
    lister = actions.add_parser("snapshots", help="list the snapshots, or print one")
    lister.set_defaults(action=_list)
    lister.add_argument("id", nargs="?", help="print the standings of this snapshot")
    for parser_ in (taker, lister):
        form = parser_.add_mutually_exclusive_group()
        form.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print JSON")
        form.add_argument("--bibtex", action="store_true", help="print how to cite")
    replayer = actions.add_parser("replay", help="compute a snapshot again; 0 if it is the same byte for byte, else 1")
    replayer.set_defaults(action=_replay)
    replayer.add_argument("id")


def run(args: argparse.Namespace, environment: Environment) -> int:
    """Print the ranking, or run the chosen action. Returns the exit code.

    Raises:
        BadVotes: the file holds no votes.
        ArenaError: the settings are wrong or the database does not answer.
    """
    code: int = args.action(args, environment)
    return code


def _print_ratings(args: argparse.Namespace, environment: Environment) -> int:
    if args.votes is not None:
        ranking = rank(Tallies.from_votes(read_votes(args.votes)))
    elif args.series is not None:
        ranking = rank(_series(args.series, environment))
    else:
        ranking = _from_database(environment)
    if args.json:
        json.dump(ranking.to_dict(), sys.stdout, indent=2, ensure_ascii=False)
        sys.stdout.write("\n")
    else:
        _print(ranking, Console(highlight=False))
    return 0


def _from_database(environment: Environment) -> Ranking:
    # Imported when asked for: rating a file needs no database.
    from arena.settings import Settings
    from arena.standings import current

    return current(Settings.from_env(environment))


def _series(name: str, environment: Environment) -> Tallies:
    from arena.vote_imports import VoteImports

    with _database(environment) as database:
        return VoteImports(database).tallies(name)


def _print(ranking: Ranking, console: Console) -> None:
    boards = sorted({standing.component for standing in ranking.standings})
    for board in boards:
        title = f"Board {board + 1}" if len(boards) > 1 else None
        console.print(_table([s for s in ranking.standings if s.component == board], title=title, level=ranking.level))
    for note in ranking.notes:
        console.print(Text(note))
    for standing in ranking.standings:
        if standing.note:
            console.print(Text(f"{standing.contender}: {standing.note}"))


def _table(standings: list[Standing], *, title: str | None, level: float) -> Table:
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    for heading in ("Rank", "Contender", "Rating", f"{level:.0%} interval", "Votes", "Won", "Bad", "Status"):
        text = heading in {"Contender", "Status"}
        table.add_column(heading, justify="left" if text else "right", no_wrap=heading != "Contender", overflow="fold")
    for standing in standings:
        table.add_row(
            _ranks(standing),
            Text(standing.contender),
            f"{standing.rating:.0f}",
            f"{standing.lower:.0f} … {standing.upper:.0f}",
            str(standing.votes),
            f"{standing.win_rate:.1%}",
            f"{standing.both_bad_rate:.1%}",
            standing.status.value,
        )
    return table


def _ranks(standing: Standing) -> str:
    best, worst = standing.rank_upper, standing.rank_lower
    return str(best) if best == worst else f"{best}–{worst}"


def _take(args: argparse.Namespace, environment: Environment) -> int:
    with _snapshots(environment) as snapshots:
        taken = snapshots.take()
    if args.json or args.bibtex:
        _print_snapshot(taken, args, environment)
    else:
        print(
            f"Snapshot {taken.id}: {taken.num_votes} votes, method {taken.method}, votes sha256 {taken.votes_sha256}."
        )
    return 0


def _list(args: argparse.Namespace, environment: Environment) -> int:
    with _snapshots(environment) as snapshots:
        rows = [snapshots.get(args.id)] if args.id else snapshots.list()
    if args.bibtex:
        for row in rows:
            _print_snapshot(row, args, environment)
    elif args.id:
        _print_snapshot(rows[0], args, environment)
    elif args.json:
        print(json.dumps([_entry(row) for row in rows], indent=2))
    elif rows:
        print(aligned(("id", "taken", "votes", "method", "code", "votes sha256"), [_columns(row) for row in rows]))
    else:
        print("No snapshots yet: `arena leaderboard snapshot` takes one.", file=sys.stderr)
    return 0


def _replay(args: argparse.Namespace, environment: Environment) -> int:
    with _snapshots(environment) as snapshots:
        replay = snapshots.replay(args.id)
    if replay.identical:
        print(f"Snapshot {args.id}: identical, {len(replay.standings.encode())} bytes of standings.")
        return 0
    if not replay.whole:
        print(f"Snapshot {args.id}: its votes are not those that it was taken of.")
    else:
        from arena.method import METHOD
        from arena.snapshots import code_version

        print(f"Snapshot {args.id}: the standings differ.")
        print(f"Taken with method {replay.snapshot.method}, code {replay.snapshot.code_version};")
        print(f"replayed with method {METHOD}, code {code_version()}.")
    return 1


def _print_snapshot(snapshot: "Snapshot", args: argparse.Namespace, environment: Environment) -> None:
    if args.bibtex:
        from arena.settings import Settings
        from arena.snapshots import bibtex

        print(bibtex(snapshot, title=Settings.from_env(environment).title))
    else:
        print(
            json.dumps(_entry(snapshot) | {"standings": json.loads(snapshot.standings)}, indent=2, ensure_ascii=False)
        )


def _entry(row: "Snapshot") -> dict[str, object]:
    names = ("id", "taken_at", "num_votes", "method", "settings", "code_version", "votes_sha256")
    return {name: getattr(row, name) for name in names} | {"taken_at": row.taken_at.isoformat()}


def _columns(row: "Snapshot") -> tuple[str, ...]:
    return row.id, f"{row.taken_at:%Y-%m-%d %H:%M}", str(row.num_votes), row.method, row.code_version, row.votes_sha256


@contextmanager
def _snapshots(environment: Environment) -> Iterator["Snapshots"]:
    from arena.snapshots import Snapshots

    with _database(environment) as database:
        yield Snapshots(database)


@contextmanager
def _database(environment: Environment) -> Iterator["Database"]:
    from arena.db.migrate import open_database
    from arena.settings import Settings

    database = open_database(Settings.from_env(environment))
    try:
        yield database
    finally:
        database.close()
