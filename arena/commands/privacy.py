"""`arena privacy`: erase by a receipt's code, enforce retention, trace a name in an export, count consents."""

import argparse
import sys
from collections.abc import Callable, Mapping

from arena.commands.columns import aligned
from arena.commands.database import opened_database
from arena.exchange.random_ids import operator_key, traced
from arena.settings import Settings
from arena.voters.consent import consents_now
from arena.voters.erasure import Erasure
from arena.voters.retention import Retention

Environment = Mapping[str, str]


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the actions and their flags."""
    actions = parser.add_subparsers(required=True, metavar="action")

    def action(name: str, about: str, run: Callable[[argparse.Namespace, Environment], int]) -> argparse.ArgumentParser:
        added = actions.add_parser(name, help=about, description=about[0].upper() + about[1:] + ".")
        added.set_defaults(action=run)
        return added

    eraser = action("erase", "erase the battle of a receipt: prompts, answers, vote and identity", _erase)
    eraser.add_argument("code", help="the 20 characters of the receipt")
    eraser.add_argument("--everything", action="store_true", help="and all else that its voter left here")
    action("retain", "erase what was kept long enough, as `arena serve` does every hour", _retain)
    tracer = action("trace", "find the battle or voter that a name in an export means", _trace)
    tracer.add_argument("name", help="such as arena_user_0f3c… or the id of a row")
    action("status", "count what voters agree to now, by version of the notice", _status)


def run(args: argparse.Namespace, environment: Environment) -> int:
    """Run the chosen action and return its exit code."""
    code: int = args.action(args, environment)
    return code


def _erase(args: argparse.Namespace, environment: Environment) -> int:
    keep_counts = Settings.from_env(environment).erased_votes == "count"
    with opened_database(environment) as database:
        done = Erasure(database, keep_counts=keep_counts).by_code(args.code, everything=args.everything)
    print(f"Erased: {done.num_battles} battles, {done.num_votes} votes.")
    if done.num_votes and keep_counts:
        print("The votes stay as counts that name nobody (ARENA_ERASED_VOTES=count).")
    return 0


def _retain(args: argparse.Namespace, environment: Environment) -> int:
    with opened_database(environment) as database:
        done = Retention(database, Settings.from_env(environment)).enforce()
    print(
        f"Erased: the texts of {done.battles} battles and of {done.refused} refused prompts, {done.voters} cookies, "
        f"{done.copies} copies of the database."
    )
    return 0


def _trace(args: argparse.Namespace, environment: Environment) -> int:
    key = operator_key(Settings.from_env(environment).home)
    with opened_database(environment) as database:
        found = traced(database, key, args.name)
    if found is None:
        print(f"No export of this arena has the name {args.name}, or it was erased.", file=sys.stderr)
        return 1
    print(found)
    return 0


def _status(args: argparse.Namespace, environment: Environment) -> int:
    with opened_database(environment) as database:
        rows = consents_now(database)
    if not rows:
        print("Nobody has chosen yet.", file=sys.stderr)
        return 0
    told = [(version, *("yes" if allowed else "no" for allowed in choices), str(n)) for version, *choices, n in rows]
    print(aligned(("notice", "battle", "vote", "text", "voters"), told))
    return 0
