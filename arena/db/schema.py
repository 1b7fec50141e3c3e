"""The whole schema: every module that declares tables is imported here, so that migrations see them all."""

from arena.db import (
    audit_tables,
    campaign_tables,
    consent_tables,
    finding_tables,
    leak_tables,
    moderation_tables,
    release_tables,
    suspicion_tables,
    tables,
    voter_tables,
)
from arena.db.table import Table

METADATA = Table.metadata
MODULES = (
    tables,
    voter_tables,
    consent_tables,
    audit_tables,
    campaign_tables,
    finding_tables,
    leak_tables,
    moderation_tables,
    release_tables,
    suspicion_tables,
)
