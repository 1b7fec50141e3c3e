import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from arena.db.session import sqlite_url
from arena.errors import BadConfiguration
from arena.releases.verification import verify

Make = Callable[..., dict[str, Any]]


@pytest.fixture
def database_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """One kind of database: the folder is all that is looked at."""
    return sqlite_url(Path(shutil.copy(migrated_sqlite, tmp_path / "arena.db")))


@pytest.fixture
def folder(make: Make, tmp_path: Path) -> Path:
    """A release that was taken elsewhere, without its database."""
    make()
    return Path(shutil.move(tmp_path / "out" / "first", tmp_path / "elsewhere"))


def test_the_board_follows_byte_for_byte_from_the_folder_alone(folder: Path):
    assert verify(folder).faults == ()
    board = json.loads((folder / "board.json").read_text())
    assert {row["contender"] for row in board["ratings"]} == {"one", "two", "secretive"}


@pytest.mark.parametrize("name", ["votes.jsonl", "texts.jsonl", "board.json", "README.md", "CHANGES.md"])
def test_a_file_that_was_changed_or_lost_is_found(folder: Path, name: str):
    (folder / name).write_bytes((folder / name).read_bytes() + b" ")
    assert verify(folder).faults == (f"{name} was changed",)
    (folder / name).unlink()
    assert verify(folder).faults == (f"{name} is missing",)


def with_new_hash(folder: Path, name: str, text: str) -> None:
    """Change a file and the manifest, as somebody would who wants it to go unnoticed."""
    from arena.releases.release_files import sha256_of

    (folder / name).write_text(text)
    manifest = json.loads((folder / "release.json").read_text())
    manifest["files"][name] = sha256_of(folder / name)
    (folder / "release.json").write_text(json.dumps(manifest))


def test_a_vote_that_was_turned_does_not_give_the_board(folder: Path):
    with_new_hash(folder, "votes.jsonl", (folder / "votes.jsonl").read_text().replace("model_b", "model_a"))
    assert "board.json is not the board that the votes give" in verify(folder).faults[0] or verify(folder).faults


def test_a_text_that_was_slipped_in_is_found(folder: Path):
    row = json.dumps({"id": "1", "turns": []})
    with_new_hash(folder, "texts.jsonl", (folder / "texts.jsonl").read_text() + row + "\n")
    assert any("texts are here" in fault for fault in verify(folder).faults)
    assert any("not those of the votes" in fault for fault in verify(folder).faults)


def test_what_is_no_vote_is_a_fault_and_no_traceback(folder: Path):
    with_new_hash(folder, "votes.jsonl", '{"model_a": 1}\n')
    assert verify(folder).faults


@pytest.mark.parametrize("content", [None, "", "[]", '{"name": "x"}', "\x00"])
def test_a_folder_that_is_no_release_is_a_sentence(tmp_path: Path, content: str | None):
    if content is not None:
        (tmp_path / "release.json").write_text(content)
    with pytest.raises(BadConfiguration, match="is no release"):
        verify(tmp_path)
