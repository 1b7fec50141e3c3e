"""What is known of a contender, its checks and statuses; what replies cost; spending a day; moderation's flags."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

CONTENDER_TEXTS = {
    "family": None,
    "base": None,
    "relation": 16,
    "weight_type": 16,
    "revision": None,
    "weights_sha256": 64,
    "prompt_format": 64,
    "restrictions": None,
    "contact": None,
    "owner": None,
}
CONTENDER_TABLES = {
    "languages": "[]",
    "prices": "{}",
    "energy": "{}",
    "licences": "[]",
    "hazards": "[]",
    "aliases": "[]",
}
CONTENDER_TRUTHS = ("owned_by_operator", "research_only_acknowledged")


def moment(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def text(name: str, length: int | None = None) -> sa.Column:
    return sa.Column(name, sa.String(length), nullable=False, server_default="")


def truth(name: str) -> sa.Column:
    return sa.Column(name, sa.Boolean, nullable=False, server_default=sa.false())


def upgrade() -> None:
    for name, length in CONTENDER_TEXTS.items():
        op.add_column("contenders", text(name, length))
    for name, empty in CONTENDER_TABLES.items():
        op.add_column("contenders", sa.Column(name, sa.JSON, nullable=False, server_default=empty))
    for name in CONTENDER_TRUTHS:
        op.add_column("contenders", truth(name))
    op.add_column("contenders", sa.Column("context_size", sa.Integer))
    op.add_column("contenders", sa.Column("max_concurrent", sa.Integer))
    op.add_column("contenders", sa.Column("usd_per_day", sa.Double))
    op.add_column("contenders", moment("cooling_until", nullable=True))
    op.add_column("contenders", sa.Column("cooldowns", sa.Integer, nullable=False, server_default="0"))
    op.create_table(
        "status_changes",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("contender_id", sa.Integer, sa.ForeignKey("contenders.id"), nullable=False),
        moment("at"),
        sa.Column(
            "status",
            sa.Enum(
                *("candidate", "active", "paused", "retired"),
                name="contenderstatus",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        text("reason"),
    )
    op.create_index("ix_status_changes_contender_id", "status_changes", ["contender_id"])
    op.execute(
        "INSERT INTO status_changes (contender_id, at, status, reason) "
        "SELECT id, status_at, status, status_reason FROM contenders"
    )
    op.create_table(
        "checks",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("contender_id", sa.Integer, sa.ForeignKey("contenders.id"), nullable=False),
        moment("at"),
        text("fingerprint", 64),
        sa.Column("passed", sa.Boolean, nullable=False),
        sa.Column("findings", sa.JSON, nullable=False),
    )
    op.create_index("ix_checks_contender_id", "checks", ["contender_id"])
    for name in ("queued_s", "usd", "wh_low", "wh_high"):
        op.add_column("replies", sa.Column(name, sa.Double))
    op.add_column("replies", text("usd_basis"))
    op.add_column("replies", truth("names_itself"))
    op.add_column("replies", text("moderation", 16))
    op.add_column("turns", text("moderation", 16))
    op.create_table(
        "spending",
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("account", sa.String(80), primary_key=True),
        sa.Column("usd", sa.Double, nullable=False),
    )
    op.create_table(
        "flags",
        sa.Column("id", sa.Integer, primary_key=True),
        moment("at"),
        sa.Column("voter_id", sa.Integer, sa.ForeignKey("voters.id")),
        sa.Column("turn_id", sa.Integer, sa.ForeignKey("turns.id")),
        sa.Column("reply_id", sa.Integer, sa.ForeignKey("replies.id")),
        text("moderator", 32),
        sa.Column("categories", sa.JSON, nullable=False),
        text("text"),
    )


def downgrade() -> None:
    for table in ("flags", "spending", "checks", "status_changes"):
        op.drop_table(table)
    op.drop_column("turns", "moderation")
    for name in ("queued_s", "usd", "wh_low", "wh_high", "usd_basis", "names_itself", "moderation"):
        op.drop_column("replies", name)
    added = (*CONTENDER_TEXTS, *CONTENDER_TABLES, *CONTENDER_TRUTHS)
    for name in (*added, "context_size", "max_concurrent", "usd_per_day", "cooling_until", "cooldowns"):
        op.drop_column("contenders", name)
