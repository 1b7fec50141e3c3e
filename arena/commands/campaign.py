"""`arena campaign`: design, run and take out a blind comparison on fixed prompts.

new FILE → answers NAME → open NAME --raters 5 → (raters judge) → close NAME → export NAME
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path

from arena.campaigns.answers import AnswerMaking, AnswersProgress
from arena.campaigns.campaign_file import CampaignFile, example_text, read_campaign_file, reference_text
from arena.campaigns.campaigns import Campaigns, CampaignSheet, prompts_of
from arena.campaigns.example import replay_example
from arena.campaigns.export import export_campaign
from arena.campaigns.forbidden import forbid_prompts
from arena.campaigns.planning import USUAL_DECISIVE, plan_sample
from arena.campaigns.progress import CampaignProgress, note_look, progress_of, scores_of
from arena.campaigns.prompt_files import Prompt
from arena.commands import campaign_report
from arena.commands.columns import aligned
from arena.commands.database import opened_database
from arena.commands.serve import enter_first_contenders
from arena.contenders.opened import OpenContenders
from arena.contenders.register import Contenders
from arena.db.campaign_tables import AnswerStatus, CampaignStatus
from arena.db.session import Database
from arena.errors import BadConfiguration
from arena.settings import Settings

Environment = Mapping[str, str]
HERE = "http://127.0.0.1:7860"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the actions and their flags."""
    actions = parser.add_subparsers(required=True, metavar="action")

    def action(name: str, about: str, run: Callable[[argparse.Namespace, Environment], int]) -> argparse.ArgumentParser:
        added = actions.add_parser(name, help=about, description=about[0].upper() + about[1:] + ".")
        added.set_defaults(action=run)
        return added

    maker = action("new", "store a campaign's file as a draft, and say what it can find", _new)
    maker.add_argument("file", type=Path, nargs="?", help="TOML; `--example` prints one to begin with")
    maker.add_argument("--example", action="store_true", help="print a file to begin with")
    maker.add_argument("--keys", action="store_true", help="print what every key means, may hold and is by default")
    maker.add_argument("--dry-run", action="store_true", help="only check the file and say what it can find")

    asker = action("answers", "ask every contender every prompt, once; run it again to go on", _answers)
    asker.add_argument("name")
    asker.add_argument("--again", action="store_true", help="also ask what has failed before")

    opener = action("open", "freeze the design, print its hash, and let raters in", _open)
    opener.add_argument("name")
    opener.add_argument("--raters", type=_count, default=0, metavar="N", help="invite so many, and print their links")
    _add_address(opener)

    inviter = action("invite", "print links for more raters", _invite)
    inviter.add_argument("name")
    inviter.add_argument("number", type=_count, nargs="?", default=1)
    _add_address(inviter)

    teller = action("status", "say how far a campaign is, without its results", _status)
    teller.add_argument("name", nargs="?", help="left out: list all campaigns")
    teller.add_argument("--json", action="store_true", help="print JSON")
    teller.add_argument("--results", metavar="REASON", help="show the counts before the end; the reason is logged")
    _add_address(teller)

    exporter = action("export", "write a closed campaign as a folder of plain files", _export)
    exporter.add_argument("name")
    exporter.add_argument("--out", type=Path, metavar="FOLDER", help="default: campaigns/NAME")

    reporter = action("report", "make the report of an exported campaign", campaign_report.run_report)
    campaign_report.configure_report(reporter)
    replayer = action("replay", "make a report again and compare it byte for byte", campaign_report.run_replay)
    campaign_report.configure_replay(replayer)

    example = action("example", "replay the published 90 : 89 with the demo contenders", _example)
    example.add_argument("--out", type=Path, default=Path("campaigns/example"), metavar="FOLDER")

    closer = action("close", "end a campaign: nothing more is judged, and its results may be seen", _close)
    closer.add_argument("name")


def run(args: argparse.Namespace, environment: Environment) -> int:
    """Run the chosen action and return its exit code."""
    code: int = args.action(args, environment)
    return code


def _new(args: argparse.Namespace, environment: Environment) -> int:
    if args.example or args.keys:
        print(example_text() if args.example else reference_text(), end="")
        return 0
    if args.file is None:
        raise BadConfiguration("Which file?", hint="`arena campaign new --example` prints one to begin with.")
    file, table = read_campaign_file(args.file)
    if args.dry_run:
        prompts = prompts_of(file)
    else:
        with opened_database(environment) as database:
            asyncio.run(_enter_first_contenders(database, environment))
            prompts = Campaigns(database).new(file, table).prompts
            forbidden = forbid_prompts(database, Settings.from_env(environment).home)
    _print_plan(file, prompts)
    if not args.dry_run:
        print(f"Its prompts are forbidden for generation and training: {forbidden}", file=sys.stderr)
        print(f"Next: arena campaign answers {file.name}", file=sys.stderr)
    return 0


def _print_plan(file: CampaignFile, prompts: tuple[Prompt, ...]) -> None:
    """Say what a campaign can find."""
    plan = plan_sample(file, prompts)
    print(f"{plan.items} items, {plan.judgements} judgements by {file.raters_per_item} raters an item.")
    decided = f"If {USUAL_DECISIVE:.0%} of the items are decided, {plan.decisive} are"
    if plan.detectable is None:
        print(f"{decided}: too few to find any difference.")
    else:
        share = f"a share of {100 * plan.detectable:.1f} % or more is found with a chance of {file.power:.0%}"
        print(f"{decided}, and {share} (alpha {file.alpha:g}).")
    print("Needed to find " + ", ".join(f"{share:.0%}: {votes}" for share, votes in plan.needed) + " decided items.")


async def _enter_first_contenders(database: Database, environment: Environment) -> None:
    """Register the contenders of an empty arena, as `arena serve` would: a campaign may be its first use."""
    settings = Settings.from_env(environment)
    open_contenders = OpenContenders(environment, reach=settings.reach)
    try:
        await enter_first_contenders(Contenders(database, public=settings.public), settings, open_contenders)
    finally:
        await open_contenders.aclose()


def _answers(args: argparse.Namespace, environment: Environment) -> int:
    settings = Settings.from_env(environment)

    async def make(database: Database) -> AnswersProgress:
        open_contenders = OpenContenders(environment, reach=settings.reach)
        try:
            making = AnswerMaking(database, open_contenders, folder=settings.home / "campaigns", notify=AnswersLine())
            return await making.run(args.name, again=args.again)
        finally:
            await open_contenders.aclose()

    with opened_database(environment) as database:
        progress = asyncio.run(make(database))
    print(f"{progress.answered} of {progress.total} answers are there, {progress.failed} failed, ${progress.usd:.4f}.")
    if progress.stopped:
        print(f"Stopped: {progress.stopped}", file=sys.stderr)
        return 1
    if progress.failed:
        print("Ask what has failed again with --again, or open without it: it is counted as missing.", file=sys.stderr)
    print(f"Next: arena campaign open {args.name} --raters 5", file=sys.stderr)
    return 0


class AnswersLine:
    """A line on standard error that says how far the answers are; where nobody watches, one line in ten percent."""

    def __init__(self) -> None:
        self._shown = -1

    def __call__(self, progress: AnswersProgress) -> None:
        """Show how far they are."""
        done = progress.answered + progress.failed
        line = f"{done} of {progress.total} answers, {progress.failed} failed, ${progress.usd:.4f}"
        if sys.stderr.isatty():
            print(f"\r{line}", end="\n" if done == progress.total else "", file=sys.stderr, flush=True)
        elif (tenth := 10 * done // progress.total) != self._shown:
            self._shown = tenth
            print(line, file=sys.stderr, flush=True)


def _open(args: argparse.Namespace, environment: Environment) -> int:
    with opened_database(environment) as database:
        campaigns = Campaigns(database)
        sheet = campaigns.open(args.name)
        keys = campaigns.invite(args.name, args.raters) if args.raters else ()
    print(f"{sheet.name} is open. SHA-256 of its design: {sheet.design_hash}")
    _print_links(sheet, keys, args.address)
    if not keys and not sheet.file.raters.open_to_all:
        print(f"Next: arena campaign invite {args.name} 5", file=sys.stderr)
    return 0


def _invite(args: argparse.Namespace, environment: Environment) -> int:
    with opened_database(environment) as database:
        campaigns = Campaigns(database)
        _print_links(campaigns.named(args.name), campaigns.invite(args.name, args.number), args.address)
    return 0


def _status(args: argparse.Namespace, environment: Environment) -> int:
    with opened_database(environment) as database:
        if args.name is None:
            rows = [
                (one.name, one.status.value, str(len(one.prompts)), one.title) for one in Campaigns(database).list()
            ]
            print(aligned(("name", "status", "prompts", "title"), rows) if rows else "No campaign yet.")
            return 0
        if args.results is not None:
            if Campaigns(database).named(args.name).status is not CampaignStatus.CLOSED:
                note_look(database, args.name, who="command line", reason=args.results)
            print(json.dumps([asdict(one) for one in scores_of(database, args.name)], indent=2, allow_nan=False))
            return 0
        progress = progress_of(database, args.name)
    if args.json:
        print(json.dumps(_as_json(progress), indent=2, ensure_ascii=False, allow_nan=False))
    else:
        _print_progress(progress, args.address)
    return 0


def _close(args: argparse.Namespace, environment: Environment) -> int:
    with opened_database(environment) as database:
        sheet = Campaigns(database).close(args.name)
        progress = progress_of(database, args.name)
    print(f"{sheet.name} is closed with {progress.judged} of {progress.places} places judged.")
    print(f"Next: arena campaign export {args.name}", file=sys.stderr)
    return 0


def _export(args: argparse.Namespace, environment: Environment) -> int:
    out = args.out or Path("campaigns") / args.name
    with opened_database(environment) as database:
        export_campaign(database, args.name, out)
    print(out)
    return 0


def _example(args: argparse.Namespace, environment: Environment) -> int:
    scores = asyncio.run(replay_example(args.out, environment, notify=AnswersLine()))
    for score in scores:
        print(f"{score.first} {score.wins} : {score.losses} {score.second}")
    print(f"{args.out} holds the campaign. Next: arena campaign report {args.out}", file=sys.stderr)
    return 0


def _print_progress(progress: CampaignProgress, address: str) -> None:
    sheet = progress.sheet
    print(f"{sheet.name}: {sheet.status.value}, {len(sheet.prompts)} prompts, {sheet.title}")
    for slug, counts in progress.answers.items():
        told = ", ".join(f"{counts[status]} {status.value}" for status in AnswerStatus if counts[status])
        print(f"  {slug}: {told}")
    if sheet.design_hash:
        print(f"SHA-256 of the design: {sheet.design_hash}")
        print(f"{progress.judged} of {progress.places} places are judged.")
    if progress.ends_at:
        print(
            f"{progress.per_hour} in the last hour; at this pace all are judged on {progress.ends_at:%Y-%m-%d, %H:%M}."
        )
    for look in progress.looks:
        print(f"Looked at early: {look.at:%Y-%m-%d %H:%M} by {look.who}: {look.reason}")
    rows = [
        (
            str(one.number),
            f"{one.judged} of {one.given}",
            _state(one.joined_at, one.finished_at),
            f"{address}/rate/{one.key}",
        )
        for one in progress.raters
    ]
    if rows:
        print(aligned(("rater", "judged", "state", "link"), rows))
    _print_links(sheet, (), address)


def _state(joined: object, finished: object) -> str:
    return "finished" if finished else "joined" if joined else "invited"


def _as_json(progress: CampaignProgress) -> dict[str, object]:
    sheet = progress.sheet
    return {
        "name": sheet.name,
        "status": sheet.status.value,
        "prompts": len(sheet.prompts),
        "design_hash": sheet.design_hash,
        "answers": {
            slug: {status.value: counts[status] for status in AnswerStatus} for slug, counts in progress.answers.items()
        },
        "usd": progress.usd,
        "places": progress.places,
        "judged": progress.judged,
        "raters": [
            {
                "number": one.number,
                "judged": one.judged,
                "given": one.given,
                "state": _state(one.joined_at, one.finished_at),
            }
            for one in progress.raters
        ],
        "early_looks": [{"at": one.at.isoformat(), "who": one.who, "reason": one.reason} for one in progress.looks],
    }


def _print_links(sheet: CampaignSheet, keys: tuple[str, ...], address: str) -> None:
    for key in keys:
        print(f"{address}/rate/{key}")
    if sheet.file.raters.open_to_all and sheet.status is CampaignStatus.OPEN:
        print(f"Anybody may join at {address}/join/{sheet.join_key}")


def _add_address(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--address",
        type=lambda text: text.rstrip("/"),
        default=HERE,
        help=f"of this arena, for links (default: {HERE})",
    )


def _count(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) <= 1000:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 to 1000")
    return int(text)
