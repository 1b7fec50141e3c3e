from pathlib import Path

from arena.db.consent_tables import ExportRecord
from arena.db.session import Database
from arena.exchange.random_ids import RandomIds, ids_for, operator_key, traced
from tests.arena.finished_battles import stored


def test_names_belong_to_one_export():
    first, second = RandomIds.of(b"key", "one"), RandomIds.of(b"key", "two")
    numbers = range(1, 200)
    assert len({first.battle(number) for number in numbers}) == len(numbers)
    assert not {first.battle(number) for number in numbers} & {second.battle(number) for number in numbers}
    assert not {first.voter(number) for number in numbers} & {second.voter(number) for number in numbers}
    assert first.shuffled(numbers) != second.shuffled(numbers)
    assert sorted(first.shuffled(numbers)) == [*numbers]
    assert all(0 <= first.battle(number) < 2**63 for number in numbers)


def test_who_has_the_key_finds_the_battle_and_the_voter_again(database: Database, recorded: list[int], tmp_path: Path):
    key = operator_key(tmp_path)
    ids = ids_for(database, "a test", key=key)
    assert traced(database, key, str(ids.battle(recorded[2]))) == f"battle {recorded[2]}"
    assert traced(database, key, ids.voter(1)) == "voter 1"
    assert traced(database, b"another key", ids.voter(1)) is None
    assert [row.what for row in stored(database, ExportRecord)] == ["a test"]


def test_without_a_key_nobody_finds_them(database: Database, recorded: list[int], tmp_path: Path):
    ids = ids_for(database, "a test")
    assert traced(database, operator_key(tmp_path), ids.voter(1)) is None
    assert stored(database, ExportRecord) == []


def test_the_key_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path):
    key = operator_key(tmp_path / "home")
    assert operator_key(tmp_path / "home") == key
    assert len(key) == 32
    assert (tmp_path / "home" / "export.key").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "home").stat().st_mode & 0o777 == 0o700
