"""`arena moderation`: list flags, decide on them, and judge prompts and replies that could not be checked earlier."""

import argparse
import asyncio
import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict

from arena.commands.columns import aligned
from arena.commands.database import opened_database
from arena.db.moderation_tables import DeskDecision
from arena.db.tables import Flag
from arena.errors import ModerationAway
from arena.moderation.desk import FlagCase, ModerationDesk
from arena.moderation.flags import Flags, Recheck
from arena.moderation.moderators import open_moderation
from arena.settings import Settings

LONGEST = 200  # characters of a text in the list
HEAD = ("at", "what", "id", "by", "categories")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the actions and their flags."""
    actions = parser.add_subparsers(required=True, metavar="action")
    flags = actions.add_parser("list", help="show flagged prompts and replies, the newest first")
    flags.add_argument("--json", action="store_true", help="print it as JSON")
    flags.set_defaults(action=_list)
    desk = actions.add_parser("desk", help="show what waits for a decision, with its text")
    desk.add_argument("--all", action="store_true", help="decided ones too")
    desk.add_argument("--limit", type=int, default=20, metavar="N", help="how many; default: 20")
    desk.add_argument("--json", action="store_true", help="print it as JSON, with whole texts")
    desk.set_defaults(action=_desk)
    decide = actions.add_parser("decide", help="decide on flags; the decision is kept in the audit log, without text")
    decide.add_argument("flags", nargs="+", type=int, metavar="flag", help="numbers that `desk` shows")
    kind = decide.add_mutually_exclusive_group(required=True)
    kind.add_argument(
        "--take-down", action="store_true", help="withhold the text from the archive, exports and releases"
    )
    kind.add_argument("--dismiss", action="store_true", help="the flag was wrong: the text stands")
    decide.add_argument("--reason", required=True, help="kept for the maintainers")
    decide.set_defaults(action=_decide)
    takedown = actions.add_parser("take-down", help="withhold whole battles from the archive, exports and releases")
    takedown.add_argument("battles", nargs="+", type=int, metavar="battle")
    takedown.add_argument("--reason", required=True, help="kept for the maintainers")
    takedown.set_defaults(action=_take_down)
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


def _desk(args: argparse.Namespace, environment: Mapping[str, str]) -> int:
    with opened_database(environment) as database:
        desk = ModerationDesk(database)
        cases, waiting = desk.cases(decided=None if args.all else False, limit=args.limit), desk.num_waiting()
    if args.json:
        print(json.dumps([asdict(case) for case in cases], indent=2, default=str, ensure_ascii=False, allow_nan=False))
        return 0
    for case in cases:
        battle = f", battle {case.battle}" if case.battle is not None else ""
        print(f"flag {case.id}  {case.at:%Y-%m-%d %H:%M}  {case.what}{battle}: {', '.join(case.categories)}")
        print(f"  by {case.moderator}; {_told(case)}")
        print(f"  {_excerpt(case.text) or '(too private to keep)'}")
    print(
        f"{waiting} {'waits' if waiting == 1 else 'wait'} for a decision: `arena moderation decide`.", file=sys.stderr
    )
    return 0


def _told(case: FlagCase) -> str:
    return f"{case.decision.replace('_', ' ')}: {case.reason}" if case.decision else "waits"


def _excerpt(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"


def _decide(args: argparse.Namespace, environment: Mapping[str, str]) -> int:
    decision = DeskDecision.TAKE_DOWN if args.take_down else DeskDecision.DISMISS
    with opened_database(environment) as database:
        count = ModerationDesk(database).decide(args.flags, decision, reason=args.reason)
    print(f"{count} {'flag is' if count == 1 else 'flags are'} decided: {decision.replace('_', ' ')}.")
    return 0


def _take_down(args: argparse.Namespace, environment: Mapping[str, str]) -> int:
    with opened_database(environment) as database:
        ModerationDesk(database).take_down(args.battles, reason=args.reason)
    print(f"Taken down: battle {', '.join(map(str, args.battles))}. The votes count as before.")
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
