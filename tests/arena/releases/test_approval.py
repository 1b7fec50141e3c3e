import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from arena.db.consent_tables import Permission
from arena.db.session import Database
from arena.errors import BadConfiguration
from arena.releases.approval import approval_of, approve, draw_sample
from arena.releases.release import HELD
from arena.releases.verification import verify
from arena.voters.erasure import Erasure
from tests.arena.releases.conftest import KEY

Make = Callable[..., dict[str, Any]]


@pytest.fixture
def folder(make: Make, tmp_path: Path) -> Path:
    make()
    return tmp_path / "out" / "first"


def sign(database: Database, folder: Path, *private: str, by: str = "Mina") -> dict[str, Any] | None:
    return approve(database, folder, by=by, private=private, key=KEY)


def test_a_person_reads_a_sample_and_signs(database: Database, folder: Path):
    assert verify(folder).approved_by == ""
    assert len(draw_sample(folder, number=2)) == 2
    approval = sign(database, folder)
    assert approval
    assert approval["texts_read"] == 2
    assert verify(folder).approved_by == "Mina"
    assert verify(folder).faults == ()


def test_samples_are_drawn_at_random_and_are_whole_where_there_are_few(folder: Path):
    assert len({draw_sample(folder, number=1)[0]["id"] for _ in range(60)}) == 3
    assert len(draw_sample(folder, number=500)) == 3


def test_nobody_signs_unread_or_without_a_name(database: Database, folder: Path):
    with pytest.raises(BadConfiguration, match="No sample"):
        sign(database, folder)
    draw_sample(folder)
    with pytest.raises(BadConfiguration, match="name"):
        sign(database, folder, by=" ")
    with pytest.raises(BadConfiguration, match="Not in the sample: 1"):
        sign(database, folder, "1")
    (folder / "sample.json").write_text("[")
    with pytest.raises(BadConfiguration, match="cannot be read"):
        sign(database, folder)
    assert approval_of(folder) is None


def test_a_text_that_a_person_found_private_is_in_no_later_release(database: Database, folder: Path, make: Make):
    private = draw_sample(folder)[0]
    assert sign(database, folder, private["id"]) is None
    assert verify(folder).approved_by == ""
    again = make("second")
    assert again["left_out"][HELD] == 1
    assert again["counts"]["texts"] == 2
    assert private["turns"][0]["prompt"] not in (folder.parent / "second" / "texts.jsonl").read_text()


def test_an_approval_is_for_what_was_read(database: Database, folder: Path):
    draw_sample(folder)
    sign(database, folder)
    manifest = json.loads((folder / "release.json").read_text())
    (folder / "release.json").write_text(json.dumps(manifest | {"title": "Another"}))
    assert approval_of(folder) is None


def test_what_was_withdrawn_meanwhile_is_not_signed_for(database: Database, folder: Path, battles: list[int]):
    draw_sample(folder)
    with database.reading() as session:
        code = session.get_one(Permission, battles[0]).code
    Erasure(database, keep_counts=False).by_code(code)
    with pytest.raises(BadConfiguration, match="withdrawn 1 battles"):
        sign(database, folder)
