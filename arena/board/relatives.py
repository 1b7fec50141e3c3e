"""Relatives: the contenders of a board that were made from each other, and the versions of one."""

from collections.abc import Sequence

from arena.board.standings import StandingsView
from arena.contenders.facts import ContenderFacts


def lineage_of(view: StandingsView, facts: ContenderFacts) -> Sequence[tuple[str, str]]:
    """Return (label, slug) of the contender, its base, the base's base and so on. Unregistered ones have no slug."""
    chain, seen = [(facts.label, facts.slug)], {facts.slug}
    while facts.base:
        base = view.contenders.get(facts.base)
        if base is None or base.slug in seen:
            return chain if base else [*chain, (facts.base, "")]
        chain.append((base.label, base.slug))
        seen.add(base.slug)
        facts = base
    return chain


def made_from(view: StandingsView, slug: str) -> list[ContenderFacts]:
    """Return the contenders whose base is this one, whether or not they name its version."""
    return [facts for facts in view.contenders.values() if facts.base in {slug, _name(slug)}]


def rated_relatives(view: StandingsView, slugs: Sequence[str]) -> list[str]:
    """Return slugs with a rating: the given ones, other versions of them, then the contenders they were made from."""
    names = {_name(slug) for slug in slugs}
    versions = [slug for slug in view.contenders if _name(slug) in names]
    bases = [base for slug in slugs for _, base in lineage_of(view, view.contenders[slug])]
    rated = {standing.contender for standing in view.ranking.standings}
    return [slug for slug in dict.fromkeys([*slugs, *versions, *bases]) if slug in rated]


def _name(slug: str) -> str:
    return slug.partition("@")[0]
