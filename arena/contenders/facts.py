"""Facts about a contender that a board shows beside its figures: identity, origin and status."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from arena.contenders.endpoint import Endpoint
from arena.contenders.lineage import Known, known, licence_note, lineage_note
from arena.db import queries
from arena.db.session import Session
from arena.db.states import ContenderStatus
from arena.db.tables import Contender

# "7b", "0.5 B", "8x7B": billions of parameters as names state them.
_SIZE = re.compile(r"(?<![\w.])(?:(\d{1,2})\s?x\s?)?(\d{1,4}(?:\.\d+)?)\s?b(?![a-z0-9])", re.IGNORECASE)
SIZES = {"up to 3B": (0.0, 3.0), "3B to 15B": (3.0, 15.0), "15B to 80B": (15.0, 80.0), "over 80B": (80.0, float("inf"))}


@dataclass(frozen=True, slots=True, kw_only=True)
class ContenderFacts:
    """Facts about one contender. Unknown ones are empty.

    Attributes:
        billions: billions of parameters, as registered for its energy, or as stated in its label, slug or model name.
        licence_note: all licences that bind it, including those of its lineage.
    """

    id: int
    slug: str
    label: str
    organisation: str
    owner: str
    licence: str
    licence_note: str
    lineage: str
    base: str
    family: str
    billions: float | None
    status: ContenderStatus
    status_reason: str
    status_at: datetime
    first_seen: datetime

    @property
    def size(self) -> str:
        """One of `SIZES`, or empty."""
        if self.billions is None:
            return ""
        return next(name for name, (above, to) in SIZES.items() if above < self.billions <= to)


class RankedFacts:
    """Caches `facts_of_ranked`; they are read again only if a contender's row has changed."""

    def __init__(self) -> None:
        self._rows: Sequence[Any] = ()
        self._facts: dict[str, ContenderFacts] = {}

    def read(self, session: Session) -> dict[str, ContenderFacts]:
        """Return the facts as `session` sees them; the same object as before if nothing changed."""
        rows = queries.contenders_as_stored(session)
        if rows != self._rows:
            self._facts = facts_of_ranked(queries.all_contenders(session))
            self._rows = rows
        return self._facts


def facts_of_ranked(rows: Iterable[Contender]) -> dict[str, ContenderFacts]:
    """Return the facts of all contenders that belong on a board (all but candidates), by slug."""
    everyone = tuple(rows)
    contenders = known(everyone)
    ranked = [row for row in everyone if row.status is not ContenderStatus.CANDIDATE]
    return {row.slug: facts_of(row, contenders) for row in sorted(ranked, key=lambda row: row.slug)}


def facts_of(row: Contender, contenders: Known) -> ContenderFacts:
    """Return the facts of a contender. `contenders` are those that its lineage may refer to."""
    return ContenderFacts(
        id=row.id,
        slug=row.slug,
        label=row.label,
        organisation=row.organisation,
        owner=row.owner,
        licence=row.licence,
        licence_note=licence_note(row, contenders),
        lineage=lineage_note(row, contenders),
        base=row.base,
        family=row.family,
        billions=_billions(row),
        status=row.status,
        status_reason=row.status_reason,
        status_at=row.status_at,
        first_seen=row.created_at,
    )


def _billions(row: Contender) -> float | None:
    stated = row.energy.get("total_params_b", row.energy.get("active_params_b"))
    if stated is not None:
        return float(max(stated) if isinstance(stated, list) else stated)
    names = (row.label, row.slug, Endpoint.of(row).model)
    return next((size for name in names if (size := billions_in(name)) is not None), None)


def billions_in(name: str) -> float | None:
    """Return how many billions of parameters a name states, such as 7.0 for "Alpaca-7B" and 56.0 for "8x7b"."""
    found = _SIZE.search(name.replace("-", " ").replace("_", " "))
    return float(found[2]) * int(found[1] or 1) or None if found else None
