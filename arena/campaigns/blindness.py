"""Blindness: an answer that tells who wrote it is marked, and its writer's names are covered on the rater's page."""

import re
from collections.abc import Iterable

from arena.db.campaign_tables import Entrant
from arena.db.tables import Contender

COVER = "▮▮▮"


def names_of(entrant: Entrant, contender: Contender | None) -> tuple[str, ...]:
    """Return the names by which an answer could tell its writer, the longest first."""
    names = {entrant.label, entrant.slug.partition("@")[0], *entrant.aliases}
    if contender:
        names |= {contender.label, contender.name, contender.family, contender.organisation, *contender.aliases}
    return tuple(sorted(filter(None, names), key=lambda name: (-len(name), name)))


def covered(text: str, names: Iterable[str], prompts: Iterable[str]) -> str:
    """Return the text of a self-naming answer with the names covered, except those that the prompt brought up."""
    asked = "\n".join(prompts).casefold()
    for name in names:
        if name.casefold() not in asked:
            spelled = r"[\s_-]*".join(map(re.escape, re.split(r"[\s_-]+", name)))
            text = re.sub(rf"(?<!\w){spelled}(?![^\W\uac00-\ud7a3])", COVER, text, flags=re.IGNORECASE)
    return text
