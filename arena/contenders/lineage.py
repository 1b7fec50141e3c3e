"""Lineage: the models that a contender was made from, and what all their licences together allow.

Licences are claims about artefacts, each with its source, and claims may disagree: the repository of Stanford Alpaca
states three for the same data. The arena does not decide between them: the strictest one in the whole lineage binds,
and the disagreement is shown. Nothing here is legal advice.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum

from arena.db.tables import Contender

Known = Mapping[str, Contender]  # contenders by slug; the newest version also by its name without version


class Use(IntEnum):
    """What a licence allows, from the freest to the strictest."""

    FREE = 1
    CONDITIONS = 2  # share-alike, an acceptable-use policy, the terms of a service
    RESEARCH = 3  # no commercial use


# The first match decides: "CC BY-NC-SA" must match as forbidding commerce, not only as share-alike.
USES = {
    Use.RESEARCH: r"\bnc\b|non-? ?commercial|research|academic",
    Use.CONDITIONS: r"llama|gemma|rail|community|gpl|\bsa\b|odbl|proprietary|terms|api",
    Use.FREE: r"apache|\bmit\b|\bbsd\b|isc|cc.?by|cc.?0|odc.?by|pddl|unlicense|public domain",
}
WORDS = {
    "finetune": "fine-tuned from",
    "adapter": "adapter on",
    "merge": "merged from",
    "distilled": "distilled from",
    "quantized": "quantised from",
    "pretrained": "trained further from",
}


@dataclass(frozen=True, slots=True)
class LicenceTerms:
    """What the licences of a contender and of its whole lineage together allow.

    Attributes:
        use: what the strictest licence allows, or None where no licence is stated or known.
        because: the strictest licence and its owner, such as "LLaMA non-commercial (LLaMA 7B)".
        conflicts: the contender's own artefacts on which claims differ, such as "data: CC BY-NC 4.0 or Apache-2.0".
    """

    use: Use | None
    because: str
    conflicts: tuple[str, ...]

    @property
    def research_only(self) -> bool:
        """Whether a licence somewhere in the lineage forbids commercial use."""
        return self.use is Use.RESEARCH


def known(contenders: Iterable[Contender]) -> Known:
    """Return `contenders` by slug, and the newest version of each also by its name, for the other functions here."""
    rows = tuple(contenders)
    newest = {row.name: row for row in sorted(rows, key=lambda row: row.version)}
    return newest | {row.slug: row for row in rows if row.version > 1}


def use_of(licence: str) -> Use | None:
    """Return what the licence of this name allows, or None if the name is not known."""
    words = re.sub(r"[-_/.]", " ", licence.casefold())
    return next((use for use, pattern in USES.items() if re.search(pattern, words)), None)


def ancestry(contender: Contender, contenders: Known) -> tuple[Contender, ...]:
    """Return the contender, its base, the base's base and so on, as far as they are registered."""
    chain = [contender]
    while (base := contenders.get(chain[-1].base)) and base.slug not in {row.slug for row in chain}:
        chain.append(base)
    return tuple(chain)


def terms_of(contender: Contender, contenders: Known) -> LicenceTerms:
    """Return what all licences along the lineage allow together."""
    bounds = [
        (use, f"{licence} ({row.label})")
        for row in ancestry(contender, contenders)
        for artefact, licence in _claims(row)
        if artefact != "code" and (use := use_of(licence))
    ]
    # Among equally strict licences, `max` returns the first: the nearest in the lineage.
    use, because = max(bounds, key=lambda bound: bound[0], default=(None, ""))
    return LicenceTerms(use, because, tuple(_conflicts(contender)))


def licence_note(contender: Contender, contenders: Known) -> str:
    """Return the text about a contender's licence: its own, a stricter one that binds it, and conflicts."""
    terms = terms_of(contender, contenders)
    parts = [contender.licence]
    own = use_of(contender.licence)
    if terms.use is not None and (own is None or terms.use > own):
        parts.append(f"bound by {terms.because}")
    if terms.conflicts:
        parts.append(f"conflicting claims on {', '.join(terms.conflicts)}")
    return "; ".join(filter(None, parts))


def lineage_note(contender: Contender, contenders: Known) -> str:
    """Return the text about a contender's origin: its maintainer's words, or else the chain of its bases."""
    return contender.lineage or ", ".join(_steps(contender, contenders))


def _steps(contender: Contender, contenders: Known) -> Iterator[str]:
    for row in ancestry(contender, contenders):
        if row.base:
            base = contenders.get(row.base)
            yield f"{WORDS.get(row.relation, 'from')} {base.label if base else name_of_folder(row.base)}"


def name_of_folder(base: str) -> str:
    """Return the last part of a path on this machine, which is nobody's business; other texts stay as they are.

    A name on the hub, `organisation/name`, is no such path.
    """
    is_path = base.startswith(("/", "./", "../", "~", "runs/")) or base.count("/") > 1 or "\\" in base
    return re.split(r"[/\\]", base.rstrip("/\\"))[-1] if is_path and "://" not in base else base


def _claims(contender: Contender) -> Iterator[tuple[str, str]]:
    """Yield (artefact, licence) for each claim; the licence of what is served comes first."""
    if contender.licence:
        yield contender.weight_type.replace("original", "") or "weights", contender.licence
    for claim in contender.licences:
        yield claim["artefact"], claim["licence"]


def _conflicts(contender: Contender) -> Iterator[str]:
    said: dict[str, dict[str, str]] = {}
    for artefact, licence in _claims(contender):
        said.setdefault(artefact, {}).setdefault(re.sub(r"\W|_", "", licence.casefold()), licence)
    for artefact, licences in said.items():
        if len(licences) > 1:
            yield f"{artefact}: {' or '.join(licences.values())}"
