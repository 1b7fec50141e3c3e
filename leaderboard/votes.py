"""Single votes from a file or a frame: for tallies, and for what tallies do not record (who voted, when, style).

A file is CSV, JSON lines or Parquet with the columns `model_a`, `model_b` and `winner`, or in one of the other schemas
in which votes are published (`vote_schemas`).
"""

import gzip
import json
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow.csv
import pyarrow.parquet

from leaderboard.arrays import BoolArray, IntArray
from leaderboard.errors import BadVotes
from leaderboard.verdict import BOTH_BAD, TIE, A, B
from leaderboard.vote_documents import read_document
from leaderboard.vote_schemas import COLUMNS_ELSEWHERE, with_winners

REQUIRED = ("model_a", "model_b", "winner")
# The words for a verdict in published votes, and their places in `verdict.VERDICTS`.
WINNERS = {"model_a": A, "model_b": B, "tie": TIE, "tie (bothbad)": BOTH_BAD, "both_bad": BOTH_BAD}
FAULTS_SHOWN = 20


@dataclass(frozen=True, eq=False, slots=True)
class Votes:
    """Votes in the order in which they came.

    Attributes:
        contenders: their names, sorted.
        left: each vote's left contender, as its place in `contenders` [N].
        right: each vote's right contender, likewise [N].
        verdict: each vote's verdict, as its place in `verdict.VERDICTS` [N].
        extra: further columns, with a row for each vote.
    """

    contenders: tuple[str, ...]
    left: npt.NDArray[np.int32]
    right: npt.NDArray[np.int32]
    verdict: npt.NDArray[np.int8]
    extra: pd.DataFrame

    @classmethod
    def from_frame(cls, frame: pd.DataFrame) -> "Votes":
        """Return the votes in the columns model_a, model_b and winner; other columns are kept as `extra`.

        Raises:
            BadVotes: a column is missing, or rows are not votes; lists the faults by row, counted from 1.
        """
        absent = [f"column `{name}` is missing" for name in REQUIRED if name not in frame.columns]
        if absent:
            raise BadVotes("These are no votes:", absent, hint=f"Needed are {', '.join(REQUIRED)}.")
        sides = pd.concat([frame["model_a"], frame["model_b"]], ignore_index=True)
        codes, names = pd.factorize(sides, sort=False)
        contenders, order = np.unique(np.array([str(name) for name in names], dtype=object), return_inverse=True)
        places = np.append(order, -1).astype(np.int32)[codes]
        left, right = places[: len(frame)], places[len(frame) :]
        winner_codes, winners = pd.factorize(frame["winner"], sort=False)
        verdict = np.array([WINNERS.get(str(word), -1) for word in winners] + [-1], dtype=np.int8)[winner_codes]
        named = tuple(str(name) for name in contenders)
        _refuse(frame, left, right, verdict, blank=np.array([not name.strip() for name in named] + [True]))
        extra = frame.drop(columns=list(REQUIRED)).reset_index(drop=True)
        return cls(named, left, right, verdict, extra)

    def places_in(self, contenders: Sequence[str]) -> IntArray:
        """Return each contender's place in another list of names; -1 where it is not in that list [M]."""
        place = {name: index for index, name in enumerate(contenders)}
        return np.array([place.get(name, -1) for name in self.contenders], dtype=np.int64)

    def __len__(self) -> int:
        return len(self.left)


def read_votes(path: Path, *, keep: Collection[str] = ()) -> Votes:
    """Read votes from a `.csv`, `.jsonl` or `.parquet` file (the first two may be gzipped), or a `.json` document.

    Args:
        path: the file.
        keep: further columns to keep, such as a prompt's id or a style feature.

    Raises:
        BadVotes: the file cannot be read or has rows that are not votes; lists the faults.
    """
    wanted = {*REQUIRED, *keep, *COLUMNS_ELSEWHERE}
    readers: dict[str, Callable[[Path, set[str]], pd.DataFrame]] = {
        ".csv": _read_csv,
        ".jsonl": _read_jsonl,
        ".parquet": _read_parquet,
        ".json": lambda document, _: read_document(document),
    }
    kind = next((suffix for suffix in reversed(path.suffixes) if suffix != ".gz"), "")
    if kind not in readers:
        raise BadVotes(f"`{path}` is of no known kind.", hint=f"Known are {', '.join(readers)}.")
    try:
        return Votes.from_frame(with_winners(readers[kind](path, wanted)))
    except BadVotes as error:
        raise BadVotes(f"`{path}` cannot be used:", error.faults, hint=error.hint) from error
    except FileNotFoundError as error:
        raise BadVotes(f"There is no file `{path}`.") from error
    except (OSError, ValueError) as error:
        # pyarrow, gzip and the codecs raise these for what they cannot parse.
        raise BadVotes(f"`{path}` cannot be read: {error}") from error


def _read_csv(path: Path, wanted: set[str]) -> pd.DataFrame:
    faults = []

    def refuse(row: Any) -> str:
        # pyarrow counts the header as row 1.
        faults.append(f"row {row.number - 1}: {row.actual_columns} fields where {row.expected_columns} are due")
        return "skip"

    # pyarrow numbers the rows only when a single thread reads them.
    reading = pyarrow.csv.ReadOptions(use_threads=False)
    parsing = pyarrow.csv.ParseOptions(newlines_in_values=True, invalid_row_handler=refuse)
    header = pyarrow.csv.open_csv(path, reading, parsing).schema.names
    faults.clear()
    # These columns are always text: a contender may be called `007` or `NA`.
    converting = pyarrow.csv.ConvertOptions(
        column_types=dict.fromkeys(REQUIRED, pyarrow.string()),
        include_columns=[name for name in header if name in wanted],
    )
    table = pyarrow.csv.read_csv(path, reading, parsing, converting)
    if faults:
        raise BadVotes("These are no votes:", _shortened(faults, len(faults)))
    frame: pd.DataFrame = table.to_pandas()
    return frame


def _read_jsonl(path: Path, wanted: set[str]) -> pd.DataFrame:
    rows, faults = [], []
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
                rows.append({name: row[name] for name in wanted & row.keys()})
            except (ValueError, AttributeError):
                faults.append(f"line {number}: no JSON object")
    if faults:
        raise BadVotes("These are no votes:", _shortened(faults, len(faults)))
    return pd.DataFrame(rows, columns=None if rows else list(REQUIRED))


def _read_parquet(path: Path, wanted: set[str]) -> pd.DataFrame:
    present = set(pyarrow.parquet.read_schema(path).names)
    table = pyarrow.parquet.read_table(path, columns=sorted(wanted & present))
    frame: pd.DataFrame = table.to_pandas()
    return frame


def _refuse(
    frame: pd.DataFrame,
    left: npt.NDArray[np.int32],
    right: npt.NDArray[np.int32],
    verdict: npt.NDArray[np.int8],
    *,
    blank: BoolArray,
) -> None:
    nameless, itself, unknown = blank[left] | blank[right], left == right, verdict < 0
    wrong = np.flatnonzero(nameless | itself | unknown)
    if not len(wrong):
        return

    def faults() -> Iterator[str]:
        for row in wrong[:FAULTS_SHOWN]:
            what = []
            if nameless[row]:
                what.append("a contender has no name")
            elif itself[row]:
                what.append(f"`{frame['model_a'].iloc[row]}` meets itself")
            if unknown[row]:
                winner = frame["winner"].iloc[row]
                what.append("winner is missing" if pd.isna(winner) or winner == "" else f"winner is `{winner}`")
            yield f"row {row + 1}: {', '.join(what)}"

    raise BadVotes(
        "These are no votes:",
        _shortened(list(faults()), len(wrong)),
        hint=f"A winner is one of {', '.join(WINNERS)}.",
    )


def _shortened(faults: list[str], total: int) -> list[str]:
    shown = faults[:FAULTS_SHOWN]
    return shown if total <= len(shown) else [*shown, f"and {total - len(shown)} more"]
