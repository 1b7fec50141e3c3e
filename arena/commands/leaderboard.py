"""`arena leaderboard`: print the ratings, from the database or from a file of votes; freeze and replay them."""

import argparse
import json
import math
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from arena.commands.columns import aligned
from arena.errors import BadConfiguration
from arena.web.texts import say, word
from arena.web.texts.notes import all_in_words, dependence_in_words, note_in_words, view_in_words, with_sentences
from leaderboard import Ranking, Standing, Tallies, Votes, rank, read_votes
from leaderboard.ballots import Labelled
from leaderboard.clusters import cluster_robust
from leaderboard.contrasts import Contrast, contrasts
from leaderboard.errors import NotEstimable
from leaderboard.estimate import Estimate, Measured
from leaderboard.explanations import of_contrast
from leaderboard.notes import NoteKind
from leaderboard.rank_sets import in_words
from leaderboard.robustness import votes_to_overturn
from leaderboard.style import StyleFit, control_style, features_of
from leaderboard.views import View, at_equal_style, clustered, ticker, with_ties
from leaderboard.weights import inverse_propensity

if TYPE_CHECKING:
    from arena.board.snapshots import Snapshots
    from arena.db.session import Database
    from arena.db.tables import Snapshot
    from leaderboard.arrays import FloatArray

Environment = Mapping[str, str]
# Options of `arena leaderboard` itself, which an action may honour; and the values of options that are not given.
OPTIONS = ("json", "votes", "series", "simultaneous", "view", "cluster", "style", "reweight")
_UNSET = (None, False)
UNKNOWN = "–"
# What a comparison says that holds only if all votes are independent.
OF_INDEPENDENT_VOTES = {
    NoteKind.FIRST_BETTER,
    NoteKind.SECOND_BETTER,
    NoteKind.NOT_DECIDED,
    NoteKind.BATTLES_NEEDED,
}
# Of the arena's own votes, what dependent ones may share.
SHARED = ("voter", "prompt")


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
    parser.add_argument(
        "--simultaneous", action="store_true", help="rank sets that hold for all contenders at once, not for each alone"
    )
    views = parser.add_mutually_exclusive_group()
    views.add_argument(
        "--view",
        choices=("davidson", "rao-kupper", "elo"),
        help="ties as an outcome of their own, by one of two models; or online Elo, which depends on the votes' order",
    )
    parser.add_argument(
        "--cluster",
        metavar="COLUMN",
        action="append",
        help="errors that hold if votes with the same COLUMN of FILE (of the arena's votes: voter or prompt) depend "
        "on each other; twice for two ways at once, such as --cluster voter --cluster prompt",
    )
    views.add_argument(
        "--style",
        metavar="COLUMN",
        nargs="*",
        action=_Columns,
        help="ratings at equal style: of the arena's votes at equal length and Markdown; of FILE's at equal COLUMNs, "
        "where COLUMN_a and COLUMN_b are compared if it has them",
    )
    views.add_argument(
        "--reweight",
        action="store_true",
        help="weigh each vote by one over its pair's sampling probability (FILE has it in the column probability)",
    )
    parser.set_defaults(action=_print_ratings, honours=OPTIONS)
    actions = parser.add_subparsers(metavar="action", title="actions; the ratings are printed without one")

    taker = actions.add_parser("snapshot", help="freeze the standings, with all that reproduces them")
    taker.set_defaults(action=_take, honours=("json",))
    lister = actions.add_parser("snapshots", help="list the snapshots, or print one")
    lister.set_defaults(action=_list, honours=("json",))
    lister.add_argument("id", nargs="?", help="print the standings of this snapshot")
    for parser_ in (taker, lister):
        form = parser_.add_mutually_exclusive_group()
        form.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print JSON")
        form.add_argument("--bibtex", action="store_true", help="print how to cite")
    replayer = actions.add_parser(
        "replay", help="compute a snapshot again; the exit code is 0 if it is the same byte for byte, else 1"
    )
    replayer.set_defaults(action=_replay, honours=())
    replayer.add_argument("id")
    comparer = actions.add_parser("compare", help="compare contenders: which is better, and how sure is that")
    comparer.set_defaults(action=_compare, honours=("json", "votes", "series", "cluster", "style", "reweight"))
    comparer.add_argument("contenders", nargs="+", metavar="contender", help="two or more, such as v3 v2 base")
    comparer.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print JSON")


def run(args: argparse.Namespace, environment: Environment) -> int:
    """Print the ranking, or run the chosen action. Returns the exit code.

    Raises:
        BadConfiguration: an option is given that the action does not take.
        BadVotes: the file holds no votes.
        ArenaError: the settings are wrong or the database does not answer.
    """
    if ignored := [f"--{name}" for name in OPTIONS if name not in args.honours and getattr(args, name) not in _UNSET]:
        takes = ", ".join(f"--{name}" for name in args.honours)
        raise BadConfiguration(
            f"This action does not take {', '.join(ignored)}.", hint=f"It takes {takes}." if takes else ""
        )
    if args.json and getattr(args, "bibtex", False):
        raise BadConfiguration("Either --json or --bibtex, not both.")
    args.cluster = list(dict.fromkeys(args.cluster or []))  # the same way of dependence named twice counts once
    code: int = args.action(args, environment)
    return code


class _Columns(argparse.Action):
    """Takes columns up to the name of an action: `--style length compare a b` names one column."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        words = list(values or ())
        actions = next(action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
        end = next((place for place, word in enumerate(words) if word in actions.choices), len(words))
        setattr(namespace, self.dest, words[:end])
        if words[end:]:
            actions(parser, namespace, words[end:], option_string)


def _print_ratings(args: argparse.Namespace, environment: Environment) -> int:
    view = _view(args, environment)
    result = view or _ranking(args, environment)
    if args.json:
        whole = with_sentences(result.to_dict()) if isinstance(result, Ranking) else _view_values(result)
        json.dump(whole, sys.stdout, indent=2, ensure_ascii=False, allow_nan=False)
        sys.stdout.write("\n")
    elif isinstance(result, Ranking):
        _print(result, Console(highlight=False))
    else:
        _print_view(result, Console(highlight=False))
    return 0


def _ranking(args: argparse.Namespace, environment: Environment) -> Ranking:
    if args.reweight:
        votes = _single_votes(args, environment, "probability")
        return rank(Tallies.from_votes(votes, weights=_weights(votes)), at_once=args.simultaneous)
    if args.votes is None and args.series is None:
        # Imported only here, because rating a file needs no database.
        from arena.board.standings import ranking_of

        with _database(environment) as database:
            return ranking_of(database, at_once=args.simultaneous)
    return rank(_tallies(args, environment), at_once=args.simultaneous)


def _weights(votes: Votes) -> "FloatArray":
    try:
        return inverse_propensity(votes.extra["probability"].to_numpy(dtype="float64"))
    except ValueError as error:
        raise BadConfiguration("The column `probability` cannot be used.", hint=str(error)) from error


def _view(args: argparse.Namespace, environment: Environment) -> View | None:
    if args.view == "elo":
        if args.simultaneous:
            raise BadConfiguration("Online Elo has no ranks, so it takes no --simultaneous.")
        if args.cluster:
            raise BadConfiguration(
                "Online Elo takes no --cluster: its error is the spread over orders of the votes, not over voters.",
                hint="Use --view davidson or rao-kupper, or leave --view out.",
            )
        return ticker(_single_votes(args, environment))
    if args.style is not None:
        return at_equal_style(_style(args, environment), at_once=args.simultaneous)
    if args.view and args.cluster:
        votes = _single_votes(args, environment, *args.cluster)
        labelled = Labelled(votes, votes.extra[args.cluster])
        return with_ties(Tallies.from_votes(votes), args.view, labelled=labelled, at_once=args.simultaneous)
    if args.view:
        return with_ties(_tallies(args, environment), args.view, at_once=args.simultaneous)
    if args.cluster:
        votes, weights = _clustered_votes(args, environment)
        return clustered(votes, votes.extra[args.cluster], weights=weights, at_once=args.simultaneous)
    return None


def _clustered_votes(args: argparse.Namespace, environment: Environment) -> tuple[Votes, "FloatArray | None"]:
    """Return the votes one by one with what they may share, and their weights where they are to be reweighted."""
    votes = _single_votes(args, environment, *args.cluster, *(["probability"] if args.reweight else []))
    return votes, _weights(votes) if args.reweight else None


def _tallies(args: argparse.Namespace, environment: Environment) -> Tallies:
    if args.votes is not None:
        return Tallies.from_votes(read_votes(args.votes))
    if args.series is not None:
        return _series(args.series, environment)
    from arena.votes.running_tallies import RunningTallies

    with _database(environment) as database, database.reading() as session:
        return RunningTallies().read(session)


def _style(args: argparse.Namespace, environment: Environment) -> StyleFit:
    if args.votes is not None:
        if not args.style:
            raise BadConfiguration("Which columns of the file are style?", hint="Name them after --style.")
        columns = [name for feature in args.style for name in (feature, f"{feature}_a", f"{feature}_b")]
        votes = read_votes(args.votes, keep=[*columns, *args.cluster])
        _refuse_absent(votes, args.cluster)
        labels = votes.extra[args.cluster] if args.cluster else None
        return control_style(votes, features_of(votes, args.style), labels=labels)
    if args.series is not None or args.style:
        raise BadConfiguration("Columns of style are read from a file of votes.", hint="Name it with --votes.")
    from arena.votes.style_votes import StyleVotes, shared_by_labelled_votes

    _refuse_unshared(args.cluster)
    with _database(environment) as database, database.reading() as session:
        shared = shared_by_labelled_votes(session)[args.cluster] if args.cluster else None
        fit = StyleVotes.read(session).fit(shared)
    if fit is None:
        raise NotEstimable("Too few votes between contenders that can be compared.", hint="Collect more votes.")
    return fit


def _single_votes(args: argparse.Namespace, environment: Environment, *keep: str) -> Votes:
    """Return the votes one by one, and the columns `keep` with them."""
    if args.series is not None:
        raise BadConfiguration(
            "A series holds tallies only, and this needs its votes one by one.", hint="Name its file with --votes."
        )
    if args.votes is not None:
        votes = read_votes(args.votes, keep=keep)
    else:
        from arena.votes.single_votes import single_votes

        _refuse_unshared(args.cluster)
        with _database(environment) as database, database.reading() as session:
            votes = single_votes(session)
    _refuse_absent(votes, keep)
    return votes


def _refuse_absent(votes: Votes, columns: Iterable[str]) -> None:
    if absent := [name for name in columns if name not in votes.extra]:
        raise BadConfiguration(f"These votes have no column {', '.join(f'`{name}`' for name in absent)}.")


def _refuse_unshared(columns: Sequence[str]) -> None:
    if unknown := [name for name in columns if name not in SHARED]:
        raise BadConfiguration(
            f"The arena's votes share no `{', '.join(unknown)}`.", hint=f"--cluster takes {' or '.join(SHARED)}."
        )


def _series(name: str, environment: Environment) -> Tallies:
    from arena.exchange.imports import VoteImports

    with _database(environment) as database:
        return VoteImports(database).tallies(name)


def _compare(args: argparse.Namespace, environment: Environment) -> int:
    if len(set(args.contenders)) < 2:
        raise BadConfiguration("A comparison needs two different contenders.")
    tallies, estimate = _compared(args, environment)
    found = contrasts(tallies, tuple(dict.fromkeys(args.contenders)), estimate=estimate)
    if args.json:
        print(json.dumps([_plain(contrast) for contrast in found], indent=2, ensure_ascii=False, allow_nan=False))
        return 0
    for contrast in found:
        print(say("table.pair", first=contrast.first, second=contrast.second))
        for note in of_contrast(contrast, votes_to_overturn(tallies, contrast.first, contrast.second)):
            if not (args.cluster and note.kind in OF_INDEPENDENT_VOTES):
                print(f"  {note_in_words(note)}")
    if estimate and estimate.dependences:
        print(" ".join(dependence_in_words({way.label: way.clusters for way in estimate.dependences}, estimate.ratio)))
    return 0


def _compared(args: argparse.Namespace, environment: Environment) -> tuple[Tallies, Estimate | None]:
    """Return the votes to compare by, and the ratings where they are not those that the votes alone give."""
    if args.style is not None:
        return _tallies(args, environment), _style(args, environment).controlled
    if args.cluster:
        votes, weights = _clustered_votes(args, environment)
        estimate = cluster_robust(votes, votes.extra[args.cluster], weights=weights)
        return Tallies.from_votes(votes, weights=weights), estimate
    if args.reweight:
        votes = _single_votes(args, environment, "probability")
        return Tallies.from_votes(votes, weights=_weights(votes)), None
    return _tallies(args, environment), None


def _print(ranking: Ranking, console: Console) -> None:
    boards = sorted({standing.component for standing in ranking.standings})
    for board in boards:
        title = say("table.board", board=board + 1) if len(boards) > 1 else None
        console.print(_table([s for s in ranking.standings if s.component == board], title=title, level=ranking.level))
    for note in ranking.notes:
        console.print(Text(note_in_words(note)))
    for standing in ranking.standings:
        if standing.notes:
            words = all_in_words(standing.notes)
            console.print(Text(say("table.note", contender=standing.contender, note=words)))


def _print_view(view: View, console: Console) -> None:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    for key in ("rank", "contender", "rating", "error", "interval"):
        heading = say(f"table.{key}", level=0.95)
        table.add_column(heading, justify="left" if key == "contender" else "right", overflow="fold")
    for row in view.rows:
        ranks = "" if row.rank_upper is None or row.rank_lower is None else in_words(row.rank_upper, row.rank_lower)
        figures = f"{row.rating:.0f}", UNKNOWN, UNKNOWN
        if row.error is not None and row.lower is not None and row.upper is not None:
            figures = f"{row.rating:.0f}", f"{row.error:.1f}", f"{row.lower:.0f} … {row.upper:.0f}"
        table.add_row(ranks, Text(row.contender), *figures)
    console.print(table)
    console.print(Text(view_in_words(view)))


def _view_values(view: View) -> dict[str, Any]:
    """Return a view as plain values for JSON."""
    further = {
        "clusters": dict(view.clusters),
        "ratio": view.ratio,
        "effects": {name: _plain(effect) for name, effect in view.effects.items()},
        "unidentified": dict(view.unidentified),
    }
    return {
        "about": view_in_words(view),
        "about_data": view.about.to_dict() | further,
        "ratings": [asdict(row) for row in view.rows],
    }


def _plain(measured: Contrast | Measured) -> Any:
    """Return it as plain values for JSON, in which what could not be measured is null."""

    def known(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: known(one) for key, one in value.items()}
        if isinstance(value, tuple):
            return [known(one) for one in value]
        return None if isinstance(value, float) and not math.isfinite(value) else value

    return known(asdict(measured))


def _table(standings: list[Standing], *, title: str | None, level: float) -> Table:
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    for key in ("rank", "contender", "rating", "interval", "votes", "won", "bad", "status"):
        side: Literal["left", "right"] = "left" if key in {"contender", "status"} else "right"
        heading = say(f"table.{key}", level=level)
        table.add_column(heading, justify=side, no_wrap=key != "contender", overflow="fold")
    for standing in standings:
        table.add_row(
            in_words(standing.rank_upper, standing.rank_lower),
            Text(standing.contender),
            f"{standing.rating:.0f}",
            f"{standing.lower:.0f} … {standing.upper:.0f}",
            str(standing.votes),
            f"{standing.win_rate:.1%}",
            f"{standing.both_bad_rate:.1%}",
            word("statuses", standing.status.value),
        )
    return table


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
        from arena.board.snapshots import identity

        print(json.dumps([identity(row) for row in rows], indent=2, allow_nan=False))
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
    if not replay.votes_intact:
        print(f"Snapshot {args.id}: its votes are not those that it was taken from.")
    else:
        from arena.board.method import METHOD
        from arena.board.snapshots import code_version

        print(f"Snapshot {args.id}: the standings differ.")
        print(f"Taken with method {replay.snapshot.method}, code {replay.snapshot.code_version};")
        print(f"replayed with method {METHOD}, code {code_version()}.")
    return 1


def _print_snapshot(snapshot: "Snapshot", args: argparse.Namespace, environment: Environment) -> None:
    if args.bibtex:
        from arena.board.snapshots import bibtex
        from arena.settings import Settings

        print(bibtex(snapshot, title=Settings.from_env(environment).title))
    else:
        from arena.board.snapshots import identity

        whole = identity(snapshot) | {"standings": with_sentences(json.loads(snapshot.standings))}
        print(json.dumps(whole, indent=2, ensure_ascii=False, allow_nan=False))


def _columns(row: "Snapshot") -> tuple[str, ...]:
    return row.id, f"{row.taken_at:%Y-%m-%d %H:%M}", str(row.num_votes), row.method, row.code_version, row.votes_sha256


@contextmanager
def _snapshots(environment: Environment) -> Iterator["Snapshots"]:
    from arena.board.snapshots import Snapshots

    with _database(environment) as database:
        yield Snapshots(database)


@contextmanager
def _database(environment: Environment) -> Iterator["Database"]:
    # Imported only here, because rating a file needs no database.
    from arena.commands.database import opened_database

    with opened_database(environment) as database:
        yield database
