"""The actions of `arena votes` about votes that stand out: look for them, list them, and decide."""

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from arena.clock import now
from arena.commands.columns import aligned
from arena.commands.database import opened_database
from arena.db.suspicion_tables import SuspicionState
from arena.errors import ArenaError

if TYPE_CHECKING:
    from arena.suspicion.suspects import Listed

Environment = Mapping[str, str]
AddAction = Callable[[str, str, Callable[[argparse.Namespace, Environment], int]], argparse.ArgumentParser]
OPEN = {SuspicionState.HELD, SuspicionState.WAITING}
DECISIONS = {
    "hold": (SuspicionState.HELD, "leave the votes of a suspicion out until somebody decides otherwise"),
    "release": (SuspicionState.RELEASED, "count the votes of a suspicion; the detectors never hold them again"),
    "confirm": (SuspicionState.CONFIRMED, "leave the votes of a suspicion out as manipulation"),
}


def add_suspicion(action: AddAction) -> None:
    """Add the actions and their flags."""
    suspects = action("suspects", "show what stands out among the votes, and why", _list)
    suspects.add_argument("--all", action="store_true", help="also what was released or confirmed")
    suspects.add_argument("--json", action="store_true", help="print JSON instead of a table")
    detect = action("detect", "look for votes that were bought or cast by machines now, and leave them out", _detect)
    detect.add_argument("--dry-run", action="store_true", help="only say what stands out")
    for name, (state, about) in DECISIONS.items():
        decide = action(name, about, _decide)
        decide.set_defaults(state=state)
        decide.add_argument("id", type=int, help="number of the suspicion; see `arena votes suspects`")
        decide.add_argument("--reason", required=True, help="stored with the date")
    replay = action("replay", "repeat a look of the detectors, and say whether it finds the same", _replay)
    replay.add_argument("--run", type=int, metavar="N", help="number of the look (default: the last with a new result)")
    marker = action("marks", "mark votes that a reader should know more about, and count them; they count", _marks)
    marker.add_argument("--json", action="store_true", help="print JSON instead of a table")


def _list(args: argparse.Namespace, environment: Environment) -> int:
    from arena.suspicion.suspects import Suspects

    with opened_database(environment) as database:
        rows = [row for row in Suspects(database).list() if args.all or row.suspicion.state in OPEN]
    if args.json:
        shown = [
            {
                "id": row.suspicion.id,
                "state": row.suspicion.state,
                "found_at": row.suspicion.found_at.isoformat(),
                "score": row.suspicion.score,
                "chance": row.suspicion.chance,
                "votes": row.num_votes,
                "left_out": row.num_left_out,
                "reason": row.suspicion.reason,
                "decision": row.suspicion.decision,
            }
            for row in rows
        ]
        print(json.dumps(shown, indent=2, ensure_ascii=False, allow_nan=False))
        return 0
    if not rows:
        print("Nothing stands out that waits for a decision.", file=sys.stderr)
        return 0
    head = ("id", "state", "found", "left out", "why")
    print(aligned(head, [_row(row) for row in rows]))
    print("\nDecide: arena votes release|confirm|hold ID --reason …", file=sys.stderr)
    return 0


def _row(row: "Listed") -> tuple[str, ...]:
    one = row.suspicion
    why = one.reason + (f" – {one.decision}" if one.decision else "")
    return str(one.id), one.state, f"{one.found_at:%Y-%m-%d %H:%M}", f"{row.num_left_out} of {row.num_votes}", why


def _detect(args: argparse.Namespace, environment: Environment) -> int:
    from arena.suspicion.suspects import LEAST_VOTES, Suspects

    with opened_database(environment) as database:
        suspects = Suspects(database)
        looked = suspects.look(until=now())
        changed = 0 if args.dry_run else suspects.keep(looked)
    if looked.num_votes < LEAST_VOTES:
        print(f"{looked.num_votes} votes are too few to judge; {LEAST_VOTES} are needed.", file=sys.stderr)
    for found in looked.found:
        print(f"{'waits for a decision' if found.waits else 'held'}: {found.reason}")
    print(f"{looked.num_votes} votes in {looked.num_battles} battles judged; {len(looked.found)} suspicions.")
    if not args.dry_run:
        print(f"Votes left out or put back: {changed}.")
    costs = zip(looked.contenders, looked.sides.held_wins, looked.sides.held_losses, looked.sides.tilt, strict=True)
    table = [(slug, f"{won:g}", f"{lost:g}", f"{tilt:+.1%}") for slug, won, lost, tilt in costs if won or lost]
    if table:
        print("\nWhat that costs (wins and losses would be held in like measure if the voters were honest):")
        print(aligned(("contender", "wins", "losses", "share of wins over share of losses"), table))
    return 0


def _decide(args: argparse.Namespace, environment: Environment) -> int:
    from arena.suspicion.suspects import Suspects

    with opened_database(environment) as database:
        changed = Suspects(database).decide(args.id, args.state, decision=args.reason)
    print(f"Suspicion {args.id} is {args.state}. Votes left out or put back: {changed}.")
    return 0


def _replay(args: argparse.Namespace, environment: Environment) -> int:
    from arena.suspicion.suspects import Suspects

    with opened_database(environment) as database:
        done = Suspects(database).replay(args.run)
    if done is None:
        print("The detectors have not looked yet.", file=sys.stderr)
        return 0
    then, again = done.run, done.look
    if not done.same:
        changed = f"then {then.num_votes} votes were judged, now {again.num_votes}"
        raise ArenaError(
            f"Look {then.id} of {then.until:%Y-%m-%d %H:%M} finds something else today: {changed}.",
            hint=f"Erased votes and a newer program can be the reason; it was made by version {then.code_version}.",
        )
    print(f"Look {then.id}: {again.num_votes} votes, {len(again.found)} suspicions, the same as on {then.at:%Y-%m-%d}.")
    return 0


def _marks(args: argparse.Namespace, environment: Environment) -> int:
    from arena.suspicion.marks import mark_votes, marked_votes

    with opened_database(environment) as database:
        mark_votes(database)
        counts = marked_votes(database)
    if args.json:
        print(json.dumps(counts, indent=2, allow_nan=False))
    elif counts:
        print(aligned(("mark", "votes"), [(mark.replace("_", " "), str(count)) for mark, count in counts.items()]))
        print("\nThe board without them: arena leaderboard --unmarked", file=sys.stderr)
    else:
        print("No vote that counts has a mark.", file=sys.stderr)
    return 0
