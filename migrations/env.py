"""Alembic's entry: migrates the connection it is handed, or the database that the environment names."""

from typing import Literal

from alembic import context
from sqlalchemy import Connection

from arena.db.migrate import database_url
from arena.db.schema import METADATA
from arena.db.session import Database
from arena.db.table import UtcDateTime
from arena.settings import Settings, process_environment


def render_time(kind: str, item: object, _context: object) -> str | Literal[False]:
    # A migration must not import today's tables: tomorrow they will differ.
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcDateTime) else False


def migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=METADATA,
        render_as_batch=connection.dialect.name == "sqlite",  # SQLite alters a table by copying it
        compare_type=True,
        render_item=render_time,
    )
    with context.begin_transaction():
        context.run_migrations()


handed_over: Connection | None = context.config.attributes.get("connection")
if handed_over is not None:
    migrate(handed_over)
else:
    database = Database(database_url(Settings.from_env(process_environment())))
    with database.engine.connect() as connection:
        migrate(connection)
        connection.commit()
