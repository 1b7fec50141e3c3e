"""Costs: tokens, seconds and US dollars of a reply, and the source of the price.

The price is stated with the contender (by tokens or by hours of a machine, with date and source), or else the list
price of its model (generation/prices.toml). Where the endpoint reports no tokens they are estimated from the text, and
the basis says so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from arena.contenders.endpoint import Endpoint
from arena.contenders.energy import Energy, energy_of
from arena.contenders.findings import thinking_room
from arena.db.tables import Contender
from generation.backends.limits import Limits
from generation.conversation import Message, Sampling, Usage
from generation.prices import Price, list_price, listed_on
from generation.token_counts import count_prompt_tokens, count_tokens

DEFAULT_MAX_TOKENS = Sampling().max_tokens
DEFAULT_SECONDS = Limits().total_s
DEFAULT_THINKING_S = Limits().thinking_s
TOKEN_PRICES = ("input", "output", "cached")


@dataclass(frozen=True, slots=True)
class Cost:
    """Tokens, cost and energy of one reply. `usd` is None if no price is known, `energy` if no model size is."""

    tokens: Usage
    usd: float | None
    basis: str
    energy: Energy | None


def cost_of(contender: Contender, *, usage: Usage | None, prompt: Sequence[Message], text: str, seconds: float) -> Cost:
    """Return tokens, cost and energy of a reply.

    Args:
        contender: the writer of the reply.
        usage: tokens as the endpoint counted them, or None where it reports none.
        prompt: the messages that were sent, to estimate tokens from.
        text: all that it wrote, thinking included.
        seconds: time that the endpoint worked on it.
    """
    tokens = usage or Usage(round(count_prompt_tokens(prompt)), round(count_tokens(text)))
    usd, basis = _usd(contender, tokens, seconds)
    return Cost(
        tokens=tokens,
        usd=usd,
        basis=basis if usage or not basis else f"{basis}, tokens estimated",
        energy=energy_of(contender.energy, tokens=tokens.completion_tokens, seconds=seconds),
    )


def worst_case_usd(contender: Contender, prompt: Sequence[Message]) -> float:
    """Return the estimated highest cost of the next reply in US dollars; 0 where no price is known."""
    room = thinking_room(contender)
    longest = contender.sampling.get("max_tokens", DEFAULT_MAX_TOKENS) + room
    seconds = contender.limits.get("total_s", DEFAULT_SECONDS)
    if room:
        seconds += contender.limits.get("thinking_s", DEFAULT_THINKING_S)
    usd, _ = _usd(contender, Usage(round(count_prompt_tokens(prompt)), longest), seconds)
    return usd or 0.0


def price_note(contender: Contender) -> str:
    """Return the source of the contender's price; empty where no price is known."""
    return _usd(contender, Usage(0, 0), 0.0)[1]


def _usd(contender: Contender, tokens: Usage, seconds: float) -> tuple[float | None, str]:
    prices = contender.prices
    if "usd_per_gpu_hour" in prices:
        usd, basis = _usd_of_machine(prices, tokens, seconds)
        return max(usd, 0.0), basis
    if "input" in prices:
        given = Price(**{name: prices[name] for name in TOKEN_PRICES if name in prices})
        return max(given.cost(tokens), 0.0), f"price of {prices['as_of']}"
    listed = list_price(Endpoint.of(contender).model)
    return (max(listed.cost(tokens), 0.0), f"list price of {listed_on()}") if listed else (None, "")


def _usd_of_machine(prices: Mapping[str, Any], tokens: Usage, seconds: float) -> tuple[float, str]:
    gpus, rate = prices.get("gpus", 1), prices["usd_per_gpu_hour"]
    basis = f"{gpus:g} GPU at ${rate:g} an hour, {prices['as_of']}"
    if "tokens_per_s" in prices:  # the machine serves many at the same time
        seconds = tokens.completion_tokens / prices["tokens_per_s"]
        basis += f", {prices['tokens_per_s']:g} tokens a second"
    return seconds / 3600 * gpus * rate, basis
