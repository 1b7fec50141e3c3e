"""What stood out among the votes, what a maintainer decided about it, and marks of single votes."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

STATES = ("held", "waiting", "released", "confirmed")


def moment(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "detector_runs",
        sa.Column("id", sa.Integer, primary_key=True),
        moment("at"),
        moment("until"),
        sa.Column("code_version", sa.String(64), nullable=False),
        sa.Column("thresholds", sa.JSON, nullable=False),
        sa.Column("num_battles", sa.Integer, nullable=False),
        sa.Column("num_votes", sa.Integer, nullable=False),
        sa.Column("holds_sha256", sa.String(64), nullable=False),
    )
    op.create_table(
        "suspicions",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("subject", sa.String(128), nullable=False, unique=True),
        moment("found_at"),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("contender_id", sa.Integer, sa.ForeignKey("contenders.id")),
        sa.Column("score", sa.String(32), nullable=False),
        sa.Column("chance", sa.Double, nullable=False),
        sa.Column("excess", sa.Double, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        moment("decided_at", nullable=True),
        sa.Column("decision", sa.String, nullable=False, server_default=""),
        sa.CheckConstraint(sa.column("state").in_(STATES), name="suspicionstate"),
    )
    op.create_table(
        "suspect_votes",
        sa.Column("suspicion_id", sa.Integer, sa.ForeignKey("suspicions.id"), primary_key=True),
        sa.Column("battle_id", sa.Integer, sa.ForeignKey("votes.battle_id"), primary_key=True),
    )
    op.create_index("ix_suspect_votes_battle_id", "suspect_votes", ["battle_id"])
    op.create_table(
        "vote_marks",
        sa.Column("battle_id", sa.Integer, sa.ForeignKey("votes.battle_id"), primary_key=True),
        sa.Column("mark", sa.String(32), primary_key=True),
        sa.Column("reason", sa.String, nullable=False, server_default=""),
    )
    op.create_index("ix_vote_marks_mark", "vote_marks", ["mark"])


def downgrade() -> None:
    for table in ("vote_marks", "suspect_votes", "suspicions", "detector_runs"):
        op.drop_table(table)
