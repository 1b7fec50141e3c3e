"""Findings of endpoints, checks by the serving process, keys in files, thinking apart from answers."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def moment(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def json(name: str) -> sa.Column:
    return sa.Column(name, sa.JSON, nullable=False)


def upgrade() -> None:
    op.add_column("replies", sa.Column("reasoning", sa.String, nullable=False, server_default=""))
    op.add_column("replies", sa.Column("reasoning_tokens", sa.Integer))
    op.add_column("contenders", sa.Column("key_file", sa.String, nullable=False, server_default=""))
    op.create_table(
        "endpoint_findings",
        sa.Column("contender_id", sa.Integer, sa.ForeignKey("contenders.id"), primary_key=True, autoincrement=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        moment("at"),
        json("learned"),
        json("facts"),
    )
    op.create_table(
        "serving_processes",
        sa.Column("name", sa.String(64), primary_key=True),
        moment("seen_at"),
    )
    op.create_table(
        "check_requests",
        sa.Column("id", sa.Integer, primary_key=True),
        moment("asked_at"),
        sa.Column("asked_by", sa.String, nullable=False),
        json("slugs"),
        sa.Column("activates", sa.Boolean, nullable=False),
        moment("taken_at", nullable=True),
        moment("ended_at", nullable=True),
        json("reports"),
    )


def downgrade() -> None:
    for table in ("check_requests", "serving_processes", "endpoint_findings"):
        op.drop_table(table)
    op.drop_column("contenders", "key_file")
    op.drop_column("replies", "reasoning_tokens")
    op.drop_column("replies", "reasoning")
