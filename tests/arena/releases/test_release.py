import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from arena.clock import now
from arena.db.consent_tables import Permission
from arena.db.release_tables import Release, ReleasedBattle
from arena.db.session import Database
from arena.db.states import ContenderStatus, VoterKey
from arena.db.tables import Contender
from arena.errors import BadConfiguration
from arena.exchange.random_ids import RandomIds
from arena.releases import release, release_files
from arena.releases.release_files import rows_of
from arena.releases.verification import verify
from arena.voters import queries as voters
from arena.voters.consent import ConsentNotice, Consents
from arena.voters.erasure import Erasure
from arena.voters.permissions import Choices
from arena.votes.exclusions import VoteExclusions
from tests.arena.finished_battles import stored
from tests.arena.releases.conftest import KEY

Make = Callable[..., dict[str, Any]]


def said(folder: Path) -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(folder.iterdir()) if path.suffix != ".parquet")


@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
def test_votes_that_count_leave_and_texts_that_may(make: Make, tmp_path: Path, kind: str):
    manifest = make(kind=kind)
    folder = tmp_path / "out" / "first"
    assert manifest["counts"] == {"votes": 6, "texts": 3, "voters": 3, "contenders": 3}
    assert manifest["left_out"] == {release.SUSPECTED: 2, release.TERMS: 1}
    assert manifest["screening"]["by_kind"] == {"e-mail": 1, "other": 1}
    texts = {row["id"]: row["turns"] for row in rows_of(folder, "texts")}
    assert sorted(turns[0]["prompt"] for turns in texts.values()) == [
        "sort three numbers",
        "tell a joke",
        "what is the capital of a country",
    ]
    (two_turns,) = (turns for turns in texts.values() if len(turns) == 2)
    assert two_turns[1] == {
        "prompt": "and another",
        "reply_a": "one answers and another",
        "reply_b": "two answers and another",
    }
    votes = {row["id"]: row for row in rows_of(folder, "votes")}
    assert {row["winner"] for row in votes.values()} == {"model_a", "model_b", "tie", "both_bad"}
    assert {id_ for id_, row in votes.items() if row["text"]} == {*texts}
    assert verify(folder).faults == ()


def test_no_text_that_was_dropped_is_in_any_file(make: Make, tmp_path: Path):
    make()
    written = said(tmp_path / "out" / "first")
    assert not [word for word in ("jo@example.org", "xyzzy", "so quiet", "secretive answers") if word in written]


def test_a_contender_whose_terms_forbid_it_is_left_out_by_name(make: Make, tmp_path: Path):
    make(without=["two"])
    card = (tmp_path / "out" / "first" / "README.md").read_text()
    assert "| The secretive |" in card
    assert "not here: its terms forbid it" in card
    assert "Outputs may not be published" in card
    assert "not here: left out by the operator" in card
    assert list(rows_of(tmp_path / "out" / "first", "texts")) == []
    with pytest.raises(BadConfiguration, match="`nobody`"):
        make("second", without=["nobody"])


def test_texts_without_consent_stay_and_so_do_votes_whose_use_is_not_allowed(
    make: Make, database: Database, battles: list[int]
):
    with database.writing() as session:
        session.execute(update(Permission).where(Permission.battle_id == battles[0]).values(text=False))
        session.execute(update(Permission).where(Permission.battle_id == battles[1]).values(vote=False))
    manifest = make()
    assert manifest["counts"]["votes"] == 5
    assert manifest["counts"]["texts"] == 1
    assert manifest["left_out"][release.NO_CONSENT] == 1


def test_battles_of_private_contenders_are_not_there_at_all(make: Make, database: Database, tmp_path: Path):
    with database.writing() as session:
        hidden = update(Contender).where(Contender.slug == "secretive")
        session.execute(hidden.values(status=ContenderStatus.CANDIDATE))
    assert make()["counts"]["votes"] == 5
    assert "secretive" not in said(tmp_path / "out" / "first")


def test_two_releases_share_no_id_and_no_order(make: Make, battles: list[int], tmp_path: Path):
    make("first")
    make("second")
    first, second = ([*rows_of(tmp_path / "out" / name, "votes")] for name in ("first", "second"))
    for column in ("id", "voter"):
        assert not {row[column] for row in first} & {row[column] for row in second}
    assert {row["day"] for row in first} == {"2026-11-01"}
    assert "tstamp" not in first[0]


def test_the_operator_can_trace_a_row(make: Make, battles: list[int], tmp_path: Path):
    manifest = make()
    ids = {row["id"] for row in rows_of(tmp_path / "out" / "first", "votes")}
    assert ids == {str(RandomIds.of(KEY, manifest["label"]).battle(number)) for number in battles}


def test_the_next_release_goes_without_what_was_withdrawn_and_counts_it(
    make: Make, database: Database, battles: list[int], tmp_path: Path
):
    assert make("first")["changes"] == {"since": ""}
    with database.reading() as session:
        code = session.get_one(Permission, battles[0]).code
    Erasure(database, keep_counts=True).by_code(code)
    Consents(database, ConsentNotice("A notice.")).choose(VoterKey("cyd"), Choices(battle=True, vote=True, text=False))
    VoteExclusions(database).exclude(battles=[battles[2]], reason="a test")
    changes = make("second")["changes"]
    assert changes == {
        "since": "first",
        "votes": {
            "added": 0,
            "removed": {"erased by their voter": 1, "excluded, suspected or left out now": 1},
        },
        "texts": {
            "added": 0,
            "removed": {"erased by their voter": 1, "publication withdrawn by their voter": 1},
        },
    }
    told = (tmp_path / "out" / "second" / "CHANGES.md").read_text()
    assert "- votes: 0 added, 2 removed" in told
    assert "publication withdrawn by their voter: 1" in told
    assert "joke" not in said(tmp_path / "out" / "second")


def test_a_folder_that_is_there_is_left_alone(make: Make, database: Database, tmp_path: Path):
    (tmp_path / "out" / "first").mkdir(parents=True)
    with pytest.raises(BadConfiguration, match="is there already"):
        make("first")
    for name in ("..", "a name", ".hidden"):
        with pytest.raises(BadConfiguration):
            make(name)
    assert stored(database, Release) == []
    make("second")
    (tmp_path / "out" / "second").rename(tmp_path / "published")
    with pytest.raises(BadConfiguration, match="There was a release `second`"):
        make("second")


def test_what_fails_leaves_nothing(make: Make, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", "release.json")

    monkeypatch.setattr(release, "write_json", full)
    with pytest.raises(OSError, match="No space"):
        make()
    assert [*(tmp_path / "out").iterdir()] == []
    assert (stored(database, Release), stored(database, ReleasedBattle)) == ([], [])
    monkeypatch.undo()
    monkeypatch.setattr(release_files.Path, "rename", full)
    with pytest.raises(OSError, match="No space"):
        make()
    monkeypatch.undo()
    assert [*(tmp_path / "out").iterdir()] == []
    assert stored(database, Release) == []


def test_an_erased_battle_leaves_the_lists_of_releases_as_a_number_only(
    make: Make, database: Database, battles: list[int]
):
    make()
    with database.writing() as session:
        voters.erase_battles(session, battles, keep_counts=True, at=now())
    assert {row.battle for row in stored(database, ReleasedBattle)} == {*battles}
    assert make("second")["counts"]["votes"] == 0


def test_a_manifest_is_json_that_names_every_file(make: Make, tmp_path: Path):
    make()
    folder = tmp_path / "out" / "first"
    manifest = json.loads((folder / "release.json").read_text())
    assert {*manifest["files"], "release.json"} == {path.name for path in folder.iterdir()}
