"""Bring a database to the tables of this program.

The embedded SQLite file is upgraded automatically, after a copy was made beside it. Any other database is upgraded only
by `arena db upgrade`, because its owner decides when.
"""

from contextlib import closing
from importlib.resources import files
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import Connection, inspect

from arena.db.session import Database, sqlite_url
from arena.errors import DatabaseOutdated
from arena.settings import Settings

PRIVATE_FOLDER, PRIVATE_FILE = 0o700, 0o600


def database_url(settings: Settings) -> str:
    """Return the URL of the arena's database: the one that is set, else that of the embedded file."""
    return settings.database_url or sqlite_url(settings.home.absolute() / "arena.db")


def open_database(settings: Settings) -> Database:
    """Open the arena's database, ready to use. Makes or upgrades the embedded one.

    Raises:
        BadConfiguration: the URL names no database that this program can use.
        DatabaseUnavailable: the database gives no answer.
        DatabaseOutdated: its tables are not those of this program; the hint says what to do.
    """
    if settings.embedded:
        keep_private(settings.home)
    database = Database(database_url(settings))
    try:
        _make_current(database, by_itself=settings.embedded)
    except BaseException:
        database.close()
        raise
    return database


def keep_private(home: Path) -> None:
    """Make the folder and the file of the embedded database readable by their owner only, and make them if needed."""
    home.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
    file = home / "arena.db"
    if file.exists() and home.resolve() != Path.cwd():
        home.chmod(PRIVATE_FOLDER)  # an earlier program left it open
    file.touch(mode=PRIVATE_FILE)
    # SQLite gives its journals the mode of the file, but those that are there keep theirs.
    for path in (file, *home.glob("arena.db-*"), *home.glob("arena.db.before-*")):
        path.chmod(PRIVATE_FILE)


def upgrade(database: Database) -> None:
    """Apply all migrations that are missing, in one transaction.

    A SQLite file with tables is first copied to `NAME.before-REVISION`.

    Raises:
        DatabaseOutdated: the database was made by a newer program.
    """
    before = current_revision(database)
    if before == newest_revision():
        return
    if before is not None and database.is_sqlite:
        _copy_sqlite(database, before)
    with database.writing() as session:
        config = _config()
        config.attributes["connection"] = session.connection()
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise _outdated(database) from error


def current_revision(database: Database) -> str | None:
    """Return the revision of the database's tables, or None where it has none of ours.

    Raises:
        DatabaseOutdated: it holds tables of another program.
    """
    with database.reading() as session:
        connection: Connection = session.connection()
        revision = MigrationContext.configure(connection).get_current_revision()
        tables = set(inspect(connection).get_table_names()) - {"alembic_version"}
    if revision is None and tables:
        raise DatabaseOutdated(
            f"This database holds tables of another program ({', '.join(sorted(tables)[:3])}, …).",
            hint="Give the arena a database of its own in ARENA_DATABASE_URL.",
        )
    return revision


def newest_revision() -> str:
    """Return the revision that this program needs."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None
    return head


def _make_current(database: Database, *, by_itself: bool) -> None:
    if current_revision(database) == newest_revision():
        return
    if not by_itself:
        raise _outdated(database)
    upgrade(database)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(files("migrations")).replace("%", "%%"))
    return config


def _outdated(database: Database) -> DatabaseOutdated:
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    revision = current_revision(database)
    if revision is not None and revision not in known:
        return DatabaseOutdated(
            f"The database is at revision {revision}, which this program does not know: a newer one made it.",
            hint="Install the newer program, or go back to a copy of the database.",
        )
    return DatabaseOutdated(
        f"The database is at revision {revision or 'none'}; this program needs {newest_revision()}.",
        hint="Back it up, then run `arena db upgrade`.",
    )


def _copy_sqlite(database: Database, revision: str) -> None:
    path = Path(str(database.engine.url.database))
    copy = path.with_name(f"{path.name}.before-{newest_revision()}-from-{revision}")
    copy.unlink(missing_ok=True)
    copy.touch(mode=PRIVATE_FILE)  # SQLite fills an empty file, and leaves its mode as it is
    with closing(database.engine.raw_connection()) as connection:  # not a session, which would begin a transaction
        connection.cursor().execute("VACUUM INTO ?", (str(copy),))
