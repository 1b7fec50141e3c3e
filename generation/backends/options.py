"""Options: a backend's table in the contenders file, read so that every fault is told at once."""

import difflib
import math
from collections.abc import Mapping, Sequence
from typing import Any

from generation.errors import BadInput


class Options:
    """Takes options by name and keeps a sentence for each that cannot be used.

    A getter returns the default where the option is absent or faulty, so reading goes on to the end;
    `check` then raises everything that was found.
    """

    def __init__(self, values: Mapping[str, Any], *, place: str = "", faults: list[str] | None = None) -> None:
        self._values = dict(values)
        self._asked: list[str] = []
        self._place = place
        self.faults = [] if faults is None else faults

    def fault(self, name: str, sentence: str) -> None:
        """Keep what is wrong with the option `name`."""
        self.faults.append(f"{self._place}{name}: {sentence}")

    def has(self, name: str) -> bool:
        """Whether the option is given."""
        return name in self._values

    def text(self, name: str) -> str:
        """Return a text that must be given and not be blank."""
        value = self._take(name, None)
        if isinstance(value, str) and value.strip():
            return value
        self.fault(name, "must be given" if value is None else f"must be text that is not blank, not {value!r}")
        return ""

    def texts(self, name: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Return one text or a list of them as a tuple."""
        value = self._take(name, default)
        rows = [value] if isinstance(value, str) else value
        if isinstance(rows, Sequence) and all(isinstance(row, str) for row in rows):
            return tuple(rows)
        self.fault(name, "must be text or a list of texts")
        return default

    def number(self, name: str, default: float) -> float:
        """Return a finite number of 0 or more."""
        value = self._take(name, default)
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < math.inf:
            return value
        self.fault(name, f"must be a number of 0 or more, not {value!r}")
        return default

    def count(self, name: str) -> int | None:
        """Return a whole number of 0 or more, None where none is given."""
        value = self._take(name, None)
        if value is None or (isinstance(value, int) and not isinstance(value, bool) and value >= 0):
            return value
        self.fault(name, f"must be a whole number of 0 or more, not {value!r}")
        return None

    def flag(self, name: str, *, default: bool) -> bool:
        """Return true or false."""
        value = self._take(name, default)
        if isinstance(value, bool):
            return value
        self.fault(name, f"must be true or false, not {value!r}")
        return default

    def choice(self, name: str, allowed: Sequence[str], default: str) -> str:
        """Return one of the allowed words; the default need not be among them."""
        value = self._take(name, default)
        if isinstance(value, str) and (value in allowed or value == default):
            return value
        self.fault(name, f"{value!r} is none of {', '.join(allowed)}{_closest(value, allowed)}")
        return default

    def table(self, name: str) -> Mapping[str, Any]:
        """Return a table, empty where none is given."""
        value = self._take(name, {})
        if isinstance(value, Mapping):
            return value
        self.fault(name, f"must be a table, not {value!r}")
        return {}

    def tables(self, name: str) -> Sequence[Mapping[str, Any]]:
        """Return a list of tables, empty where none is given."""
        value = self._take(name, [])
        if isinstance(value, Sequence) and all(isinstance(row, Mapping) for row in value):
            return value
        self.fault(name, "must be a list of tables")
        return []

    def finish(self) -> None:
        """Keep a fault for every option that nobody asked for."""
        for name in self._values:
            if name not in self._asked:
                self.fault(name, f"no such option{_closest(name, self._asked)}")

    def check(self, backend: str) -> None:
        """Raise everything that was found.

        Raises:
            BadInput: an option is unknown or cannot be used.
        """
        self.finish()
        if self.faults:
            raise BadInput(f"The options of a `{backend}` backend cannot be used:", self.faults)

    def _take(self, name: str, default: Any) -> Any:
        self._asked.append(name)
        return self._values.get(name, default)


def _closest(word: object, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(str(word), known, n=1)
    return f"; did you mean {near[0]!r}?" if near else ""
