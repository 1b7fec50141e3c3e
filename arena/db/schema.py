"""The whole schema: every module that declares tables is imported here, so that migrations see them all."""

from arena.db import audit_tables, leak_tables, moderation_tables, tables
from arena.db.table import Table

METADATA = Table.metadata
MODULES = (tables, audit_tables, leak_tables, moderation_tables)
