"""The tables, one class for each. A class is named after what one of its rows is.

Times are UTC. Durations are seconds on a monotonic clock, measured by the process that streamed the reply.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from arena.db.finding_tables import EndpointFindings
from arena.db.states import BattleStatus, ContenderStatus, ReplyStatus
from arena.db.table import Table, words
from leaderboard import Verdict


class ExclusionAction(StrEnum):
    """Whether an exclusion took votes out of the count or put them back."""

    EXCLUDE = "exclude"
    RESTORE = "restore"


class Contender(Table):
    """One version of an entrant in battles. `options` are its backend's. Of an API key only the variable is stored.

    A slug `name@2` is the second version of the contender that the contenders file calls `name`. What the other
    columns mean is told in arena/contenders/schema.py, whose keys they are.
    """

    __tablename__ = "contenders"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(64), unique=True)
    label: Mapped[str]
    organisation: Mapped[str] = mapped_column(default="")
    licence: Mapped[str] = mapped_column(default="")
    lineage: Mapped[str] = mapped_column(default="")
    backend: Mapped[str] = mapped_column(String(32))
    options: Mapped[dict[str, Any]]
    sampling: Mapped[dict[str, Any]]
    limits: Mapped[dict[str, Any]]
    system_prompt: Mapped[str] = mapped_column(default="")
    api_key_env: Mapped[str] = mapped_column(default="")
    key_file: Mapped[str] = mapped_column(default="", server_default="")
    status: Mapped[ContenderStatus] = mapped_column(default=ContenderStatus.CANDIDATE)
    status_reason: Mapped[str] = mapped_column(default="")
    status_at: Mapped[datetime]
    created_at: Mapped[datetime]

    family: Mapped[str] = mapped_column(default="")
    base: Mapped[str] = mapped_column(default="")  # a contender's name, or free text
    relation: Mapped[str] = mapped_column(String(16), default="")  # to the base
    weight_type: Mapped[str] = mapped_column(String(16), default="")
    revision: Mapped[str] = mapped_column(default="")
    weights_sha256: Mapped[str] = mapped_column(String(64), default="")
    prompt_format: Mapped[str] = mapped_column(String(64), default="")
    context_size: Mapped[int | None]
    languages: Mapped[list[Any]] = mapped_column(default=list)
    prices: Mapped[dict[str, Any]] = mapped_column(default=dict)
    energy: Mapped[dict[str, Any]] = mapped_column(default=dict)
    licences: Mapped[list[Any]] = mapped_column(default=list)  # claims: artefact, licence, source
    restrictions: Mapped[str] = mapped_column(default="")
    hazards: Mapped[list[Any]] = mapped_column(default=list)
    aliases: Mapped[list[Any]] = mapped_column(default=list)
    contact: Mapped[str] = mapped_column(default="")
    owner: Mapped[str] = mapped_column(default="")
    owned_by_operator: Mapped[bool] = mapped_column(default=False)
    research_only_acknowledged: Mapped[bool] = mapped_column(default=False)
    max_concurrent: Mapped[int | None]
    usd_per_day: Mapped[float | None]

    cooling_until: Mapped[datetime | None]  # the contender is not drawn while this is set; a probe clears it
    cooldowns: Mapped[int] = mapped_column(default=0)  # rests in a row
    suspected_at: Mapped[datetime | None]  # its replies failed as voters can make them fail; a probe decides

    # Read with every contender, whatever session it comes from: its backend is opened by them.
    findings: Mapped[EndpointFindings | None] = relationship(lazy="selectin", viewonly=True)

    @property
    def name(self) -> str:
        """The slug without its version, as the contenders file has it."""
        return self.slug.partition("@")[0]

    @property
    def version(self) -> int:
        """The number of this version, from 1."""
        return int(self.slug.partition("@")[2] or 1)


class StatusChange(Table):
    """A change of a contender's status, with time and reason. Rows are only added."""

    __tablename__ = "status_changes"

    id: Mapped[int] = mapped_column(primary_key=True)
    contender_id: Mapped[int] = mapped_column(ForeignKey("contenders.id"), index=True)
    at: Mapped[datetime]
    status: Mapped[ContenderStatus]
    reason: Mapped[str]


class Check(Table):
    """The result of checking one version of a contender, which `fingerprint` identifies."""

    __tablename__ = "checks"

    id: Mapped[int] = mapped_column(primary_key=True)
    contender_id: Mapped[int] = mapped_column(ForeignKey("contenders.id"), index=True)
    at: Mapped[datetime]
    fingerprint: Mapped[str] = mapped_column(String(64))
    passed: Mapped[bool]
    findings: Mapped[list[Any]]


class Spending(Table):
    """US dollars that an account has spent on a day (UTC), reservations for running replies included."""

    __tablename__ = "spending"

    day: Mapped[date] = mapped_column(primary_key=True)
    account: Mapped[str] = mapped_column(String(80), primary_key=True)
    usd: Mapped[float]


class Voter(Table):
    """A pseudonymous visitor, identified by a hash of the cookie.

    While `held_at` is set, the voter's votes are held, for the reason `held` (a `Held`), until a maintainer decides.
    """

    __tablename__ = "voters"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(64), unique=True)
    first_seen_at: Mapped[datetime]
    held_at: Mapped[datetime | None]
    held: Mapped[str] = mapped_column(String(32), default="", server_default="")


class Battle(Table):
    """One blind pairing shown to one voter, with the policy and probability that drew the pair."""

    __tablename__ = "battles"
    __table_args__ = (
        CheckConstraint("contender_a_id <> contender_b_id", name="two_contenders"),
        Index("ix_battles_pair", "contender_a_id", "contender_b_id", "status"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    handle: Mapped[str] = mapped_column(String(32), unique=True)
    voter_id: Mapped[int] = mapped_column(ForeignKey("voters.id"), index=True)
    contender_a_id: Mapped[int] = mapped_column(ForeignKey("contenders.id"))
    contender_b_id: Mapped[int] = mapped_column(ForeignKey("contenders.id"), index=True)
    policy: Mapped[str] = mapped_column(String(32))
    probability: Mapped[float]  # of the unordered pair; both orders are equally likely
    status: Mapped[BattleStatus] = mapped_column(default=BattleStatus.OPEN)
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    network_hash: Mapped[str] = mapped_column(String(32), default="", server_default="")  # keyed by day; "": not known
    prompt_hash: Mapped[str] = mapped_column(String(32), default="", server_default="")  # of the first prompt
    proof: Mapped[str] = mapped_column(String(16), default="", server_default="")  # a Checked; "": none was asked for

    contender_a: Mapped[Contender] = relationship(foreign_keys=contender_a_id)
    contender_b: Mapped[Contender] = relationship(foreign_keys=contender_b_id)
    voter: Mapped[Voter] = relationship()
    turns: Mapped[list["Turn"]] = relationship(back_populates="battle", order_by="Turn.position")
    vote: Mapped["Vote | None"] = relationship(back_populates="battle")
    label: Mapped["Label | None"] = relationship()


class Turn(Table):
    """A prompt of a battle. The replies of the latest `attempt` count; each regeneration adds an attempt."""

    __tablename__ = "turns"
    __table_args__ = (UniqueConstraint("battle_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    battle_id: Mapped[int] = mapped_column(ForeignKey("battles.id"))
    position: Mapped[int]  # from 1
    prompt: Mapped[str]
    attempt: Mapped[int] = mapped_column(default=1)
    asked_at: Mapped[datetime]
    moderation: Mapped[str] = mapped_column(String(16), default="")  # of the prompt; as Reply.moderation

    battle: Mapped[Battle] = relationship(back_populates="turns")
    replies: Mapped[list["Reply"]] = relationship(back_populates="turn", order_by="Reply.id")

    def current(self, side: str) -> "Reply":
        """Return the reply of one side in the latest attempt."""
        return next(reply for reply in self.replies if reply.side == side and reply.attempt == self.attempt)


class Reply(Table):
    """What one side wrote in one attempt at a turn, and how it went. Failures are rows too."""

    __tablename__ = "replies"
    __table_args__ = (
        UniqueConstraint("turn_id", "side", "attempt"),
        # Every column that statistics of replies need, so that they read no texts.
        Index("ix_replies_counted", *("contender_id", "turn_id", "status", "num_chars", "duration_s", "usd")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    turn_id: Mapped[int] = mapped_column(ForeignKey("turns.id"))
    side: Mapped[str] = mapped_column(String(1))
    attempt: Mapped[int]
    contender_id: Mapped[int] = mapped_column(ForeignKey("contenders.id"))
    status: Mapped[ReplyStatus] = mapped_column(default=ReplyStatus.STREAMING)
    text: Mapped[str] = mapped_column(default="")
    reasoning: Mapped[str] = mapped_column(default="", server_default="")  # thinking, no part of the answer
    started_at: Mapped[datetime]
    first_token_s: Mapped[float | None]
    duration_s: Mapped[float | None]
    num_bytes: Mapped[int] = mapped_column(default=0)
    num_chars: Mapped[int] = mapped_column(default=0, server_default="0")
    num_pieces: Mapped[int] = mapped_column(default=0)
    prompt_tokens: Mapped[int | None]  # as billed, where the endpoint says it
    completion_tokens: Mapped[int | None]
    reasoning_tokens: Mapped[int | None]  # of these, thinking
    finish_reason: Mapped[str] = mapped_column(String(32), default="")
    failure: Mapped[str] = mapped_column(String(32), default="")  # BackendError.kind
    failure_detail: Mapped[str] = mapped_column(default="")  # for maintainers; never shown to voters
    queued_s: Mapped[float | None]  # waited for a place at the endpoint; part of first_token_s
    usd: Mapped[float | None]
    usd_basis: Mapped[str] = mapped_column(default="")  # where the price comes from
    wh_low: Mapped[float | None]  # energy in watt-hours, the range that the assumptions give
    wh_high: Mapped[float | None]
    names_itself: Mapped[bool] = mapped_column(default=False)  # tells who wrote it
    moderation: Mapped[str] = mapped_column(String(16), default="")  # passed, flagged, unchecked, or empty: off

    turn: Mapped[Turn] = relationship(back_populates="replies")


class Flag(Table):
    """A moderator's finding in a prompt or a reply, with its categories.

    A flag on a reply has `reply_id`, one on a prompt that was sent only `turn_id`. A refused prompt has neither; its
    `text` is kept here unless it is private.
    """

    __tablename__ = "flags"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    voter_id: Mapped[int | None] = mapped_column(ForeignKey("voters.id"))
    turn_id: Mapped[int | None] = mapped_column(ForeignKey("turns.id"))
    reply_id: Mapped[int | None] = mapped_column(ForeignKey("replies.id"))
    moderator: Mapped[str] = mapped_column(String(32))
    categories: Mapped[list[Any]]
    text: Mapped[str] = mapped_column(default="")


class Vote(Table):
    """The verdict on a battle. The battle is the primary key, so a second vote cannot exist.

    `excluded` is the reason why the vote does not count, and empty if it counts. `held` (a `Held`) says why the quotas
    took it out of the count; it stays when a maintainer counts the vote again.
    """

    __tablename__ = "votes"
    __table_args__ = (
        Index("ix_votes_held", "held", sqlite_where=text("held <> ''"), postgresql_where=text("held <> ''")),
    )

    battle_id: Mapped[int] = mapped_column(ForeignKey("battles.id"), primary_key=True, autoincrement=False)
    voter_id: Mapped[int] = mapped_column(ForeignKey("voters.id"), index=True)
    verdict: Mapped[Verdict]
    cast_at: Mapped[datetime]
    excluded: Mapped[str] = mapped_column(default="", server_default="")
    excluded_at: Mapped[datetime | None]
    network_hash: Mapped[str] = mapped_column(String(32), default="", server_default="")  # keyed by day; "": not known
    checked: Mapped[str] = mapped_column(String(16), default="", server_default="")  # a Checked; "": before quotas
    held: Mapped[str] = mapped_column(String(32), default="", server_default="")

    battle: Mapped[Battle] = relationship(back_populates="vote")


class Slice(Table):
    """A kind of battle that a board can be restricted to. The first row, all empty, is for votes without a label."""

    __tablename__ = "slices"
    __table_args__ = (UniqueConstraint("category", "language", "mode"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    category: Mapped[str] = mapped_column(String(32))
    language: Mapped[str] = mapped_column(String(32))
    mode: Mapped[str] = mapped_column(String(32))


class Label(Table):
    """The kind of a battle that was voted on, and the style of each side's answers (arena.votes.labels)."""

    __tablename__ = "labels"

    battle_id: Mapped[int] = mapped_column(ForeignKey("battles.id"), primary_key=True, autoincrement=False)
    slice_id: Mapped[int] = mapped_column(ForeignKey("slices.id"), index=True)
    characters_a: Mapped[int]
    characters_b: Mapped[int]
    headers_a: Mapped[int]
    headers_b: Mapped[int]
    items_a: Mapped[int]
    items_b: Mapped[int]
    bold_a: Mapped[int]
    bold_b: Mapped[int]

    slice: Mapped[Slice] = relationship()


class Exclusion(Table):
    """An entry of the log of exclusions and restorations. Rows are only added.

    `chosen` holds the ids of the battles and voters that were named; `num_votes` votes were changed.
    """

    __tablename__ = "exclusions"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    action: Mapped[ExclusionAction] = mapped_column(words(ExclusionAction))
    reason: Mapped[str]
    chosen: Mapped[dict[str, Any]]
    num_votes: Mapped[int]


class Tally(Table):
    """The number of votes for each (left, right, verdict) on a day in a slice."""

    __tablename__ = "tallies"

    day: Mapped[date] = mapped_column(primary_key=True)
    left_id: Mapped[int] = mapped_column(ForeignKey("contenders.id"), primary_key=True)
    right_id: Mapped[int] = mapped_column(ForeignKey("contenders.id"), primary_key=True)
    verdict: Mapped[Verdict] = mapped_column(primary_key=True)
    slice_id: Mapped[int] = mapped_column(ForeignKey("slices.id"), primary_key=True, server_default="1")
    count: Mapped[int]


class Total(Table):
    """A tally of all days, enough to compute a board. `revision` grows with every change of any total."""

    __tablename__ = "totals"

    left_id: Mapped[int] = mapped_column(ForeignKey("contenders.id"), primary_key=True)
    right_id: Mapped[int] = mapped_column(ForeignKey("contenders.id"), primary_key=True)
    verdict: Mapped[Verdict] = mapped_column(primary_key=True)
    slice_id: Mapped[int] = mapped_column(ForeignKey("slices.id"), primary_key=True, server_default="1")
    count: Mapped[int]
    revision: Mapped[int] = mapped_column(index=True)


class Snapshot(Table):
    """Frozen standings with everything that reproduces them. The database refuses to change a row.

    `tallies` and `standings` are canonical JSON (arena.board.snapshots); `votes_sha256` is the hash of `tallies`.
    `style_votes` are the votes behind the ratings at equal style (arena.votes.style_votes); method 1 had none.
    """

    __tablename__ = "snapshots"

    id: Mapped[str] = mapped_column(String(16), primary_key=True)
    taken_at: Mapped[datetime]
    method: Mapped[str] = mapped_column(String(16))
    settings: Mapped[dict[str, Any]]
    code_version: Mapped[str] = mapped_column(String(64))
    votes_sha256: Mapped[str] = mapped_column(String(64))
    num_votes: Mapped[int]
    tallies: Mapped[str]
    standings: Mapped[str]
    style_votes: Mapped[bytes | None]


class Series(Table):
    """Votes from an imported file. They are rated separately from the arena's own votes."""

    __tablename__ = "series"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    source: Mapped[str]  # the file's name
    sha256: Mapped[str] = mapped_column(String(64))  # of the file
    num_votes: Mapped[int]
    imported_at: Mapped[datetime]


class SeriesTally(Table):
    """The number of votes for each (left, right, verdict) in a series. Sides are names, known here or not."""

    __tablename__ = "series_tallies"

    series_id: Mapped[int] = mapped_column(ForeignKey("series.id"), primary_key=True)
    left: Mapped[str] = mapped_column(primary_key=True)
    right: Mapped[str] = mapped_column(primary_key=True)
    verdict: Mapped[Verdict] = mapped_column(primary_key=True)
    count: Mapped[int]


class BenchmarkResult(Table):
    """One figure of an automatic benchmark, as a file states it. It is shown beside the ratings, apart from them.

    Task, metric, filter and setting together identify the measurement. `scored` of `samples` samples were run.
    """

    __tablename__ = "benchmark_results"
    __table_args__ = (UniqueConstraint("sha256", "contender", "task", "metric", "filter", "setting"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    contender: Mapped[str]  # a slug, or the name in the file if no contender has it
    task: Mapped[str]
    metric: Mapped[str]
    filter: Mapped[str]
    setting: Mapped[str]
    value: Mapped[float]
    error: Mapped[float | None]  # standard error
    scored: Mapped[int | None]
    samples: Mapped[int | None]
    higher_is_better: Mapped[bool] = mapped_column(default=True)
    source: Mapped[str]  # an address that anybody can look at
    ran_by: Mapped[str]
    measured_on: Mapped[str]  # as the file says
    file: Mapped[str]
    sha256: Mapped[str] = mapped_column(String(64))  # of the file
    imported_at: Mapped[datetime]
