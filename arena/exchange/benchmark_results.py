"""Results of automatic benchmarks, stored as their files state them and with their source, apart from the ratings."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from arena.audit_log.acts import Act
from arena.audit_log.log import record
from arena.clock import now
from arena.contenders.endpoint import Endpoint
from arena.contenders.schema import alike
from arena.db.queries import all_contenders
from arena.db.session import Database
from arena.db.tables import BenchmarkResult, Contender
from arena.errors import BadConfiguration, UnknownContender
from arena.exchange import queries
from arena.exchange.benchmark_files import BenchmarkFigure, is_address, read_benchmarks

IDENTITY = ("contender", "task", "metric", "filter", "setting")


@dataclass(frozen=True, slots=True)
class BenchmarkReport:
    """The content of an imported file. `unknown` names belong to no contender here; their figures are stored too."""

    num_figures: int
    contenders: tuple[str, ...]
    unknown: tuple[str, ...]


class BenchmarkResults:
    """The results of an arena. A file is imported once; a newer figure of a measurement replaces the older one."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take(
        self, path: Path, *, source: str = "", contender: str = "", ran_by: str = "", dry_run: bool = False
    ) -> BenchmarkReport:
        """Store a file's figures, all or none, and return what it holds.

        Args:
            path: the file.
            source: the address where these figures are published; required if the file does not state it.
            contender: the slug to which all figures belong, if the file has another name for it.
            ran_by: who measured, if the file does not state it.
            dry_run: store nothing.

        Raises:
            BadConfiguration: the file or the source cannot be used, or the file was imported before; lists every fault.
            UnknownContender: there is no contender with this slug.
        """
        figures = read_benchmarks(path)
        _refuse_sourceless(figures, source, path)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        with self._database.writing() as session:
            ours = _names(all_contenders(session))
            if contender and contender not in set(ours.values()):
                raise UnknownContender(f"There is no contender `{contender}`.", hint="See `arena contenders list`.")
            if queries.has_benchmark_file(session, sha256=digest):
                raise BadConfiguration(f"`{path}` was imported already.")
            rows = [
                BenchmarkResult(
                    contender=contender or ours.get(alike(figure.model), figure.model),
                    **{name: getattr(figure, name) for name in (*IDENTITY[1:], "value", "error", "scored", "samples")},
                    higher_is_better=figure.higher_is_better,
                    source=figure.source or source,
                    ran_by=figure.ran_by or ran_by,
                    measured_on=figure.measured_on,
                    file=path.name,
                    sha256=digest,
                    imported_at=now(),
                )
                for figure in figures
            ]
            _refuse_twins(rows, path)
            if not dry_run:
                session.add_all(rows)
                details = {"file": path.name, "file_sha256": digest, "figures": len(rows)}
                record(session, Act.BENCHMARK_IMPORTED, contender, details=details)
        names = tuple(dict.fromkeys(row.contender for row in rows))
        return BenchmarkReport(len(rows), names, tuple(name for name in names if name not in set(ours.values())))

    def list(self) -> Sequence[BenchmarkResult]:
        """Return the newest figure of each measurement, by task."""
        with self._database.reading() as session:
            rows = queries.all_benchmark_results(session)
        newest = {tuple(getattr(row, name) for name in IDENTITY): row for row in rows}
        return sorted(newest.values(), key=lambda row: (row.task, row.metric, row.filter, row.setting, row.contender))


def _names(contenders: Iterable[Contender]) -> Mapping[str, str]:
    """Return slugs by the names that files may have for contenders."""
    found: dict[str, str] = {}
    for row in contenders:
        for name in (row.slug, row.label, Endpoint.of(row).model):
            found.setdefault(alike(name), row.slug)
    return found


def _refuse_sourceless(figures: Sequence[BenchmarkFigure], source: str, path: Path) -> None:
    if source and not is_address(source):
        raise BadConfiguration(f"`{source[:80]}` is no address.", hint="Give --source https://…")
    if not source and any(not figure.source for figure in figures):
        raise BadConfiguration(
            f"`{path}` does not say where its figures can be seen.", hint="Give --source https://… to name the place."
        )


def _refuse_twins(rows: Sequence[BenchmarkResult], path: Path) -> None:
    seen: set[tuple[str, ...]] = set()
    twins = []
    for row in rows:
        identity = tuple(getattr(row, name) for name in IDENTITY)
        twins += [f"{row.contender}: {row.task}, {row.metric}, {row.filter}, {row.setting}"] if identity in seen else []
        seen.add(identity)
    if twins:
        raise BadConfiguration(f"`{path}` states the same measurement twice:", twins)
