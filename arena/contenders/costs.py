"""Costs: what a reply took in tokens, seconds and US dollars, and where the price comes from.

A price is the contender's own, dated and with its source; or the list price of its model (generation/prices.toml); or
that of the machine's hours. Where the endpoint bills no tokens they are estimated from the text, and the basis says so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from arena.contenders.endpoint import Endpoint
from arena.contenders.energy import Energy, energy_of
from arena.db.tables import Contender
from generation.backends.limits import Limits
from generation.conversation import Message, Sampling, Usage
from generation.prices import Price, list_price, listed_on
from generation.token_counts import count_prompt_tokens, count_tokens

DEFAULT_MAX_TOKENS = Sampling().max_tokens
DEFAULT_SECONDS = Limits().total_s
TOKEN_PRICES = ("input", "output", "cached")


@dataclass(frozen=True, slots=True)
class Cost:
    """What one reply took. `usd` is None where no price is known, `energy` where no size is."""

    tokens: Usage
    usd: float | None
    basis: str
    energy: Energy | None


def cost_of(contender: Contender, *, usage: Usage | None, prompt: Sequence[Message], text: str, seconds: float) -> Cost:
    """Return what a reply took; `usage` is as billed, or None where the endpoint does not say.

    Args:
        contender: who wrote it.
        usage: tokens as the endpoint counts them.
        prompt: what it was asked, to estimate tokens from.
        text: the reply.
        seconds: that the endpoint worked.
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
    """Return what the next reply costs at most, by estimate: its longest answer; 0 where no price is known."""
    longest = contender.sampling.get("max_tokens", DEFAULT_MAX_TOKENS)
    tokens = Usage(round(count_prompt_tokens(prompt)), longest)
    usd, _ = _usd(contender, tokens, contender.limits.get("total_s", DEFAULT_SECONDS))
    return usd or 0.0


def price_note(contender: Contender) -> str:
    """Return where the contender's price comes from, empty where none is known."""
    return _usd(contender, Usage(0, 0), 0.0)[1]


def _usd(contender: Contender, tokens: Usage, seconds: float) -> tuple[float | None, str]:
    prices = contender.prices
    if "usd_per_gpu_hour" in prices:
        return _usd_of_machine(prices, tokens, seconds)
    if "input" in prices:
        given = Price(**{name: prices[name] for name in TOKEN_PRICES if name in prices})
        return given.cost(tokens), f"price of {prices['as_of']}"
    listed = list_price(Endpoint.of(contender).model)
    return (listed.cost(tokens), f"list price of {listed_on()}") if listed else (None, "")


def _usd_of_machine(prices: Mapping[str, Any], tokens: Usage, seconds: float) -> tuple[float, str]:
    gpus, rate = prices.get("gpus", 1), prices["usd_per_gpu_hour"]
    basis = f"{gpus:g} GPU at ${rate:g} an hour, {prices['as_of']}"
    if "tokens_per_s" in prices:  # the machine serves many at the same time
        seconds = tokens.completion_tokens / prices["tokens_per_s"]
        basis += f", {prices['tokens_per_s']:g} tokens a second"
    return seconds / 3600 * gpus * rate, basis
