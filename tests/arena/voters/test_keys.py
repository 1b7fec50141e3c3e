"""Keys are shared by all processes, made once, and gone for good when they are destroyed."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

from sqlalchemy import select

from arena.db.session import Database
from arena.db.voter_tables import KeyUse, SecretKey
from arena.voters.keys import Keys

TODAY = date(2026, 11, 1)


def test_every_process_gets_the_same_key_of_a_day(database: Database, database_url: str):
    with closing(Database(database_url)) as another, ThreadPoolExecutor(8) as threads:
        keys = [Keys(database), Keys(another)]
        made = [*threads.map(lambda number: keys[number % 2].of_day(KeyUse.NETWORK, TODAY), range(16))]
    assert len({key.secret for key in made}) == 1
    assert len(made[0].secret) == 32


def test_days_and_uses_have_keys_of_their_own(database: Database):
    keys = Keys(database)
    made = [
        keys.of_day(use, day) for use in (KeyUse.NETWORK, KeyUse.COOKIE) for day in (TODAY, TODAY + timedelta(days=1))
    ]
    assert len({key.secret for key in made}) == 4
    assert keys.newest(KeyUse.COOKIE).day == TODAY + timedelta(days=1)
    assert keys.find(KeyUse.NETWORK, made[2].number) is None


def test_a_destroyed_key_is_empty_and_never_given_again(database: Database):
    keys, elsewhere = Keys(database), Keys(database)
    old, new = (keys.of_day(KeyUse.NETWORK, day) for day in (TODAY, TODAY + timedelta(days=1)))
    elsewhere.refresh()
    assert keys.destroy(KeyUse.NETWORK, before=TODAY + timedelta(days=1)) == 1
    assert keys.destroy(KeyUse.NETWORK, before=TODAY + timedelta(days=1)) == 0
    assert keys.find(KeyUse.NETWORK, old.number) is None
    assert keys.find(KeyUse.NETWORK, new.number) == new
    elsewhere.refresh()
    assert elsewhere.find(KeyUse.NETWORK, old.number) is None
    with database.reading() as session:
        row = session.scalars(select(SecretKey).where(SecretKey.id == old.number)).one()
    assert row.secret == ""
    assert row.destroyed_at


def test_no_byte_of_a_destroyed_key_stays_in_the_file(tmp_path: Path, migrated_sqlite: Path):
    path = tmp_path / "arena.db"
    path.write_bytes(migrated_sqlite.read_bytes())
    with closing(Database(f"sqlite:///{path}")) as database:
        keys = Keys(database)
        old = [keys.of_day(KeyUse.NETWORK, TODAY + timedelta(days=day)) for day in range(40)]
        written = old[0].secret.hex().encode()
        assert written in path.with_name("arena.db-wal").read_bytes()
        keys.destroy(KeyUse.NETWORK, before=TODAY + timedelta(days=39))
        files = b"".join(file.read_bytes() for file in sorted(tmp_path.iterdir()))
        assert [key.day for key in old if key.secret.hex().encode() in files] == [old[-1].day]


def test_a_key_is_never_printed(database: Database):
    key = Keys(database).newest(KeyUse.COOKIE)
    assert key.secret.hex() not in repr(key)
    assert str(key.secret) not in repr(key)
