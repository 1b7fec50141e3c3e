"""What a board shows of a contender besides its figures: who it is, where it comes from, where it stands."""

import re
from dataclasses import dataclass
from datetime import datetime

from arena.contender_status import ContenderStatus
from arena.db.tables import Contender

# "7b", "0.5 B", "8x7B": billions of parameters as names state them.
_SIZE = re.compile(r"(?<![\w.])(?:(\d{1,2})\s?x\s?)?(\d{1,4}(?:\.\d+)?)\s?b(?![a-z0-9])", re.IGNORECASE)
SIZES = {"up to 3B": (0.0, 3.0), "3B to 15B": (3.0, 15.0), "15B to 80B": (15.0, 80.0), "over 80B": (80.0, float("inf"))}


@dataclass(frozen=True, slots=True, kw_only=True)
class ContenderFacts:
    """One contender as readers of a board know it; empty where unknown.

    Attributes:
        billions: parameters, as the label, the slug or the name at the endpoint states them.
        private: it was never active, so it is in no battle that counts for the board.
    """

    id: int
    slug: str
    label: str
    organisation: str
    owner: str
    licence: str
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


def facts_of(row: Contender) -> ContenderFacts:
    """Return what is shown of a contender."""
    names = (row.label, row.slug, str(row.options.get("model", "")))
    return ContenderFacts(
        id=row.id,
        slug=row.slug,
        label=row.label,
        organisation=row.organisation,
        owner=row.owner,
        licence=row.licence,
        lineage=row.lineage,
        base=row.base,
        family=row.family,
        billions=next((size for name in names if (size := billions_in(name)) is not None), None),
        status=row.status,
        status_reason=row.status_reason,
        status_at=row.status_at,
        first_seen=row.created_at,
    )


def billions_in(name: str) -> float | None:
    """Return how many billions of parameters a name states, such as 7.0 for "Alpaca-7B" and 56.0 for "8x7b"."""
    found = _SIZE.search(name.replace("-", " ").replace("_", " "))
    return float(found[2]) * int(found[1] or 1) or None if found else None
