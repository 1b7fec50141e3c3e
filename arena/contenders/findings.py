"""Findings: what the last check learned of a contender's endpoint, for its backend and for people.

They hold for one version of a contender. Nothing is lost without them: the backend finds out by itself what the
endpoint refuses, and a thinking contender then needs its room stated.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from typing import Any

from arena.contenders.versions import fingerprint
from arena.db.finding_tables import EndpointFindings
from arena.db.session import Session
from arena.db.tables import Contender
from generation.backends.learned import Learned

# Tokens for thinking, on top of the answer's, where nothing else is stated.
THINKING_ROOM = 8192


@dataclass(frozen=True, slots=True)
class EndpointFacts:
    """What a check saw, for maintainers.

    Attributes:
        endings: the endpoint's own words for the end of a reply.
        counts_tokens: it says how many tokens it bills.
        context_size: tokens, as the endpoint states it.
        system_prompt: "followed", "ignored", or empty where it was not asked.
        identity: what it answers when asked who it is.
        first_token_s: seconds until the first text.
        tokens_per_s: pace of its text after that.
        price: where its price comes from; empty where none is known.
    """

    endings: list[str] = field(default_factory=list)
    counts_tokens: bool = False
    context_size: int | None = None
    system_prompt: str = ""
    identity: str = ""
    first_token_s: float | None = None
    tokens_per_s: float | None = None
    price: str = ""

    @classmethod
    def of(cls, table: Mapping[str, Any]) -> "EndpointFacts":
        """Read stored facts; those of another release that are not known here are left out."""
        known = {one.name for one in fields(cls)}
        return cls(**{name: value for name, value in table.items() if name in known})


def learned_of(contender: Contender) -> Learned | None:
    """Return what was learned of the endpoint of this version; None where it was not checked as it is now."""
    found = contender.findings
    return Learned.of(found.learned) if found and found.fingerprint == fingerprint(contender) else None


def facts_of_endpoint(contender: Contender) -> EndpointFacts | None:
    """Return what the last check saw of this version; None where it was not checked as it is now."""
    found = contender.findings
    return EndpointFacts.of(found.facts) if found and found.fingerprint == fingerprint(contender) else None


def thinking_room(contender: Contender, learned: Learned | None = None) -> int:
    """Return how many tokens a reply may think, on top of its answer: as stated, or a default where it thinks."""
    learned = learned or learned_of(contender) or Learned()
    stated = contender.options.get("thinking_tokens")
    if isinstance(stated, int):
        return stated
    effort = contender.options.get("reasoning_effort")
    if not learned.thinks and effort in {None, "none"}:
        return 0
    facts = facts_of_endpoint(contender)
    context = contender.context_size or (facts.context_size if facts else None)
    return min(THINKING_ROOM, context // 2) if context else THINKING_ROOM


def store_findings(
    session: Session, contender: Contender, *, at: datetime, learned: Learned, facts: EndpointFacts
) -> None:
    """Store what a check found out about the present version of `contender`, in place of what was known."""
    row = session.get(EndpointFindings, contender.id) or EndpointFindings(contender_id=contender.id)
    row.fingerprint, row.at, row.learned, row.facts = fingerprint(contender), at, learned.table(), asdict(facts)
    session.add(row)
