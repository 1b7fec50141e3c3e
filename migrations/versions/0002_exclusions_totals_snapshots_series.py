"""Votes can be excluded with a reason; totals of all days; snapshots; series of imported votes."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

VERDICTS = ("a", "b", "tie", "both_bad")
UNCHANGEABLE = ("exclusions", "snapshots")


def words(name: str, *members: str) -> sa.Enum:
    return sa.Enum(*members, name=name, native_enum=False, create_constraint=True, length=16)


def moment(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def text(name: str, length: int | None = None) -> sa.Column:
    return sa.Column(name, sa.String(length), nullable=False)


def number(name: str) -> sa.Column:
    return sa.Column(name, sa.Integer, nullable=False)


def upgrade() -> None:
    op.add_column("votes", sa.Column("excluded", sa.String, nullable=False, server_default=""))
    op.add_column("votes", moment("excluded_at", nullable=True))
    op.create_table(
        "exclusions",
        sa.Column("id", sa.Integer, primary_key=True),
        moment("at"),
        sa.Column("action", words("exclusionaction", "exclude", "restore"), nullable=False),
        text("reason"),
        sa.Column("chosen", sa.JSON, nullable=False),
        number("num_votes"),
    )
    op.create_table(
        "totals",
        sa.Column("left_id", sa.Integer, sa.ForeignKey("contenders.id"), primary_key=True),
        sa.Column("right_id", sa.Integer, sa.ForeignKey("contenders.id"), primary_key=True),
        sa.Column("verdict", words("verdict", *VERDICTS), primary_key=True),
        number("count"),
        number("revision"),
    )
    op.create_index("ix_totals_revision", "totals", ["revision"])
    op.execute(
        "INSERT INTO totals (left_id, right_id, verdict, count, revision) "
        "SELECT left_id, right_id, verdict, sum(count), 1 FROM tallies GROUP BY left_id, right_id, verdict"
    )
    op.create_table(
        "snapshots",
        sa.Column("id", sa.String(16), primary_key=True),
        moment("taken_at"),
        text("method", 16),
        sa.Column("settings", sa.JSON, nullable=False),
        text("code_version", 64),
        text("votes_sha256", 64),
        number("num_votes"),
        text("tallies"),
        text("standings"),
    )
    op.create_table(
        "series",
        sa.Column("id", sa.Integer, primary_key=True),
        text("name", 64),
        text("source"),
        text("sha256", 64),
        number("num_votes"),
        moment("imported_at"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "series_tallies",
        sa.Column("series_id", sa.Integer, sa.ForeignKey("series.id"), primary_key=True),
        sa.Column("left", sa.String, primary_key=True),
        sa.Column("right", sa.String, primary_key=True),
        sa.Column("verdict", words("verdict", *VERDICTS), primary_key=True),
        number("count"),
    )
    if op.get_bind().dialect.name == "sqlite":
        guard_sqlite()
    else:
        guard_postgresql()


def guard_sqlite() -> None:
    for table in UNCHANGEABLE:
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_refuse_{change.lower()} BEFORE {change} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} are never changed'); END"
            )


def guard_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% are never changed', TG_TABLE_NAME; END $$"
    )
    for table in UNCHANGEABLE:
        op.execute(
            f"CREATE TRIGGER {table}_refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def downgrade() -> None:
    for table in ("series_tallies", "series", "snapshots", "totals", "exclusions"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_change()")
    op.drop_column("votes", "excluded_at")
    op.drop_column("votes", "excluded")
