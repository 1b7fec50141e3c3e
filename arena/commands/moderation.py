"""`arena moderation`: list flags, and judge prompts and replies that could not be checked earlier."""

import argparse
import asyncio
import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from arena.commands.columns import aligned
from arena.commands.database import opened_database
from arena.db.tables import Flag
from arena.errors import ModerationAway
from arena.moderation.flags import Flags, Recheck
from arena.moderation.moderators import open_moderation
from arena.settings import Settings

HEAD = ("at", "what", "id", "by", "categories")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the actions and their flags."""
    actions = parser.add_subparsers(required=True, metavar="action")
    flags = actions.add_parser("list", help="show flagged prompts and replies, the newest first")
    flags.add_argument("--json", action="store_true", help="print it as JSON")
    flags.set_defaults(action=_list)
    recheck = actions.add_parser(
        "recheck", help="judge prompts and replies that could not be checked when they were written"
    )
    recheck.set_defaults(action=_recheck)


def run(args: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Run the chosen action and return its exit code."""
    code: int = args.action(args, environment)
    return code


def _list(args: argparse.Namespace, environment: Mapping[str, str]) -> int:
    with _flags(environment) as flags:
        rows = [_row(flag) for flag in flags.list()]
        unchecked = flags.num_unchecked()
    print(
        json.dumps([dict(zip(HEAD, row, strict=True)) for row in rows], indent=2, allow_nan=False)
        if args.json
        else aligned(HEAD, rows)
    )
    if unchecked:
        print(
            f"{unchecked} prompts and replies are unchecked: `arena moderation recheck` judges them.", file=sys.stderr
        )
    return 0


def _row(flag: Flag) -> tuple[str, str, str, str, str]:
    what, id_ = next(
        (what, str(id_))
        for what, id_ in (("reply", flag.reply_id), ("turn", flag.turn_id), ("refused prompt", flag.id))
        if id_ is not None
    )
    return f"{flag.at:%Y-%m-%d %H:%M}", what, id_, flag.moderator, ", ".join(flag.categories)


def _recheck(_args: argparse.Namespace, environment: Mapping[str, str]) -> int:
    settings = Settings.from_env(environment)
    with _flags(environment) as flags:
        done = asyncio.run(_rechecked(flags, settings, environment))
    print(f"{done.judged} judged, {done.flagged} of them flagged.")
    if done.still_unchecked:
        raise ModerationAway(f"{done.still_unchecked} could not be checked.", hint="Try again when it answers.")
    return 0


async def _rechecked(flags: Flags, settings: Settings, environment: Mapping[str, str]) -> Recheck:
    moderation = open_moderation(settings, environment)
    try:
        return await flags.recheck(moderation)
    finally:
        await moderation.aclose()


@contextmanager
def _flags(environment: Mapping[str, str]) -> Iterator[Flags]:
    with opened_database(environment) as database:
        yield Flags(database)
