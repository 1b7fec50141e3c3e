"""Budgets: money is reserved before a contender is asked and settled when its reply has ended.

Both happen in the transactions that store the battle and the reply's end, and the database itself refuses a change that
would exceed a limit. So concurrent requests cannot spend the same dollar twice, and after a crash a reservation still
counts as spent. Contenders without a known price cost nothing here.
"""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from math import inf

from arena.battles import queries
from arena.battles.record import Asked
from arena.clock import now
from arena.contenders.costs import worst_case_usd
from arena.db.session import Session
from arena.db.states import Side
from arena.db.tables import Contender
from arena.errors import BudgetSpent, ContenderSpent

FORGET_S = 60.0  # after this, a contender that spent its budget is tried again, in case the budget was raised
ARENA = "arena"


@dataclass(frozen=True, slots=True)
class Reservation:
    """US dollars that were reserved for one reply, and the day and accounts in which they were reserved."""

    day: date
    accounts: tuple[str, ...]
    usd: float


class Budgets:
    """Daily limits (UTC, US dollars) of the arena's account, of each contender's and of each voter's."""

    def __init__(self, *, usd_per_day: float = inf, usd_per_voter_per_day: float = inf) -> None:
        self._usd_per_day = usd_per_day
        self._usd_per_voter_per_day = usd_per_voter_per_day
        self._spent_out: dict[str, float] = {}

    def reserve(self, session: Session, voter_id: int, asked: Mapping[Side, Asked]) -> dict[Side, Reservation]:
        """Reserve the highest possible cost of both replies, all or nothing, and return the reservations by side.

        They are committed with the session's transaction.

        Raises:
            ContenderSpent: a contender cannot answer within its budget for today.
            BudgetSpent: the arena's or the voter's budget for today does not suffice.
        """
        day = now().date()
        reserved: dict[Side, Reservation] = {}
        totals: dict[str, float] = {}
        limits: dict[str, tuple[float, str]] = {}
        for side, question in asked.items():
            usd = worst_case_usd(question.contender, question.messages)
            accounts = dict(self._accounts(voter_id, question)) if usd else {}
            reserved[side] = Reservation(day, tuple(accounts), usd)
            for account, limit in accounts.items():
                totals[account] = totals.get(account, 0.0) + usd
                limits[account] = (limit, question.contender.slug)
        for account in sorted(totals):  # always in the same order, so that two transactions cannot deadlock
            limit, slug = limits[account]
            usd = totals[account]
            if usd > limit or not queries.spend_within(session, day=day, account=account, usd=usd, limit=limit):
                self._refuse(account, slug)
        return reserved

    def settle(self, session: Session, reservation: Reservation, usd: float | None) -> None:
        """Replace a reservation by the actual cost in US dollars. With None, the reservation stays spent."""
        if usd is None:
            return
        for account in sorted(reservation.accounts):
            queries.correct_spending(session, day=reservation.day, account=account, usd=usd - reservation.usd)

    def spent_out(self) -> set[str]:
        """Return the slugs of contenders whose budget did not suffice within the last `FORGET_S` seconds."""
        self._spent_out = {slug: until for slug, until in self._spent_out.items() if until > time.monotonic()}
        return set(self._spent_out)

    def _accounts(self, voter_id: int, asked: Asked) -> Iterator[tuple[str, float]]:
        """Yield (account, limit) for each account that pays for a reply and has a limit."""
        if self._usd_per_day < inf:
            yield ARENA, self._usd_per_day
        if self._usd_per_voter_per_day < inf:
            yield f"voter:{voter_id}", self._usd_per_voter_per_day
        if asked.contender.usd_per_day is not None:
            yield account_of(asked.contender), asked.contender.usd_per_day

    def _refuse(self, account: str, slug: str) -> None:
        if account == ARENA:
            raise BudgetSpent("The arena's budget for today is spent.", hint="Come back tomorrow.")
        if account.startswith("voter"):
            raise BudgetSpent("Your share of the arena's budget for today is spent.", hint="Come back tomorrow.")
        self._spent_out[slug] = time.monotonic() + FORGET_S
        raise ContenderSpent(slug)


def account_of(contender: Contender) -> str:
    """Return the name of the account that holds a contender to its own budget."""
    return f"contender:{contender.id}"
