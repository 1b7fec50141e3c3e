"""What voters agree to, what may be done with each battle, what was withdrawn, and which exports left."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TABLES = ("exports", "erased_tallies", "withdrawals", "permissions", "consents", "notices")


def at(name: str) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)


def flags(*names: str) -> list[sa.Column]:
    return [sa.Column(name, sa.Boolean, nullable=False) for name in names]


def key(name: str, kind: sa.types.TypeEngine, *constraints: sa.ForeignKey, **options: bool) -> sa.Column:
    return sa.Column(name, kind, *constraints, primary_key=True, **options)


def upgrade() -> None:
    op.create_table(
        "notices", key("version", sa.String(16)), sa.Column("text", sa.String, nullable=False), at("first_used_at")
    )
    op.create_table(
        "consents",
        key("id", sa.Integer),
        sa.Column("voter_id", sa.Integer, sa.ForeignKey("voters.id"), nullable=False),
        at("at"),
        sa.Column("version", sa.String(16), sa.ForeignKey("notices.version"), nullable=False),
        *flags("battle", "vote", "text"),
    )
    op.create_index("ix_consents_voter_id", "consents", ["voter_id"])
    op.create_table(
        "permissions",
        key("battle_id", sa.Integer, sa.ForeignKey("battles.id"), autoincrement=False),
        sa.Column("version", sa.String(16), nullable=False),
        *flags("vote", "text"),
        sa.Column("code", sa.String(32), nullable=False),
        sa.UniqueConstraint("code"),
    )
    op.create_table(
        "withdrawals",
        key("id", sa.Integer),
        sa.Column("battle", sa.Integer, nullable=False),
        at("at"),
        sa.Column("what", sa.String(16), nullable=False),
    )
    op.create_index("ix_withdrawals_at", "withdrawals", ["at"])
    verdicts = sa.Enum(
        "a", "b", "tie", "both_bad", name="verdict", native_enum=False, create_constraint=True, length=16
    )
    op.create_table(
        "erased_tallies",
        key("day", sa.Date),
        *(key(name, sa.Integer, sa.ForeignKey("contenders.id")) for name in ("left_id", "right_id")),
        key("verdict", verdicts),
        key("slice_id", sa.Integer, sa.ForeignKey("slices.id")),
        sa.Column("count", sa.Integer, nullable=False),
    )
    op.create_table("exports", key("label", sa.String(32)), at("at"), sa.Column("what", sa.String(64), nullable=False))


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
