from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text

from arena.db.migrate import _config, current_revision, newest_revision, open_database, upgrade
from arena.db.schema import METADATA
from arena.db.session import Database, sqlite_url
from arena.errors import BadConfiguration, DatabaseOutdated, DatabaseUnavailable
from arena.settings import Settings


def opened(url: str) -> closing[Database]:
    return closing(Database(url))


def migrate(database: Database, direction: str, target: str) -> None:
    with database.writing() as session:
        config = _config()
        config.attributes["connection"] = session.connection()
        getattr(command, direction)(config, target)


def test_the_migrations_make_the_tables_that_the_code_declares(database: Database):
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []


def test_a_database_can_go_down_and_up_again(database: Database):
    migrate(database, "downgrade", "base")
    with database.reading() as session:
        assert set(inspect(session.connection()).get_table_names()) <= {"alembic_version"}
    upgrade(database)
    assert current_revision(database) == newest_revision()


def test_the_embedded_database_is_made_by_itself(tmp_path: Path):
    database = open_database(Settings(home=tmp_path / "new" / "home"))
    assert current_revision(database) == newest_revision()
    database.close()


def test_the_embedded_database_is_copied_before_it_is_upgraded(tmp_path: Path):
    database = open_database(Settings(home=tmp_path))
    with database.writing() as session:
        session.execute(text("INSERT INTO voters (key, first_seen_at) VALUES ('somebody', '2026-01-01')"))
        session.execute(text("UPDATE alembic_version SET version_num = 'ancient'"))
    database.close()
    with pytest.raises(DatabaseOutdated):  # nobody knows the way from there, but the copy is made first
        open_database(Settings(home=tmp_path))
    (copy,) = tmp_path.glob("arena.db.before-*")
    with opened(sqlite_url(copy)) as database, database.reading() as session:
        assert session.scalar(text("SELECT key FROM voters")) == "somebody"


def test_only_its_owner_may_read_the_embedded_database(tmp_path: Path):
    home = tmp_path / "home"
    with closing(open_database(Settings(home=home))) as database, database.writing() as session:
        session.execute(text("INSERT INTO voters (key, first_seen_at) VALUES ('somebody', '2026-01-01')"))
        modes = {path.name: path.stat().st_mode & 0o777 for path in (home, *home.iterdir())}
    assert len(modes) == 4  # the folder, the database and its two journals
    assert modes.pop("home") == 0o700
    assert set(modes.values()) == {0o600}


def test_a_database_that_an_earlier_program_left_open_is_closed(tmp_path: Path):
    open_database(Settings(home=tmp_path)).close()
    with opened(sqlite_url(tmp_path / "arena.db")) as database, database.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = 'ancient'"))
    tmp_path.chmod(0o755)
    (tmp_path / "arena.db").chmod(0o644)
    with pytest.raises(DatabaseOutdated):
        open_database(Settings(home=tmp_path))
    (copy,) = tmp_path.glob("arena.db.before-*")
    assert {path.stat().st_mode & 0o777 for path in (copy, tmp_path / "arena.db")} == {0o600}
    assert tmp_path.stat().st_mode & 0o777 == 0o700


def test_another_database_is_upgraded_only_on_request(tmp_path: Path):
    settings = Settings(database_url=sqlite_url(tmp_path / "own.db"))
    with pytest.raises(DatabaseOutdated) as refusal:
        open_database(settings)
    assert "arena db upgrade" in (refusal.value.hint or "")
    with opened(settings.database_url) as database:
        assert current_revision(database) is None
        upgrade(database)
    with closing(open_database(settings)) as database:
        assert current_revision(database) == newest_revision()


def test_a_database_of_a_newer_program_is_refused(database: Database, database_url: str):
    with database.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseOutdated, match="9999"):
        open_database(Settings(database_url=database_url))


def test_tables_of_another_program_are_left_alone(tmp_path: Path):
    with opened(sqlite_url(tmp_path / "shop.db")) as database:
        with database.writing() as session:
            session.execute(text("CREATE TABLE orders (id INTEGER)"))
        with pytest.raises(DatabaseOutdated, match="orders"):
            upgrade(database)


@pytest.mark.parametrize("url", ["not a url", "mysql://localhost/arena", "oracle+nothing://x"])
def test_an_unusable_url_is_a_sentence(url: str):
    with pytest.raises(BadConfiguration):
        Database(url)


@pytest.mark.parametrize("url", ["sqlite:////nowhere/at/all.db", "postgresql://nobody@127.0.0.1:1/none"])
def test_an_unreachable_database_is_a_sentence(url: str):
    with pytest.raises(DatabaseUnavailable):
        open_database(Settings(database_url=url))
