"""Verification: whether a release is what it says, from its folder alone."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from arena.errors import BadConfiguration
from arena.releases.approval import approval_of
from arena.releases.release_board import board_of
from arena.releases.release_files import BOARD, read_manifest, rows_of, sha256_of
from leaderboard.errors import LeaderboardError


@dataclass(frozen=True, slots=True)
class ReleaseVerification:
    """What a look at a release found; `approved_by` is empty where nobody read its sample and signed."""

    manifest: dict[str, Any]
    faults: tuple[str, ...]
    approved_by: str


def verify(folder: Path) -> ReleaseVerification:
    """Compute the board anew, and compare every file with its hash and the tables with each other.

    Raises:
        BadConfiguration: the folder is no release.
    """
    manifest = read_manifest(folder)
    faults = [fault for name, sha256 in manifest["files"].items() if (fault := _file_fault(folder / name, sha256))]
    if not faults:
        faults += _table_faults(folder, manifest)
        try:
            board = board_of(folder, manifest["board"]["settings"], method=manifest["board"]["method"])
        except LeaderboardError as error:
            faults.append(f"the votes give no board: {error}")
        else:
            if board != (folder / BOARD).read_text(encoding="utf-8"):
                faults.append(f"{BOARD} is not the board that the votes give")
    approval = approval_of(folder)
    return ReleaseVerification(manifest, tuple(faults), approval["by"] if approval else "")


def _file_fault(path: Path, sha256: str) -> str:
    if not path.is_file():
        return f"{path.name} is missing"
    return "" if sha256_of(path) == sha256 else f"{path.name} was changed"


def _table_faults(folder: Path, manifest: dict[str, Any]) -> list[str]:
    try:
        votes = {row["id"]: row["text"] for row in rows_of(folder, "votes")}
        texts = [row["id"] for row in rows_of(folder, "texts")]
    except (BadConfiguration, KeyError, TypeError) as error:
        return [f"a table cannot be read: {error}"]
    faults = []
    if (len(votes), len(texts)) != (manifest["counts"]["votes"], manifest["counts"]["texts"]):
        faults.append(
            f"{len(votes)} votes and {len(texts)} texts are here; {MANIFEST_SAYS.format(**manifest['counts'])}"
        )
    if sorted(texts) != sorted(id_ for id_, has_text in votes.items() if has_text):
        faults.append("the texts are not those of the votes that say so")
    return faults


MANIFEST_SAYS = "release.json says {votes} and {texts}"
