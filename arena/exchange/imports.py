"""Import of votes: a file becomes a series, which is rated separately from the arena's votes."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from arena.audit_log.acts import Act
from arena.audit_log.log import record
from arena.clock import now
from arena.db.queries import contender_slugs
from arena.db.session import Database, Session
from arena.db.tables import Series, SeriesTally
from arena.errors import BadConfiguration, SeriesExists, UnknownSeries
from arena.exchange import queries
from leaderboard import Tallies, read_votes
from leaderboard.verdict import VERDICTS


@dataclass(frozen=True, slots=True)
class ImportReport:
    """The content of an imported file. `unknown` contenders are not in this arena; they are rated too."""

    series: str
    num_votes: int
    contenders: tuple[str, ...]
    unknown: tuple[str, ...]


class VoteImports:
    """Keeps the tallies of imported votes. A series comes from one file and does not change."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take(self, path: Path, *, series: str, dry_run: bool = False) -> ImportReport:
        """Store the tallies of a file of votes, all or none, and return what it holds; `dry_run` stores nothing.

        Raises:
            BadVotes: the file cannot be read or holds rows that are no votes; lists the faults with their rows.
            SeriesExists: a series has this name already.
            BadConfiguration: the name is empty or too long.
        """
        if not series.strip() or len(series) > 64:
            raise BadConfiguration("A series has a name of up to 64 characters.")
        tallies = Tallies.from_votes(read_votes(path))
        with self._database.writing() as session:
            if queries.series_named(session, series):
                raise SeriesExists(f"There is a series `{series}` already.", hint="Choose another name.")
            known = set(contender_slugs(session).values())
            if not dry_run:
                row = _store(session, tallies, path=path, series=series)
                details = {"file": row.source, "file_sha256": row.sha256, "votes": row.num_votes}
                record(session, Act.SERIES_IMPORTED, series, details=details)
        unknown = tuple(name for name in tallies.contenders if name not in known)
        return ImportReport(series, tallies.num_votes, tallies.contenders, unknown)

    def tallies(self, series: str) -> Tallies:
        """Return the tallies of a series.

        Raises:
            UnknownSeries: no votes were imported under this name.
        """
        with self._database.reading() as session:
            row = queries.series_named(session, series)
            if row is None:
                names = ", ".join(queries.series_names(session)) or "none"
                raise UnknownSeries(f"There is no series `{series}`.", hint=f"Imported so far: {names}.")
            cells = queries.series_tallies(session, row.id)
            return Tallies.from_counts((cell.left, cell.right, cell.verdict, cell.count) for cell in cells)

    def list(self) -> Sequence[Series]:
        """Return all series, the oldest first."""
        with self._database.reading() as session:
            return queries.all_series(session)


def _store(session: Session, tallies: Tallies, *, path: Path, series: str) -> Series:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    row = Series(name=series, source=path.name, sha256=digest, num_votes=tallies.num_votes, imported_at=now())
    session.add(row)
    session.flush()
    names = tallies.contenders
    session.add_all(
        SeriesTally(
            series_id=row.id,
            left=names[left],
            right=names[right],
            verdict=VERDICTS[verdict],
            count=int(tallies.counts[left, right, verdict]),
        )
        for left, right, verdict in zip(*(places.tolist() for places in tallies.counts.nonzero()), strict=True)
    )
    return row
