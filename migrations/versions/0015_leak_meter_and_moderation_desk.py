"""The leak meter's figures, and people's decisions on flags."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "leak_measurements",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("month", sa.String(7), nullable=False),
        sa.Column("contender_id", sa.Integer, sa.ForeignKey("contenders.id"), nullable=False),
        sa.Column("channel", sa.String(16), nullable=False),
        *(sa.Column(name, sa.Double, nullable=False) for name in ("share", "lower", "upper")),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("replies", "others")),
        sa.Column("measured_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("month", "contender_id", "channel"),
    )
    decision = sa.Enum(
        "take_down", "dismiss", name="deskdecision", native_enum=False, create_constraint=True, length=16
    )
    op.create_table(
        "flag_decisions",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("flag_id", sa.Integer, sa.ForeignKey("flags.id"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decision", decision, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
    )
    op.create_index("ix_flag_decisions_flag_id", "flag_decisions", ["flag_id"])


def downgrade() -> None:
    op.drop_table("flag_decisions")
    op.drop_table("leak_measurements")
