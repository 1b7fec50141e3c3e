"""`arena release`: make a release of votes and texts, read a sample of it and sign, verify one."""

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from arena.commands.columns import aligned
from arena.commands.database import opened_database
from arena.errors import BadConfiguration
from arena.exchange.random_ids import operator_key
from arena.settings import Settings

Environment = Mapping[str, str]


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the actions and their flags."""
    actions = parser.add_subparsers(required=True, metavar="action")

    def action(name: str, about: str, run: Callable[[argparse.Namespace, Environment], int]) -> argparse.ArgumentParser:
        added = actions.add_parser(name, help=about, description=about[0].upper() + about[1:] + ".")
        added.set_defaults(action=run)
        return added

    maker = action("make", "write a folder of votes, and of texts whose voters publish them", _make)
    maker.add_argument("folder", type=Path, help="a new folder; its name is the release's")
    maker.add_argument("--format", choices=("jsonl", "parquet"), default="jsonl", help="of the tables (default: jsonl)")
    maker.add_argument("--licence", default="cc-by-4.0", help="of votes and prompts (default: cc-by-4.0)")
    maker.add_argument("--without", nargs="+", default=[], metavar="SLUG", help="leave the answers of these out")
    sampler = action("sample", "print texts of a release, drawn at random, for a person to read", _sample)
    sampler.add_argument("folder", type=Path)
    sampler.add_argument("--number", type=int, default=200, help="how many (default: 200)")
    approver = action("approve", "sign that you read the sample", _approve)
    approver.add_argument("folder", type=Path)
    approver.add_argument("--by", required=True, metavar="NAME", help="who read it; stands in the release")
    approver.add_argument(
        "--private", nargs="+", default=[], metavar="ID", help="texts of the sample that tell who somebody is"
    )
    verifier = action("verify", "compute the board of a release anew, and compare every file", _verify)
    verifier.add_argument("folder", type=Path)
    measurer = action("measure", "measure the detectors of personal data on invented people", _measure)
    measurer.add_argument("--each", type=int, default=30, help="texts for each kind and language (default: 30)")
    measurer.add_argument("--seed", type=int, default=1)
    action("list", "show the releases that were made", _list)


def run(args: argparse.Namespace, environment: Environment) -> int:
    """Run the chosen action and return its exit code."""
    code: int = args.action(args, environment)
    return code


def _make(args: argparse.Namespace, environment: Environment) -> int:
    from arena.releases.release import ReleaseOrder, Releases
    from arena.releases.screening import both_detectors

    settings = Settings.from_env(environment)
    detectors = both_detectors()
    order = ReleaseOrder(settings.title, args.format, args.licence, args.without)
    with opened_database(environment) as database:
        releases = Releases(database, detectors, key=operator_key(settings.home), tell=_progress)
        manifest = releases.make(args.folder, order)
    counts, screening = manifest["counts"], manifest["screening"]
    print(f"{args.folder}: {counts['votes']} votes and {counts['texts']} texts.")
    for reason, count in manifest["left_out"].items():
        print(f"  {count}  {reason}")
    if screening["by_kind"]:
        print("Suspected: " + ", ".join(f"{kind} {count}" for kind, count in screening["by_kind"].items()) + ".")
    print(f"Before you publish it: arena release sample {args.folder}, then arena release approve.")
    return 0


def _progress(done: int, of: int) -> None:
    print(f"{done} of {of} battles", file=sys.stderr)


def _sample(args: argparse.Namespace, environment: Environment) -> int:
    from arena.releases.approval import draw_sample

    if args.number < 1:
        raise BadConfiguration("A sample has at least one text.")
    for row in (drawn := draw_sample(args.folder, number=args.number)):
        print(f"=== {row['id']}")
        for turn in row["turns"]:
            print(*(f"--- {name}\n{text}" for name, text in turn.items()), sep="\n")
    print(f"{len(drawn)} texts. Sign with: arena release approve {args.folder} --by NAME", file=sys.stderr)
    return 0


def _approve(args: argparse.Namespace, environment: Environment) -> int:
    from arena.releases.approval import approve

    key = operator_key(Settings.from_env(environment).home)
    with opened_database(environment) as database:
        approval = approve(database, args.folder, by=args.by, private=args.private, key=key)
    if approval is None:
        print(f"{len(args.private)} texts are held back. Do not publish {args.folder}; make the release again.")
        return 1
    print(f"{args.folder} is approved by {approval['by']}, who read {approval['texts_read']} texts.")
    return 0


def _verify(args: argparse.Namespace, environment: Environment) -> int:
    from arena.releases.verification import verify

    done = verify(args.folder)
    for fault in done.faults:
        print(f"{args.folder}: {fault}", file=sys.stderr)
    if done.faults:
        return 1
    counts = done.manifest["counts"]
    print(f"{args.folder}: {counts['votes']} votes give the board byte for byte; every file is as it was made.")
    print(f"Approved by {done.approved_by}." if done.approved_by else "Not approved yet: do not publish it.")
    return 0


def _measure(args: argparse.Namespace, environment: Environment) -> int:
    from arena.releases.screening import both_detectors
    from arena.releases.synthetic_spans import KINDS, LANGUAGES, recalls, synthetic_texts

    detectors = both_detectors()
    texts = list(synthetic_texts(seed=args.seed, each=args.each))
    for chosen in ([detectors[0]], [detectors[1]], detectors):
        found = recalls(chosen, iter(texts))
        rows = [(kind.value, *(f"{found[kind, language].share:.3f}" for language in LANGUAGES)) for kind in KINDS]
        print(f"\nRecall of {' and '.join(detector.name for detector in chosen)}, {len(texts)} spans")
        print(aligned(("kind", *LANGUAGES), rows))
    return 0


def _list(args: argparse.Namespace, environment: Environment) -> int:
    from arena.releases.release import releases_of

    with opened_database(environment) as database:
        rows = releases_of(database)
    if not rows:
        print("No release was made yet.", file=sys.stderr)
        return 0
    told = [(row.name, f"{row.made_at:%Y-%m-%d %H:%M}", str(row.num_votes), str(row.num_texts)) for row in rows]
    print(aligned(("release", "made", "votes", "texts"), told))
    return 0
