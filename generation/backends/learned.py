"""What was learned of an endpoint by asking it: its dialect, and how its replies think and end.

A check stores this with the contender's version; the backend is opened with it.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from generation.backends.dialect import BUDGET_FIELDS, EFFORT_FIELDS, LENGTH_FIELDS, SYSTEM_PLACES, Dialect

# How thinking is told apart; "none" where a check saw none, empty where nobody looked.
STYLES = ("", "none", "field", "marks", "closing mark", "hidden")
_ALLOWED: Mapping[str, tuple[str, ...]] = {
    "length_field": LENGTH_FIELDS,
    "system": SYSTEM_PLACES,
    "effort_field": EFFORT_FIELDS,
    "budget_field": BUDGET_FIELDS,
}


@dataclass(frozen=True, slots=True)
class Learned:
    """What is known of an endpoint.

    Attributes:
        dialect: what it understands of a request.
        thinking: one of `STYLES`.
        done_is_end: it never says why a reply ends, only that it has.
    """

    dialect: Dialect = field(default_factory=Dialect)
    thinking: str = ""
    done_is_end: bool = False

    @property
    def thinks(self) -> bool:
        """Whether its replies think, shown or hidden."""
        return self.thinking not in {"", "none"}

    def table(self) -> dict[str, Any]:
        """Return a JSON object that `of` reads."""
        return asdict(self)

    @classmethod
    def of(cls, table: Mapping[str, Any]) -> "Learned":
        """Read a stored object. What another release wrote and this one does not know is left at its default."""
        stored = table.get("dialect")
        known = {one.name: one.type for one in fields(Dialect)}
        told = {name: value for name, value in stored.items() if name in known} if isinstance(stored, Mapping) else {}
        told = {name: value for name, value in told.items() if _may_be(name, value)}
        style = table.get("thinking")
        return cls(Dialect(**told), style if style in STYLES else "", table.get("done_is_end") is True)


def _may_be(name: str, value: object) -> bool:
    return value in _ALLOWED[name] if name in _ALLOWED else isinstance(value, bool)
