"""Number rules: what a number in a TOML table has to be beside its type, told by the field's annotation."""

from collections.abc import Callable
from typing import Annotated, NamedTuple


class Rule(NamedTuple):
    """What a number must be, in words, and whether one is."""

    words: str
    holds: Callable[[float], bool]


ABOVE_0 = Rule("above 0", lambda number: number > 0)

Positive = Annotated[float, ABOVE_0]
NotNegative = Annotated[float, Rule("at least 0", lambda number: number >= 0)]
Share = Annotated[float, Rule("0 to below 1", lambda number: 0 <= number < 1)]
Count = Annotated[int, Rule("at least 1", lambda number: number >= 1)]
