"""`arena leaderboard`: print the ratings, from the database or from a file of votes."""

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from leaderboard import Ranking, Standing, Tallies, rank, read_votes


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this command's arguments."""
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument(
        "--votes",
        type=Path,
        metavar="FILE",
        help="rate the votes of a .csv, .jsonl or .parquet file with columns model_a, model_b, winner; "
        "no database is needed",
    )


def run(args: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Print the ranking. Returns the exit code.

    Raises:
        BadVotes: the file holds no votes.
        ArenaError: the settings are wrong or the database does not answer.
    """
    ranking = _from_database(environment) if args.votes is None else rank(Tallies.from_votes(read_votes(args.votes)))
    if args.json:
        json.dump(ranking.to_dict(), sys.stdout, indent=2, ensure_ascii=False)
        sys.stdout.write("\n")
    else:
        _print(ranking, Console(highlight=False))
    return 0


def _from_database(environment: Mapping[str, str]) -> Ranking:
    # Imported when asked for: rating a file needs no database.
    from arena.settings import Settings
    from arena.standings import current

    return current(Settings.from_env(environment))


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
