"""The tables of campaigns: blind comparisons on fixed prompts, apart from battles and their votes.

Rows of judgements, tries, second opinions and looks are only added. What a campaign compares is frozen when it opens
(`arena.campaigns.design`).
"""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from arena.db.table import Table, words


class CampaignStatus(StrEnum):
    """A draft is being prepared, an open campaign is judged, a closed one is history."""

    DRAFT = "draft"
    OPEN = "open"
    CLOSED = "closed"


class AnswerStatus(StrEnum):
    """The state of a contender's answer to a prompt."""

    WAITING = "waiting"
    ANSWERED = "answered"
    FAILED = "failed"


class TryStatus(StrEnum):
    """The state of one request for an answer. A lost one was sent when its process died: it may have been billed."""

    ASKED = "asked"
    ANSWERED = "answered"
    FAILED = "failed"
    LOST = "lost"


class AssignmentKind(StrEnum):
    """What an assignment is for: the comparison, a rater's consistency (sides reversed), or attention."""

    JUDGED = "judged"
    REPEAT = "repeat"
    ATTENTION = "attention"


class AssignmentStatus(StrEnum):
    """The state of an assignment. A returned one was reclaimed from a rater who did not come back."""

    WAITING = "waiting"
    HANDED_OUT = "handed_out"
    JUDGED = "judged"
    RETURNED = "returned"


class SideVerdict(StrEnum):
    """What a rater says of two answers."""

    LEFT = "left"
    RIGHT = "right"
    TIE = "tie"
    BOTH_BAD = "both_bad"


class StoredPromptSet(Table):
    """A version of a prompt set. `sha256` is the hash of its prompts (`arena.campaigns.prompt_sets`)."""

    __tablename__ = "prompt_sets"
    __table_args__ = (UniqueConstraint("name", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64))
    version: Mapped[str] = mapped_column(String(32))
    sha256: Mapped[str] = mapped_column(String(64))
    licence: Mapped[str]
    source: Mapped[str]
    do_not_train: Mapped[bool]
    added_at: Mapped[datetime]

    prompts: Mapped[list["StoredPrompt"]] = relationship(order_by="StoredPrompt.position")


class StoredPrompt(Table):
    """A prompt of a set: what a user says in each turn. `item` is its name within the set."""

    __tablename__ = "campaign_prompts"
    __table_args__ = (UniqueConstraint("prompt_set_id", "item"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    prompt_set_id: Mapped[int] = mapped_column(ForeignKey("prompt_sets.id"))
    position: Mapped[int]
    item: Mapped[str] = mapped_column(String(128))
    turns: Mapped[list[Any]]
    category: Mapped[str]
    language: Mapped[str]


class Campaign(Table):
    """A campaign. `declared` is its file; `design` is canonical JSON, empty until it opens, and never changes then.

    `join_key` is the word in the address by which anybody may join, where the file allows that.
    """

    __tablename__ = "campaigns"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    title: Mapped[str]
    status: Mapped[CampaignStatus] = mapped_column(words(CampaignStatus), default=CampaignStatus.DRAFT)
    prompt_set_id: Mapped[int] = mapped_column(ForeignKey("prompt_sets.id"))
    declared: Mapped[dict[str, Any]]
    design: Mapped[str] = mapped_column(default="")
    design_hash: Mapped[str] = mapped_column(String(64), default="")
    join_key: Mapped[str] = mapped_column(String(43), unique=True)
    created_at: Mapped[datetime]
    opened_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]

    prompt_set: Mapped[StoredPromptSet] = relationship()
    entrants: Mapped[list["Entrant"]] = relationship(order_by="Entrant.position")


class Entrant(Table):
    """A contender in a campaign, as it was when it was entered. `contender_id` is empty where answers come from a file.

    `opaque` is its name in exports.
    """

    __tablename__ = "entrants"
    __table_args__ = (UniqueConstraint("campaign_id", "slug"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    position: Mapped[int]
    slug: Mapped[str] = mapped_column(String(64))
    label: Mapped[str]
    opaque: Mapped[str] = mapped_column(String(16), unique=True)
    licence: Mapped[str]
    lineage: Mapped[str]
    aliases: Mapped[list[Any]]
    contender_id: Mapped[int | None] = mapped_column(ForeignKey("contenders.id"))


class CampaignAnswer(Table):
    """What an entrant answered to a prompt: a text a turn, with tokens and cost of all tries together."""

    __tablename__ = "campaign_answers"
    __table_args__ = (UniqueConstraint("entrant_id", "prompt_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    entrant_id: Mapped[int] = mapped_column(ForeignKey("entrants.id"))
    prompt_id: Mapped[int] = mapped_column(ForeignKey("campaign_prompts.id"))
    status: Mapped[AnswerStatus] = mapped_column(words(AnswerStatus), default=AnswerStatus.WAITING)
    texts: Mapped[list[Any]] = mapped_column(default=list)
    names_itself: Mapped[bool] = mapped_column(default=False)
    failure: Mapped[str] = mapped_column(String(32), default="")
    answered_at: Mapped[datetime | None]

    tries: Mapped[list["AnswerTry"]] = relationship(order_by="AnswerTry.id")


class AnswerTry(Table):
    """One request for one turn of an answer, stored before it is sent. `usd` is its highest cost until it ends."""

    __tablename__ = "answer_tries"
    __table_args__ = (UniqueConstraint("answer_id", "turn", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    answer_id: Mapped[int] = mapped_column(ForeignKey("campaign_answers.id"))
    turn: Mapped[int]  # from 1
    number: Mapped[int]  # from 1
    status: Mapped[TryStatus] = mapped_column(words(TryStatus), default=TryStatus.ASKED)
    failure: Mapped[str] = mapped_column(String(32), default="")  # BackendError.kind
    sentence: Mapped[str] = mapped_column(default="")
    text: Mapped[str] = mapped_column(default="")
    finish_reason: Mapped[str] = mapped_column(String(32), default="")
    prompt_tokens: Mapped[int | None]
    completion_tokens: Mapped[int | None]
    usd: Mapped[float]
    usd_basis: Mapped[str] = mapped_column(default="")
    asked_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Rater(Table):
    """Somebody who judges in a campaign. `key` is the word in the personal link, `opaque` the name in exports.

    `participant`, `study` and `session` come from a recruiting platform, and are empty elsewhere.
    """

    __tablename__ = "raters"
    __table_args__ = (
        UniqueConstraint("campaign_id", "number"),
        Index(
            "uq_raters_participant",
            *("campaign_id", "participant", "study"),
            unique=True,
            sqlite_where=text("participant <> ''"),
            postgresql_where=text("participant <> ''"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    number: Mapped[int]  # from 1, in the campaign
    key: Mapped[str] = mapped_column(String(43), unique=True)
    opaque: Mapped[str] = mapped_column(String(16), unique=True)
    participant: Mapped[str] = mapped_column(String(64), default="")
    study: Mapped[str] = mapped_column(String(64), default="")
    session: Mapped[str] = mapped_column(String(64), default="")
    consent_version: Mapped[str] = mapped_column(String(32), default="")
    invited_at: Mapped[datetime]
    joined_at: Mapped[datetime | None]  # when they consented
    finished_at: Mapped[datetime | None]

    campaign: Mapped[Campaign] = relationship()


class Booklet(Table):
    """Assignments that are handed out together. Its rater is set once, and the database keeps it from being set twice.

    Booklets of the same `round` and `block` hold the same items, each in a `lane` of its own. `nets` says for each
    entrant (by id) how much more often it stands on the left than on the right.
    """

    __tablename__ = "booklets"
    __table_args__ = (Index("ix_booklets_free", "campaign_id", "rater_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    round: Mapped[int]
    block: Mapped[int]
    lane: Mapped[int]
    nets: Mapped[dict[str, Any]]
    rest_of_id: Mapped[int | None] = mapped_column(ForeignKey("booklets.id"), unique=True)
    rater_id: Mapped[int | None] = mapped_column(ForeignKey("raters.id"), index=True)
    taken_at: Mapped[datetime | None]
    touched_at: Mapped[datetime | None]  # when its rater last did something
    returned_at: Mapped[datetime | None]

    assignments: Mapped[list["Assignment"]] = relationship(order_by="Assignment.position", back_populates="booklet")


class Assignment(Table):
    """A place in a booklet: an item, and which answer stands on which side. An attention item has no prompt.

    `expected` is the side that an attentive rater chooses; empty where there is none.
    """

    __tablename__ = "assignments"
    __table_args__ = (
        UniqueConstraint("booklet_id", "position"),
        CheckConstraint("left_id <> right_id", name="two_entrants"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    booklet_id: Mapped[int] = mapped_column(ForeignKey("booklets.id"))
    position: Mapped[int]
    item: Mapped[str] = mapped_column(String(140))
    prompt_id: Mapped[int | None] = mapped_column(ForeignKey("campaign_prompts.id"))
    left_id: Mapped[int | None] = mapped_column(ForeignKey("entrants.id"))
    right_id: Mapped[int | None] = mapped_column(ForeignKey("entrants.id"))
    kind: Mapped[AssignmentKind] = mapped_column(words(AssignmentKind))
    expected: Mapped[str] = mapped_column(String(5), default="")
    status: Mapped[AssignmentStatus] = mapped_column(words(AssignmentStatus), default=AssignmentStatus.WAITING)
    handed_out_at: Mapped[datetime | None]
    returned_at: Mapped[datetime | None]

    booklet: Mapped[Booklet] = relationship(back_populates="assignments")
    judgements: Mapped[list["Judgement"]] = relationship(order_by="Judgement.id")


class Judgement(Table):
    """What a rater said of an assignment. A change of mind is another row, which revises the one before it.

    The database keeps an assignment from having two first judgements, and a judgement from being revised twice.
    """

    __tablename__ = "judgements"
    __table_args__ = (
        Index(
            "uq_judgements_first",
            "assignment_id",
            unique=True,
            sqlite_where=text("revision_of_id IS NULL"),
            postgresql_where=text("revision_of_id IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignments.id"), index=True)
    revision_of_id: Mapped[int | None] = mapped_column(ForeignKey("judgements.id"), unique=True)
    second_look: Mapped[bool] = mapped_column(default=False)
    verdict: Mapped[SideVerdict] = mapped_column(words(SideVerdict))
    seconds: Mapped[float]
    acceptable_left: Mapped[bool | None]
    acceptable_right: Mapped[bool | None]
    tags: Mapped[list[Any]]
    confidence: Mapped[int | None]
    rationale: Mapped[str]
    correction: Mapped[str]
    at: Mapped[datetime]


class SecondOpinion(Table):
    """What a judge (a language model) said of an item, shown to a rater after the own verdict. Never counted.

    `better` is an entrant's slug, `tie` or `both_bad`.
    """

    __tablename__ = "second_opinions"
    __table_args__ = (UniqueConstraint("campaign_id", "item"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"))
    item: Mapped[str] = mapped_column(String(140))
    judge: Mapped[str]
    better: Mapped[str] = mapped_column(String(64))


class EarlyLook(Table):
    """Somebody looked at the results of a campaign that was still open, and said why."""

    __tablename__ = "early_looks"

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns.id"), index=True)
    at: Mapped[datetime]
    who: Mapped[str]
    reason: Mapped[str]
