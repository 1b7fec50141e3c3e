"""Campaigns: prompt sets, entrants and their answers, raters, booklets of assignments, judgements."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

# Rows are only added; what was said stays said.
UNCHANGEABLE = ("judgements", "early_looks", "second_opinions")
TABLES = (
    *("prompt_sets", "campaign_prompts", "campaigns", "early_looks", "entrants", "raters", "second_opinions"),
    *("booklets", "campaign_answers", "answer_tries", "assignments", "judgements"),
)


def key() -> sa.Column:
    return sa.Column("id", sa.Integer, primary_key=True)


def text(name: str, length: int | None = None) -> sa.Column:
    return sa.Column(name, sa.String(length), nullable=False)


def number(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.Integer, nullable=nullable)


def json(name: str) -> sa.Column:
    return sa.Column(name, sa.JSON, nullable=False)


def truth(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.Boolean, nullable=nullable)


def moment(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def words(column: str, kind: str, *members: str) -> sa.Column:
    enum = sa.Enum(*members, name=kind, native_enum=False, create_constraint=True, length=16)
    return sa.Column(column, enum, nullable=False)


def to(table: str, name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.Integer, sa.ForeignKey(f"{table}.id"), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "prompt_sets",
        key(),
        text("name", 64),
        text("version", 32),
        text("sha256", 64),
        text("licence"),
        text("source"),
        truth("do_not_train"),
        moment("added_at"),
        sa.UniqueConstraint("name", "version"),
    )
    op.create_table(
        "campaign_prompts",
        key(),
        to("prompt_sets", "prompt_set_id"),
        number("position"),
        text("item", 128),
        json("turns"),
        text("category"),
        text("language"),
        sa.UniqueConstraint("prompt_set_id", "item"),
    )
    op.create_table(
        "campaigns",
        key(),
        text("name", 64),
        text("title"),
        words("status", "campaignstatus", "draft", "open", "closed"),
        to("prompt_sets", "prompt_set_id"),
        json("declared"),
        text("design"),
        text("design_hash", 64),
        text("join_key", 43),
        moment("created_at"),
        moment("opened_at", nullable=True),
        moment("closed_at", nullable=True),
        sa.UniqueConstraint("name"),
        sa.UniqueConstraint("join_key"),
    )
    op.create_table("early_looks", key(), to("campaigns", "campaign_id"), moment("at"), text("who"), text("reason"))
    op.create_index("ix_early_looks_campaign_id", "early_looks", ["campaign_id"])
    op.create_table(
        "entrants",
        key(),
        to("campaigns", "campaign_id"),
        number("position"),
        text("slug", 64),
        text("label"),
        text("opaque", 16),
        text("licence"),
        text("lineage"),
        json("aliases"),
        to("contenders", "contender_id", nullable=True),
        sa.UniqueConstraint("campaign_id", "slug"),
        sa.UniqueConstraint("opaque"),
    )
    op.create_table(
        "raters",
        key(),
        to("campaigns", "campaign_id"),
        number("number"),
        text("key", 43),
        text("opaque", 16),
        text("participant", 64),
        text("study", 64),
        text("session", 64),
        text("consent_version", 32),
        moment("invited_at"),
        moment("joined_at", nullable=True),
        moment("finished_at", nullable=True),
        sa.UniqueConstraint("campaign_id", "number"),
        sa.UniqueConstraint("key"),
        sa.UniqueConstraint("opaque"),
    )
    only_once("uq_raters_participant", "raters", ["campaign_id", "participant", "study"], where="participant <> ''")
    op.create_table(
        "second_opinions",
        key(),
        to("campaigns", "campaign_id"),
        text("item", 140),
        text("judge"),
        text("better", 64),
        sa.UniqueConstraint("campaign_id", "item"),
    )
    op.create_table(
        "booklets",
        key(),
        to("campaigns", "campaign_id"),
        *(number(name) for name in ("round", "block", "lane")),
        json("nets"),
        to("booklets", "rest_of_id", nullable=True),
        to("raters", "rater_id", nullable=True),
        *(moment(name, nullable=True) for name in ("taken_at", "touched_at", "returned_at")),
        sa.UniqueConstraint("rest_of_id"),
    )
    op.create_index("ix_booklets_free", "booklets", ["campaign_id", "rater_id"])
    op.create_index("ix_booklets_rater_id", "booklets", ["rater_id"])
    op.create_table(
        "campaign_answers",
        key(),
        to("entrants", "entrant_id"),
        to("campaign_prompts", "prompt_id"),
        words("status", "answerstatus", "waiting", "answered", "failed"),
        json("texts"),
        truth("names_itself"),
        text("failure", 32),
        moment("answered_at", nullable=True),
        sa.UniqueConstraint("entrant_id", "prompt_id"),
    )
    op.create_table(
        "answer_tries",
        key(),
        to("campaign_answers", "answer_id"),
        number("turn"),
        number("number"),
        words("status", "trystatus", "asked", "answered", "failed", "lost"),
        text("failure", 32),
        text("sentence"),
        text("text"),
        text("finish_reason", 32),
        number("prompt_tokens", nullable=True),
        number("completion_tokens", nullable=True),
        sa.Column("usd", sa.Double, nullable=False),
        text("usd_basis"),
        moment("asked_at"),
        moment("ended_at", nullable=True),
        sa.UniqueConstraint("answer_id", "turn", "number"),
    )
    op.create_table(
        "assignments",
        key(),
        to("booklets", "booklet_id"),
        number("position"),
        text("item", 140),
        to("campaign_prompts", "prompt_id", nullable=True),
        to("entrants", "left_id", nullable=True),
        to("entrants", "right_id", nullable=True),
        words("kind", "assignmentkind", "judged", "repeat", "attention"),
        text("expected", 5),
        words("status", "assignmentstatus", "waiting", "handed_out", "judged", "returned"),
        moment("handed_out_at", nullable=True),
        moment("returned_at", nullable=True),
        sa.UniqueConstraint("booklet_id", "position"),
        sa.CheckConstraint("left_id <> right_id", name="two_entrants"),
    )
    op.create_table(
        "judgements",
        key(),
        to("assignments", "assignment_id"),
        to("judgements", "revision_of_id", nullable=True),
        truth("second_look"),
        words("verdict", "sideverdict", "left", "right", "tie", "both_bad"),
        sa.Column("seconds", sa.Double, nullable=False),
        truth("acceptable_left", nullable=True),
        truth("acceptable_right", nullable=True),
        json("tags"),
        number("confidence", nullable=True),
        text("rationale"),
        text("correction"),
        moment("at"),
        sa.UniqueConstraint("revision_of_id"),
    )
    op.create_index("ix_judgements_assignment_id", "judgements", ["assignment_id"])
    only_once("uq_judgements_first", "judgements", ["assignment_id"], where="revision_of_id IS NULL")
    for table in UNCHANGEABLE:
        guard(table)


def only_once(name: str, table: str, columns: list[str], *, where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, table, columns, unique=True, sqlite_where=condition, postgresql_where=condition)


def guard(table: str) -> None:
    """Let the database refuse changes of a table's rows, as it does for snapshots (0002)."""
    if op.get_bind().dialect.name == "sqlite":
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_refuse_{change.lower()} BEFORE {change} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} are never changed'); END"
            )
    else:
        op.execute(
            f"CREATE TRIGGER {table}_refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
