"""The register of contenders: add and update them, and move them between candidate, active, paused and retired.

A contender is never deleted, since its battles and votes stay and refer to it. A slug without a version means the
newest version of a contender (arena.contenders.versions), `name@1` the first.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from difflib import get_close_matches

from arena.audit_log.acts import Act
from arena.audit_log.log import record
from arena.contenders.endpoint import located, located_as_before
from arena.contenders.findings import EndpointFacts, store_findings
from arena.contenders.lineage import known, terms_of
from arena.contenders.schema import ContenderEntry, alike
from arena.contenders.versions import as_version, fingerprint
from arena.db import queries
from arena.db.session import Database, Session
from arena.db.states import ContenderStatus
from arena.db.tables import Check, Contender, StatusChange
from arena.errors import BadConfiguration, ContenderUnfit, UnknownContender, WrongStatus
from generation.backends.learned import Learned

# What the public log shows of a contender, and what may hold an address, a secret or a person and is withheld.
WITHHELD = ("options", "system_prompt", "api_key_env", "contact")
SHOWN = tuple(sorted({field.name for field in fields(ContenderEntry)} - {"slug", *WITHHELD}))
MAY_BECOME = {
    ContenderStatus.CANDIDATE: {ContenderStatus.ACTIVE, ContenderStatus.RETIRED},
    ContenderStatus.ACTIVE: {ContenderStatus.PAUSED, ContenderStatus.RETIRED},
    ContenderStatus.PAUSED: {ContenderStatus.ACTIVE, ContenderStatus.RETIRED},
    ContenderStatus.RETIRED: set[ContenderStatus](),
}


@dataclass(frozen=True, slots=True)
class SyncReport:
    """The changes of a sync, by slug. `absent` contenders are only in the database; they were left alone."""

    added: tuple[str, ...]
    new_versions: tuple[str, ...]
    changed: tuple[str, ...]
    unchanged: tuple[str, ...]
    absent: tuple[str, ...]


class Contenders:
    """The contenders of an arena. Returned rows are detached: they do not follow later changes.

    On a `public` arena a contender whose licences forbid commercial use needs an acknowledgement to be activated.
    """

    def __init__(self, database: Database, *, public: bool = False) -> None:
        self._database = database
        self.public = public

    def list(self) -> tuple[Contender, ...]:
        """Return all contenders, the oldest first."""
        with self._database.reading() as session:
            return _rows(session)

    def active(self) -> tuple[Contender, ...]:
        """Return the contenders that may be drawn, the oldest first."""
        return tuple(row for row in self.list() if row.status is ContenderStatus.ACTIVE)

    def named(self, slugs: Iterable[str]) -> tuple[Contender, ...]:
        """Return the contenders with these slugs, each once, in the order asked for.

        Raises:
            UnknownContender: no contender has one of these slugs; names all of them.
        """
        return _named(self.list(), slugs)

    def sync(self, entries: Sequence[ContenderEntry]) -> SyncReport:
        """Add or update the contenders of `entries`, and return what changed. Nothing is deleted.

        A status stays as it is. But an entry that could answer differently than before becomes a new version, which is
        a candidate, and the former version is retired. A candidate that was never drawn is updated in place.

        Raises:
            BadConfiguration: a label reads like another contender's.
        """
        with self._changing() as session:
            rows = _rows(session)
            newest = {row.name: row for row in sorted(rows, key=lambda row: row.version)}
            planned = [_planned(entry, newest.get(entry.slug)) for entry in entries]
            _refuse_look_alikes(rows, planned)
            slugs = {row.slug for row in rows}
            changed = [
                plan.slug for plan in planned if plan.slug in slugs and _describe(session, _row(rows, plan.slug), plan)
            ]
            fresh = [plan.slug for plan in planned if plan.slug not in slugs]
            for plan in planned:
                if plan.slug in fresh:
                    self._register(session, plan)
                    if former := newest.get(plan.slug.partition("@")[0]):
                        _move(session, former, ContenderStatus.RETIRED, f"replaced by {plan.slug}")
        named = {entry.slug for entry in entries}
        return SyncReport(
            added=tuple(slug for slug in fresh if "@" not in slug),
            new_versions=tuple(slug for slug in fresh if "@" in slug),
            changed=tuple(changed),
            unchanged=tuple(plan.slug for plan in planned if plan.slug not in {*changed, *fresh}),
            absent=tuple(row.slug for name, row in newest.items() if name not in named),
        )

    def add(self, entry: ContenderEntry) -> Contender:
        """Register one contender as a candidate.

        Raises:
            BadConfiguration: its slug is taken, or its label reads like another contender's.
        """
        self.refuse_taken(entry)
        self.sync([entry])
        (row,) = self.named([entry.slug])
        return row

    def refuse_taken(self, entry: ContenderEntry) -> None:
        """Refuse an entry that could be confused with a registered contender.

        Raises:
            BadConfiguration: its slug is taken, or its label reads like another contender's.
        """
        rows = self.list()
        if any(row.name == entry.slug for row in rows):
            raise BadConfiguration(f"There is a contender `{entry.slug}` already.", hint="Choose another slug.")
        _refuse_look_alikes(rows, [entry])

    def note_check(
        self,
        slug: str,
        *,
        passed: bool,
        findings: Sequence[Mapping[str, str]],
        learned: Learned | None = None,
        facts: EndpointFacts | None = None,
    ) -> None:
        """Store a check's report for the present version of its contender, and what it learned of the endpoint.

        Raises:
            UnknownContender: no contender has this slug.
        """
        with self._changing() as session:
            (row,) = _named(_rows(session), [slug])
            session.add(
                Check(
                    contender_id=row.id,
                    at=datetime.now(UTC),
                    fingerprint=fingerprint(row),
                    passed=passed,
                    findings=[dict(finding) for finding in findings],
                )
            )
            if learned and facts:
                store_findings(session, row, at=datetime.now(UTC), learned=learned, facts=facts)

    def activate(self, slug: str, reason: str, *, unchecked: bool = False) -> Contender:
        """Activate a contender if the last check of its present version passed, or in any case if `unchecked`.

        Raises:
            UnknownContender: no contender has this slug.
            WrongStatus: it is retired.
            ContenderUnfit: its present version has not passed a check, or its licences need an acknowledgement.
        """
        with self._changing() as session:
            rows = _rows(session)
            (row,) = _named(rows, [slug])
            if row.status is ContenderStatus.ACTIVE:
                return row
            _refuse_unacknowledged([row] if self.public else [], rows)
            if not unchecked and not _passed(session, row):
                raise ContenderUnfit(
                    f"`{row.slug}` has not passed a check as it is now.",
                    hint=f"Run `arena contenders check {row.slug}`, or activate it `--unchecked` and say why.",
                )
            _move(session, row, ContenderStatus.ACTIVE, f"unchecked: {reason}" if unchecked else reason)
        return row

    def pause_unacknowledged(self) -> tuple[Contender, ...]:
        """On a public arena, pause the contenders that need an acknowledgement and have none; return them."""
        with self._changing() as session:
            rows = _rows(session)
            active = [row for row in rows if row.status is ContenderStatus.ACTIVE] if self.public else []
            unfit = tuple(row for row in active if _unacknowledged(row, rows))
            for row in unfit:
                _move(session, row, ContenderStatus.PAUSED, "research only, and not acknowledged for a public arena")
        return unfit

    def pause(self, slug: str, reason: str) -> Contender:
        """Stop drawing an active contender for now.

        Raises:
            UnknownContender: no contender has this slug.
            WrongStatus: it is not active.
        """
        return self._move(slug, ContenderStatus.PAUSED, reason)

    def retire(self, slug: str, reason: str) -> Contender:
        """Stop drawing a contender for good; its battles and rating stay.

        Raises:
            UnknownContender: no contender has this slug.
        """
        return self._move(slug, ContenderStatus.RETIRED, reason)

    def locate(self, slugs: Iterable[str], url: str) -> None:
        """Store the address at which contenders are being served from their folders.

        Raises:
            UnknownContender: no contender has one of these slugs.
        """
        with self._changing() as session:
            for row in _named(_rows(session), slugs):
                row.options = located(row.options, url)

    def history(self) -> Sequence[queries.StatusNote]:
        """Return all changes of status, the newest first."""
        with self._database.reading() as session:
            return queries.status_history(session)

    def _move(self, slug: str, status: ContenderStatus, reason: str) -> Contender:
        with self._changing() as session:
            (row,) = _named(_rows(session), [slug])
            _move(session, row, status, reason)
        return row

    def _register(self, session: Session, entry: ContenderEntry) -> Contender:
        now = datetime.now(UTC)
        row = Contender(**asdict(entry), status=ContenderStatus.CANDIDATE, status_at=now, created_at=now)
        session.add(row)
        session.flush()
        session.add(StatusChange(contender_id=row.id, at=now, status=row.status, reason="registered"))
        shown = {name: value for name in SHOWN if (value := getattr(row, name)) not in (None, "", [], {})}
        withheld = {name: getattr(row, name) for name in WITHHELD}
        record(session, Act.CONTENDER_ADDED, row.slug, details=shown, withheld=withheld)
        return row

    @contextmanager
    def _changing(self) -> Iterator[Session]:
        with self._database.writing() as session:
            # Otherwise two arenas that start on one new database could both register the same contenders.
            queries.lock_contenders(session)
            yield session


def _rows(session: Session) -> tuple[Contender, ...]:
    return tuple(queries.all_contenders(session))


def _named(rows: Iterable[Contender], slugs: Iterable[str]) -> tuple[Contender, ...]:
    all_rows = tuple(rows)
    by_slug = {**{f"{row.name}@{row.version}": row for row in all_rows}, **known(all_rows)}
    wanted = dict.fromkeys(slugs)
    if unknown := [slug for slug in wanted if slug not in by_slug]:
        near = get_close_matches(unknown[0], by_slug, n=1)
        raise UnknownContender(
            "No contender is called " + " or ".join(f"`{slug}`" for slug in unknown) + ".",
            hint=(f"Did you mean `{near[0]}`? " if near else "") + "`arena contenders list` shows them all.",
        )
    return tuple(by_slug[slug] for slug in wanted)


def _row(rows: Iterable[Contender], slug: str) -> Contender:
    return next(row for row in rows if row.slug == slug)


def _planned(entry: ContenderEntry, newest: Contender | None) -> ContenderEntry:
    """Return the entry with the slug and label of its version: the newest one, or a new one."""
    if newest is None:
        return entry
    drawn = newest.status is not ContenderStatus.CANDIDATE
    return as_version(entry, newest.version + (drawn and fingerprint(entry) != fingerprint(newest)))


def _move(session: Session, row: Contender, status: ContenderStatus, reason: str) -> None:
    if row.status is status:
        return
    if status not in MAY_BECOME[row.status]:
        raise WrongStatus(
            f"`{row.slug}` is {row.status}, so it cannot become {status}.",
            hint="Register it again under another slug." if row.status is ContenderStatus.RETIRED else None,
        )
    before = row.status
    row.status, row.status_reason, row.status_at = status, reason, datetime.now(UTC)
    session.add(StatusChange(contender_id=row.id, at=row.status_at, status=status, reason=reason))
    record(session, Act.CONTENDER_STATUS, row.slug, details={"from": before, "to": status, "reason": reason})


def _passed(session: Session, row: Contender) -> bool:
    """Return whether the last check of the row's present version passed."""
    check = queries.last_check(session, row.id, fingerprint=fingerprint(row))
    return check is not None and check.passed


def _unacknowledged(row: Contender, rows: Iterable[Contender]) -> bool:
    return not row.research_only_acknowledged and terms_of(row, known(rows)).research_only


def _refuse_unacknowledged(candidates: Iterable[Contender], rows: Iterable[Contender]) -> None:
    for row in candidates:
        if _unacknowledged(row, rows):
            raise ContenderUnfit(
                f"`{row.slug}` is for research only ({terms_of(row, known(rows)).because}), and this arena is public.",
                hint="If you may show it, say so: `research_only_acknowledged = true` in its table, then sync.",
            )


def _describe(session: Session, row: Contender, entry: ContenderEntry) -> bool:
    """Update the row by the entry; return whether anything differed."""
    wanted = asdict(entry) | {"options": located_as_before(entry.options, row)}
    different = {name: [getattr(row, name), value] for name, value in wanted.items() if getattr(row, name) != value}
    for name, (_, value) in different.items():
        setattr(row, name, value)
    if prices := different.pop("prices", None):
        record(session, Act.PRICE_CHANGED, row.slug, details={"from": prices[0], "to": prices[1]})
    if different:
        shown = {name: change for name, change in different.items() if name in SHOWN}
        withheld = {name: change for name, change in different.items() if name in WITHHELD}
        details = {"changed": shown, "also_changed": sorted(withheld)}
        record(session, Act.CONTENDER_CHANGED, row.slug, details=details, withheld=withheld)
    return bool(different or prices)


def _refuse_look_alikes(rows: Iterable[Contender], entries: Sequence[ContenderEntry]) -> None:
    """Refuse labels that would look alike after the sync. Within one file, `arena.contenders.file` compares them."""
    names = {entry.slug.partition("@")[0] for entry in entries}
    taken = {alike(row.label): row.slug for row in rows if row.name not in names}
    faults = []
    for entry in entries:
        other = taken.setdefault(alike(entry.label), entry.slug)
        if other != entry.slug:
            faults.append(f"`{entry.slug}`: its label reads like that of `{other}`")
    if faults:
        raise BadConfiguration("Voters could not tell these contenders apart:", faults, hint="Choose other labels.")
