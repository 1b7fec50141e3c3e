"""Keys, quotas and proofs of work; networks and prompts of battles as hashes; why a vote is held; suspects."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# table → its new texts, with their lengths
TEXTS = {
    "voters": {"held": 32},
    "battles": {"network_hash": 32, "prompt_hash": 32, "proof": 16},
    "votes": {"network_hash": 32, "checked": 16, "held": 32},
}
IS_HELD = sa.text("held <> ''")


def moment(name: str, *, nullable: bool = False, primary_key: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable, primary_key=primary_key)


def upgrade() -> None:
    for table, texts in TEXTS.items():
        for name, length in texts.items():
            op.add_column(table, sa.Column(name, sa.String(length), nullable=False, server_default=""))
    op.add_column("voters", moment("held_at", nullable=True))
    op.add_column("contenders", moment("suspected_at", nullable=True))
    op.create_index("ix_votes_held", "votes", ["held"], sqlite_where=IS_HELD, postgresql_where=IS_HELD)
    op.create_table(
        "secret_keys",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("use", sa.String(16), nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("secret", sa.String(64), nullable=False),
        moment("destroyed_at", nullable=True),
        sa.UniqueConstraint("use", "day"),
    )
    op.create_table(
        "quota_counts",
        sa.Column("quota", sa.String(32), primary_key=True),
        sa.Column("subject", sa.String(64), primary_key=True),
        moment("begins_at", primary_key=True),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("reached", sa.Integer, nullable=False, server_default="0"),
    )
    op.create_index("ix_quota_counts_begins_at", "quota_counts", ["begins_at"])
    op.create_table(
        "used_proofs",
        sa.Column("challenge", sa.String(64), primary_key=True),
        sa.Column("voter_key", sa.String(64), nullable=False),
        moment("expires_at"),
        sa.Column("checked", sa.String(16), nullable=False),
        moment("spent_at", nullable=True),
    )
    op.create_index("ix_used_proofs_voter_key", "used_proofs", ["voter_key"])
    op.create_index("ix_used_proofs_expires_at", "used_proofs", ["expires_at"])


def downgrade() -> None:
    for table in ("used_proofs", "quota_counts", "secret_keys"):
        op.drop_table(table)
    op.drop_index("ix_votes_held", "votes")
    op.drop_column("contenders", "suspected_at")
    op.drop_column("voters", "held_at")
    for table, texts in TEXTS.items():
        for name in texts:
            op.drop_column(table, name)
