"""`arena db`: upgrade the database, show its revision, recount its tallies and label its votes."""

import argparse
from collections.abc import Mapping
from pathlib import Path

from arena.audit_log.acts import Act
from arena.audit_log.log import record
from arena.commands.columns import aligned
from arena.db import tallies
from arena.db.migrate import current_revision, database_url, keep_private, newest_revision, open_database, upgrade
from arena.db.session import Database, Session
from arena.settings import Settings
from arena.votes.labels import relabel


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the actions."""
    actions = parser.add_subparsers(required=True, metavar="action", dest="action")
    actions.add_parser("upgrade", help="create the tables, or bring them to this program's")
    actions.add_parser("status", help="show the revision of the database and the one that this program needs")
    actions.add_parser("rebuild-tallies", help="recount all votes; report and correct tallies that differ")
    actions.add_parser(
        "label-votes", help="correct the labels (category and language) of votes where the present rules differ"
    )


def run(args: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Run the chosen action and return its exit code: 1 if an upgrade is due (status) or tallies differed, else 0."""
    settings = Settings.from_env(environment)
    of_votes = {"rebuild-tallies": _rebuild_tallies, "label-votes": _label_votes}.get(args.action)
    database = open_database(settings) if of_votes else Database(database_url(settings))
    try:
        if of_votes:
            return of_votes(database)
        return _upgrade(database, settings) if args.action == "upgrade" else _status(database)
    finally:
        database.close()


def _upgrade(database: Database, settings: Settings) -> int:
    if settings.embedded:
        keep_private(settings.home)
    before = current_revision(database)
    upgrade(database)
    done = "was up to date already" if before == newest_revision() else f"was upgraded from {before or 'nothing'}"
    print(f"{_name(database)}: {done}; now at revision {newest_revision()}.")
    return 0


def _status(database: Database) -> int:
    current = None if _missing(database) else current_revision(database)
    if current == newest_revision():
        print(f"{_name(database)}: up to date, at revision {current}.")
        return 0
    print(
        f"{_name(database)}: at revision {current or 'none'}, this program needs {newest_revision()}. "
        "Run `arena db upgrade`."
    )
    return 1


def _rebuild_tallies(database: Database) -> int:
    differences = tallies.rebuild(database, note=_record_corrections)
    if not differences:
        print("The tallies agree with the votes.")
        return 0
    head = ("day", "side a", "side b", "verdict", "slice", "tally", "votes")
    print(aligned(head, [_difference(row) for row in differences]))
    print(f"{len(differences)} tallies differed and were corrected.")
    return 1


def _record_corrections(session: Session, differences: tuple[tallies.Difference, ...]) -> None:
    record(session, Act.TALLIES_CORRECTED, details={"tallies": len(differences)})


def _label_votes(database: Database) -> int:
    changed = relabel(database)
    words = "vote was" if changed == 1 else "votes were"
    print(f"{changed} {words} labelled anew; the tallies follow." if changed else "No vote needed another label.")
    return 0


def _difference(row: tallies.Difference) -> tuple[str, ...]:
    day = "all days" if row.day is None else row.day.isoformat()
    return day, row.left, row.right, row.verdict, str(row.slice_id), str(row.stored), str(row.counted)


def _missing(database: Database) -> bool:
    # A connection to a missing SQLite file would create it.
    return database.is_sqlite and not Path(str(database.engine.url.database)).exists()


def _name(database: Database) -> str:
    return database.engine.url.render_as_string(hide_password=True)
