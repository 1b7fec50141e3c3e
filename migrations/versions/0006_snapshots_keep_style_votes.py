"""Snapshots keep the votes behind their ratings at equal style."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("snapshots", sa.Column("style_votes", sa.LargeBinary))


def downgrade() -> None:
    op.drop_column("snapshots", "style_votes")
