"""Terms: which contenders' answers may be published, by what their tables say."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from arena.contenders.lineage import Known, licence_note, lineage_note
from arena.db.tables import Contender

# A restriction that speaks of giving answers away and says no, in any order. What it means exactly, a person may say by
# naming contenders to leave out; on doubt their answers stay at home.
GIVING = re.compile(
    r"publi|disclos|distribut|shar(?:e|ing)|reproduc|confidential|benchmark|third part|공개|배포|공유", re.IGNORECASE
)
REFUSING = re.compile(
    r"\b(?:not?|non|never|without|forb\w+|prohibit\w*|only|cannot|refus\w*|unless|confidential)\b|금지|불가|없이",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class ContenderTerms:
    """What a release says of a contender; `left_out` is the reason why its answers are not in it, or empty."""

    slug: str
    label: str
    organisation: str
    licence: str
    lineage: str
    restrictions: str
    left_out: str = ""


def forbids_publication(restrictions: str) -> bool:
    """Return whether a restriction seems to forbid that answers are published."""
    return bool(GIVING.search(restrictions) and REFUSING.search(restrictions))


def terms_for(
    contenders: Iterable[Contender], known: Known, *, without: Iterable[str] = ()
) -> Mapping[str, ContenderTerms]:
    """Return the terms of contenders by slug; the answers of those in `without` are left out whatever they say."""
    unwanted = {*without}
    found = {}
    for row in contenders:
        left_out = "left out by the operator" if row.slug in unwanted or row.name in unwanted else ""
        if forbids_publication(row.restrictions):
            left_out = "its terms forbid it"
        note = (row.slug, row.label, row.organisation, licence_note(row, known), lineage_note(row, known))
        found[row.slug] = ContenderTerms(*note, row.restrictions, left_out)
    return found
