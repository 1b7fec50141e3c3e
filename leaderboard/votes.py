"""Votes one by one, from a file or a frame: for tallies, and for what tallies cannot tell (who voted, when, style).

A file is CSV, JSON lines or Parquet with columns `model_a`, `model_b` and `winner`, as the field publishes its votes.
"""

import gzip
import json
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from leaderboard.arrays import BoolArray
from leaderboard.errors import BadVotes
from leaderboard.tallies import BOTH_BAD, TIE, A, B

REQUIRED = ("model_a", "model_b", "winner")
# The field's words for a verdict, and their places in `tallies.VERDICTS`.
WINNERS = {"model_a": A, "model_b": B, "tie": TIE, "tie (bothbad)": BOTH_BAD, "both_bad": BOTH_BAD}
FAULTS_SHOWN = 20


@dataclass(frozen=True, eq=False, slots=True)
class Votes:
    """Votes in their order.

    Attributes:
        contenders: names, sorted.
        left: place of the left contender in `contenders` [N].
        right: place of the right contender [N].
        verdict: place in `tallies.VERDICTS` [N].
        extra: further columns, a row a vote.
    """

    contenders: tuple[str, ...]
    left: npt.NDArray[np.int32]
    right: npt.NDArray[np.int32]
    verdict: npt.NDArray[np.int8]
    extra: pd.DataFrame

    @classmethod
    def from_frame(cls, frame: pd.DataFrame) -> "Votes":
        """Take votes from columns model_a, model_b and winner; other columns are kept as `extra`.

        Raises:
            BadVotes: a column is missing, or rows are no votes; rows are counted from 1.
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

    def __len__(self) -> int:
        return len(self.left)


def read_votes(path: Path, *, keep: Collection[str] = ()) -> Votes:
    """Read votes from a `.csv`, `.jsonl` or `.parquet` file (the first two may be gzipped).

    Args:
        path: the file.
        keep: further columns to keep, such as a prompt's id or a style feature.

    Raises:
        BadVotes: the file cannot be read or holds rows that are no votes; lists the faults.
    """
    wanted = {*REQUIRED, *keep}
    readers: dict[str, Callable[[Path, set[str]], pd.DataFrame]] = {
        ".csv": _read_csv,
        ".jsonl": _read_jsonl,
        ".parquet": _read_parquet,
    }
    kind = next((suffix for suffix in reversed(path.suffixes) if suffix != ".gz"), "")
    if kind not in readers:
        raise BadVotes(f"`{path}` is of no known kind.", hint=f"Known are {', '.join(readers)}.")
    try:
        frame = readers[kind](path, wanted)
    except FileNotFoundError as error:
        raise BadVotes(f"There is no file `{path}`.") from error
    except (OSError, ValueError) as error:
        # pandas, pyarrow and the codecs all raise ValueError for what they cannot parse.
        raise BadVotes(f"`{path}` cannot be read: {error}") from error
    try:
        return Votes.from_frame(frame)
    except BadVotes as error:
        raise BadVotes(f"`{path}` cannot be used:", error.faults, hint=error.hint) from error


def _read_csv(path: Path, wanted: set[str]) -> pd.DataFrame:
    # Names are text whatever they look like: a contender may be called `007` or `NA`.
    return pd.read_csv(
        path,
        usecols=lambda name: name in wanted,
        dtype=dict.fromkeys(REQUIRED, str),
        na_values={name: [""] for name in wanted},
        keep_default_na=False,
    )


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
        raise BadVotes("These are no JSON lines:", _shortened(faults, len(faults)))
    return pd.DataFrame(rows, columns=None if rows else list(REQUIRED))


def _read_parquet(path: Path, wanted: set[str]) -> pd.DataFrame:
    import pyarrow.parquet

    present = set(pyarrow.parquet.read_schema(path).names)  # type: ignore[no-untyped-call]
    return pd.read_parquet(path, columns=sorted(wanted & present))


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
                what.append(f"winner is `{frame['winner'].iloc[row]}`")
            yield f"row {row + 1}: {', '.join(what)}"

    raise BadVotes(
        "These are no votes:",
        _shortened(list(faults()), len(wrong)),
        hint=f"A winner is one of {', '.join(WINNERS)}.",
    )


def _shortened(faults: list[str], total: int) -> list[str]:
    shown = faults[:FAULTS_SHOWN]
    return shown if total <= len(shown) else [*shown, f"and {total - len(shown)} more"]
