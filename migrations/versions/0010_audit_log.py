"""The audit log: a chain of rows that the database only lets grow."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def text(name: str, length: int | None = None) -> sa.Column:
    return sa.Column(name, sa.String(length), nullable=False)


def upgrade() -> None:
    op.create_table(
        "audit_log",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        text("act", 32),
        sa.Column("public", sa.Boolean, nullable=False),
        text("subject"),
        text("origin"),
        sa.Column("details", sa.Text, nullable=False),
        text("salt", 32),
        text("who"),
        sa.Column("withheld", sa.Text, nullable=False),
        text("withheld_salt", 32),
        text("previous", 64),
        text("sha256", 64),
    )
    if op.get_bind().dialect.name == "sqlite":
        guard_sqlite()
    else:
        guard_postgresql()


def guard_sqlite() -> None:
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER audit_log_refuse_{change.lower()} BEFORE {change} ON audit_log "
            "BEGIN SELECT RAISE(ABORT, 'the audit log is never changed'); END"
        )
    # `INSERT OR REPLACE` would delete a row without asking the trigger above.
    op.execute(
        "CREATE TRIGGER audit_log_only_grows BEFORE INSERT ON audit_log "
        "WHEN NEW.number <> (SELECT coalesce(max(number), 0) + 1 FROM audit_log) "
        "BEGIN SELECT RAISE(ABORT, 'the audit log only grows at its end'); END"
    )


def guard_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the audit log is never changed'; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_log_refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()"
    )
    op.execute(
        "CREATE FUNCTION audit_log_grows() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF NEW.number <> (SELECT coalesce(max(number), 0) + 1 FROM audit_log) THEN "
        "RAISE EXCEPTION 'the audit log only grows at its end'; END IF; RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_log_only_grows BEFORE INSERT ON audit_log FOR EACH ROW EXECUTE FUNCTION audit_log_grows()"
    )


def downgrade() -> None:
    op.drop_table("audit_log")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_audit_change()")
        op.execute("DROP FUNCTION audit_log_grows()")
