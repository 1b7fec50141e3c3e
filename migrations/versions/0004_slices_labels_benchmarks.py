"""Votes by slice, labels of votes, lengths of replies, automatic benchmarks."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

KEY = ("left_id", "right_id", "verdict")
FEATURES = ("characters", "headers", "items", "bold")


def key(name: str, kind: sa.types.TypeEngine, *constraints: sa.ForeignKey, **options: str) -> sa.Column:
    return sa.Column(name, kind, *constraints, primary_key=True, **options)


def tally_key(*, sliced: bool) -> list[sa.Column]:
    verdicts = sa.Enum(
        "a", "b", "tie", "both_bad", name="verdict", native_enum=False, create_constraint=True, length=16
    )
    columns = [key(name, sa.Integer(), sa.ForeignKey("contenders.id")) for name in KEY[:2]]
    columns.append(key("verdict", verdicts))
    if sliced:
        columns.append(key("slice_id", sa.Integer(), sa.ForeignKey("slices.id"), server_default="1"))
    return columns


def number(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.Integer, nullable=nullable)


def text(name: str, length: int | None = None) -> sa.Column:
    return sa.Column(name, sa.String(length), nullable=False)


def upgrade() -> None:
    op.create_table(
        "slices",
        sa.Column("id", sa.Integer, primary_key=True),
        *(text(name, 32) for name in ("category", "language", "mode")),
        sa.UniqueConstraint("category", "language", "mode"),
    )
    op.execute("INSERT INTO slices (category, language, mode) VALUES ('', '', '')")
    op.create_table(
        "labels",
        sa.Column("battle_id", sa.Integer, sa.ForeignKey("battles.id"), primary_key=True, autoincrement=False),
        sa.Column("slice_id", sa.Integer, sa.ForeignKey("slices.id"), nullable=False),
        *(number(f"{feature}_{side}") for feature in FEATURES for side in "ab"),
    )
    op.create_index("ix_labels_slice_id", "labels", ["slice_id"])
    replace_tallies(sliced=True)

    op.add_column("replies", sa.Column("num_chars", sa.Integer, nullable=False, server_default="0"))
    op.execute("UPDATE replies SET num_chars = length(text)")
    op.drop_index("ix_replies_contender_id", "replies")
    counted = ["contender_id", "turn_id", "status", "num_chars", "duration_s", "usd"]
    op.create_index("ix_replies_counted", "replies", counted)
    op.drop_index("ix_battles_contender_a_id", "battles")
    op.create_index("ix_battles_pair", "battles", ["contender_a_id", "contender_b_id", "status"])

    op.create_table(
        "benchmark_results",
        sa.Column("id", sa.Integer, primary_key=True),
        *(text(name) for name in ("contender", "task", "metric", "filter", "setting")),
        sa.Column("value", sa.Double, nullable=False),
        sa.Column("error", sa.Double),
        number("scored", nullable=True),
        number("samples", nullable=True),
        sa.Column("higher_is_better", sa.Boolean, nullable=False),
        *(text(name) for name in ("source", "ran_by", "measured_on", "file")),
        text("sha256", 64),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("sha256", "contender", "task", "metric", "filter", "setting"),
    )


def replace_tallies(*, sliced: bool) -> None:
    """Make both tables anew, with or without slices. What is in several slices is added up on the way back."""
    cells = ", ".join(KEY)
    for name, first, last, kept in (
        ("tallies", [key("day", sa.Date())], [number("count")], f"day, {cells}, sum(count) AS count"),
        (
            "totals",
            [],
            [number("count"), number("revision")],
            f"{cells}, sum(count) AS count, max(revision) AS revision",
        ),
    ):
        cell = f"day, {cells}" if first else cells
        op.execute(f"CREATE TEMPORARY TABLE kept AS SELECT {kept} FROM {name} GROUP BY {cell}")  # noqa: S608 - our names
        op.drop_table(name)
        op.create_table(name, *first, *tally_key(sliced=sliced), *last)
        names = ", ".join([cell, *(column.name for column in last)])
        op.execute(f"INSERT INTO {name} ({names}) SELECT {names} FROM kept")  # noqa: S608
        op.execute("DROP TABLE kept")
    op.create_index("ix_totals_revision", "totals", ["revision"])


def downgrade() -> None:
    op.drop_table("benchmark_results")
    op.drop_index("ix_battles_pair", "battles")
    op.create_index("ix_battles_contender_a_id", "battles", ["contender_a_id"])
    op.drop_index("ix_replies_counted", "replies")
    op.create_index("ix_replies_contender_id", "replies", ["contender_id"])
    op.drop_column("replies", "num_chars")
    replace_tallies(sliced=False)
    op.drop_table("labels")
    op.drop_table("slices")
