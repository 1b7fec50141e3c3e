"""Releases, the battles in them, and the texts that a person held back."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "releases",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("label", sa.String(32), nullable=False),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("num_votes", "num_texts")),
    )
    op.create_table(
        "released_battles",
        sa.Column("release", sa.String(64), sa.ForeignKey("releases.name"), primary_key=True),
        sa.Column("battle", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("text", sa.Boolean, nullable=False),
    )
    op.create_table(
        "held_texts",
        sa.Column("battle_id", sa.Integer, sa.ForeignKey("battles.id"), primary_key=True, autoincrement=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String, nullable=False),
    )


def downgrade() -> None:
    for table in ("held_texts", "released_battles", "releases"):
        op.drop_table(table)
