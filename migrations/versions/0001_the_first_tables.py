"""The first tables: contenders, voters, battles with their turns and replies, votes and tallies."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

VERDICTS = ("a", "b", "tie", "both_bad")


def words(name: str, *members: str) -> sa.Enum:
    return sa.Enum(*members, name=name, native_enum=False, create_constraint=True, length=16)


def moment(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def text(name: str, length: int | None = None) -> sa.Column:
    return sa.Column(name, sa.String(length), nullable=False)


def number(name: str, *constraints: sa.ForeignKey) -> sa.Column:
    return sa.Column(name, sa.Integer, *constraints, nullable=False)


def upgrade() -> None:
    op.create_table(
        "contenders",
        sa.Column("id", sa.Integer, primary_key=True),
        text("slug", 64),
        text("label"),
        text("organisation"),
        text("licence"),
        text("lineage"),
        text("backend", 32),
        sa.Column("options", sa.JSON, nullable=False),
        sa.Column("sampling", sa.JSON, nullable=False),
        sa.Column("limits", sa.JSON, nullable=False),
        text("system_prompt"),
        text("api_key_env"),
        sa.Column(
            "status",
            words("contenderstatus", "candidate", "active", "paused", "retired"),
            nullable=False,
        ),
        text("status_reason"),
        moment("status_at"),
        moment("created_at"),
        sa.UniqueConstraint("slug"),
    )
    op.create_table(
        "voters",
        sa.Column("id", sa.Integer, primary_key=True),
        text("key", 64),
        moment("first_seen_at"),
        sa.UniqueConstraint("key"),
    )
    op.create_table(
        "battles",
        sa.Column("id", sa.Integer, primary_key=True),
        text("handle", 32),
        number("voter_id", sa.ForeignKey("voters.id")),
        number("contender_a_id", sa.ForeignKey("contenders.id")),
        number("contender_b_id", sa.ForeignKey("contenders.id")),
        text("policy", 32),
        sa.Column("probability", sa.Double, nullable=False),
        sa.Column("status", words("battlestatus", "open", "voted", "void"), nullable=False),
        moment("opened_at"),
        moment("closed_at", nullable=True),
        sa.UniqueConstraint("handle"),
        sa.CheckConstraint("contender_a_id <> contender_b_id", name="two_contenders"),
    )
    op.create_index("ix_battles_voter_id", "battles", ["voter_id"])
    op.create_index("ix_battles_contender_a_id", "battles", ["contender_a_id"])
    op.create_index("ix_battles_contender_b_id", "battles", ["contender_b_id"])
    op.create_table(
        "turns",
        sa.Column("id", sa.Integer, primary_key=True),
        number("battle_id", sa.ForeignKey("battles.id")),
        number("position"),
        text("prompt"),
        number("attempt"),
        moment("asked_at"),
        sa.UniqueConstraint("battle_id", "position"),
    )
    op.create_table(
        "replies",
        sa.Column("id", sa.Integer, primary_key=True),
        number("turn_id", sa.ForeignKey("turns.id")),
        text("side", 1),
        number("attempt"),
        number("contender_id", sa.ForeignKey("contenders.id")),
        sa.Column(
            "status",
            words("replystatus", "streaming", "finished", "stopped", "interrupted", "failed"),
            nullable=False,
        ),
        text("text"),
        moment("started_at"),
        sa.Column("first_token_s", sa.Double),
        sa.Column("duration_s", sa.Double),
        number("num_bytes"),
        number("num_pieces"),
        sa.Column("prompt_tokens", sa.Integer),
        sa.Column("completion_tokens", sa.Integer),
        text("finish_reason", 32),
        text("failure", 32),
        text("failure_detail"),
        sa.UniqueConstraint("turn_id", "side", "attempt"),
    )
    op.create_index("ix_replies_contender_id", "replies", ["contender_id"])
    op.create_table(
        "votes",
        sa.Column("battle_id", sa.Integer, sa.ForeignKey("battles.id"), primary_key=True, autoincrement=False),
        number("voter_id", sa.ForeignKey("voters.id")),
        sa.Column("verdict", words("verdict", *VERDICTS), nullable=False),
        moment("cast_at"),
    )
    op.create_index("ix_votes_voter_id", "votes", ["voter_id"])
    op.create_table(
        "tallies",
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("left_id", sa.Integer, sa.ForeignKey("contenders.id"), primary_key=True),
        sa.Column("right_id", sa.Integer, sa.ForeignKey("contenders.id"), primary_key=True),
        sa.Column("verdict", words("verdict", *VERDICTS), primary_key=True),
        number("count"),
    )


def downgrade() -> None:
    for table in ("tallies", "votes", "replies", "turns", "battles", "voters", "contenders"):
        op.drop_table(table)
