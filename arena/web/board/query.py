"""Reads and writes a board's address. It holds everything that a reader chooses, so every view can be shared."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from arena.board.rows import ALWAYS, BY_DEFAULT, BY_KEY, BoardRow
from arena.contenders.facts import SIZES, ContenderFacts
from arena.db.tallies import Selection
from arena.errors import BadConfiguration
from arena.votes.labels import MODES
from arena.votes.prompt_labels import CATEGORIES, LANGUAGES
from arena.web.texts import say

PERIODS = ("7", "30", "90")  # days, up to today
BEST_FIRST = "rank"


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardQuery:
    """A view of the board. A filter that is empty leaves nothing out.

    Attributes:
        category, language, mode, period: which votes are counted; the ratings come from these alone.
        family, size, licence: which contenders are shown; ratings and ranks are still those among all.
        sort: a column's key; a minus before it sorts the other way round.
        columns: keys of the columns shown.
        plot: the plot that is open.
    """

    category: str = ""
    language: str = ""
    mode: str = ""
    period: str = ""
    family: str = ""
    size: str = ""
    licence: str = ""
    sort: str = BEST_FIRST
    columns: tuple[str, ...] = BY_DEFAULT
    plot: str = ""

    @classmethod
    def parse(cls, params: QueryParams) -> "BoardQuery":
        """Read the parameters of an address; unknown ones are ignored.

        Raises:
            BadConfiguration: a value is not one of those allowed; lists every fault.
        """
        words = {name: params[name] for name in (*VOTE_FILTERS, *CONTENDER_FILTERS, "sort", "plot") if params.get(name)}
        chosen = tuple(key for value in params.getlist("columns") for key in value.split(",") if key)
        faults = [
            say("problems.not_one_of", name=name, word=words[name][:60], allowed=", ".join(allowed))
            for name, allowed in ALLOWED.items()
            if name in words and words[name] not in allowed
        ]
        faults += [say("problems.no_column", key=key[:60]) for key in chosen if key not in BY_KEY]
        if words.get("sort", BEST_FIRST).removeprefix("-") not in BY_KEY:
            faults.append(say("problems.no_sort_column", key=words["sort"][:60]))
        if faults:
            raise BadConfiguration(say("problems.no_board_there"), faults)
        columns = tuple(key for key in BY_KEY if key in {*ALWAYS, *chosen}) if chosen else BY_DEFAULT
        return cls(**words, columns=columns)

    def selection(self, today: date) -> Selection:
        """Return which votes are counted."""
        since = today - timedelta(days=int(self.period) - 1) if self.period else None
        return Selection(category=self.category, language=self.language, mode=self.mode, since=since)

    def shows(self, facts: ContenderFacts) -> bool:
        """Whether a contender is shown."""
        return all(not (word := getattr(self, name)) or getattr(facts, name) == word for name in CONTENDER_FILTERS)

    def shown(self, rows: Iterable[BoardRow]) -> list[BoardRow]:
        """Return the rows that are shown."""
        return [row for row in rows if self.shows(row.facts)]

    def address(self, path: str = "/leaderboard", **changes: object) -> str:
        """Return the shortest address of this view, or of this view with some changes."""
        changed = replace(self, **changes)  # type: ignore[arg-type]
        words = {
            field.name: ",".join(value) if isinstance(value, tuple) else value
            for field in fields(changed)
            if (value := getattr(changed, field.name)) != field.default
        }
        return f"{path}?{urlencode(words)}" if words else path

    @property
    def filters(self) -> Mapping[str, str]:
        """The filters that are set, by name."""
        return {name: word for name in (*VOTE_FILTERS, *CONTENDER_FILTERS) if (word := getattr(self, name))}

    @property
    def narrows(self) -> bool:
        """Whether contenders are left out of the table."""
        return any(getattr(self, name) for name in CONTENDER_FILTERS)


VOTE_FILTERS = ("category", "language", "mode", "period")
CONTENDER_FILTERS = ("family", "size", "licence")
ALLOWED: dict[str, Sequence[str]] = {
    "category": CATEGORIES,
    "language": LANGUAGES,
    "mode": MODES,
    "period": PERIODS,
    "size": tuple(SIZES),
}


def choices(facts: Iterable[ContenderFacts], read: Callable[[ContenderFacts], str]) -> list[str]:
    """Return the different values that contenders have, without empty ones, in alphabetical order."""
    return sorted({word for one in facts if (word := read(one))}, key=str.casefold)
