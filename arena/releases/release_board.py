"""The board of a release: the standings that its votes give, in bytes that anybody can compute again."""

from pathlib import Path
from typing import Any

from arena.board.snapshots import LEVEL, standings_text, tallies_text
from arena.releases.release_files import file_of
from leaderboard import Tallies, read_votes


def board_settings(contenders: list[str]) -> dict[str, Any]:
    """Return the settings of a board of these contenders."""
    return {"level": LEVEL, "contenders": contenders}


def board_of(folder: Path, settings: dict[str, Any], *, method: str) -> str:
    """Return the board that the votes in a folder give, as canonical JSON.

    Raises:
        BadVotes: rows of the file are no votes.
        BadConfiguration: there is no file of votes.
    """
    path = file_of(folder, "votes")
    tallies = (
        Tallies.from_votes(read_votes(path)) if path.stat().st_size and _has_rows(path) else Tallies.from_counts([])
    )
    return standings_text(tallies_text(tallies), settings, None, method=method) + "\n"


def _has_rows(path: Path) -> bool:
    if path.suffix == ".jsonl":
        return True  # it is not empty
    import pyarrow.parquet as pq

    return bool(pq.ParquetFile(path).metadata.num_rows)
