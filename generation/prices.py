"""Prices: what tokens cost, from a small dated table or from the person who pays."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated

from generation.conversation import Usage
from generation.declared_tables import Means, build
from generation.toml_tables import read_toml
from generation.value_rules import NotNegative

PRICES = Path(__file__).parent / "prices.toml"
_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Price:
    """The prices of tokens."""

    input: Annotated[NotNegative, Means("a million input tokens", unit="US dollars", example=0.15)]
    output: Annotated[NotNegative, Means("a million output tokens", unit="US dollars", example=0.6)]
    cached: Annotated[
        NotNegative | None,
        Means(
            "a million input tokens that the endpoint had cached; left out, as the others",
            unit="US dollars",
            example=0.075,
        ),
    ] = None
    batch: Annotated[NotNegative, Means("share of the price that batch files cost; 1 is no discount")] = 1.0

    def cost(self, usage: Usage, *, batch: bool = False) -> float:
        """Return what one answer costs in US dollars."""
        cached = self.input if self.cached is None else self.cached
        uncached_tokens = usage.prompt_tokens - usage.cached_tokens
        total = uncached_tokens * self.input + usage.cached_tokens * cached + usage.completion_tokens * self.output
        return total * (self.batch if batch else 1.0) / _MILLION


@cache
def _listed() -> dict[str, Price]:
    models = read_toml(PRICES)["models"]
    return {name: build(Price, entry, name=f"{PRICES.name} {name}") for name, entry in models.items()}


@cache
def listed_on() -> str:
    """Return the date of the table of list prices."""
    day: str = read_toml(PRICES)["as_of"]
    return day


def price_note(price: Price | None) -> str:
    """Return a sentence about where a price comes from."""
    if price is None:
        return "No price is known for this model; give --price-in and --price-out."
    where = f"listed on {listed_on()}" if price in _listed().values() else "as given"
    return f"${price.input:g} for a million input tokens and ${price.output:g} for output, {where}."


def list_price(model: str) -> Price | None:
    """Return the list price of a model by its name, dated or behind a vendor's prefix, or None where none is listed."""
    bare = model.rsplit("/", 1)[-1]
    names = [name for name in _listed() if bare == name or bare.startswith(f"{name}-20")]
    return _listed()[max(names, key=len)] if names else None
