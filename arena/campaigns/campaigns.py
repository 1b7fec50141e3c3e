"""The campaigns of an arena: made from a file, opened once all answers are there, and closed."""

import hashlib
import json
import random
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import combinations
from typing import Any

from arena.battles.self_naming import names_itself
from arena.campaigns import queries
from arena.campaigns.assignment import Pair, Placement, PlannedBooklet, nets, plan_booklets
from arena.campaigns.campaign_file import AttentionItem, CampaignFile, campaign_of
from arena.campaigns.design import attention_item, canonical, design_of, hash_of_design
from arena.campaigns.forbidden import overlap_with
from arena.campaigns.prompt_files import Prompt
from arena.campaigns.prompt_sets import FixedPrompts, prompts_from, shipped_prompts, store_prompts, stored_prompts
from arena.campaigns.recorded_answers import read_recorded_answers
from arena.clock import now
from arena.contenders.register import Contenders
from arena.db.campaign_tables import (
    AnswerStatus,
    Assignment,
    AssignmentKind,
    Booklet,
    Campaign,
    CampaignAnswer,
    CampaignStatus,
    Entrant,
    Rater,
    SecondOpinion,
)
from arena.db.session import Database, Session
from arena.db.tables import Contender
from arena.errors import BadConfiguration, CampaignNotReady, UnknownCampaign
from generation.dataset import bad_rows, read_jsonl

NOT_RECORDED = "not_recorded"


@dataclass(frozen=True, slots=True)
class CampaignSheet:
    """What is known of a campaign as a whole.

    Attributes:
        file: as it was declared.
        design: the frozen design as canonical JSON; empty while it is a draft.
        prompts: those that are compared on.
        slugs: of its contenders.
    """

    id: int
    name: str
    title: str
    status: CampaignStatus
    file: CampaignFile
    design: str
    design_hash: str
    join_key: str
    created_at: datetime
    opened_at: datetime | None
    closed_at: datetime | None
    prompts: tuple[Prompt, ...]
    slugs: tuple[str, ...]


class Campaigns:
    """Makes, opens and closes campaigns."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list(self) -> tuple[CampaignSheet, ...]:
        """Return all campaigns, the newest first."""
        with self._database.reading() as session:
            return tuple(sheet_of(row) for row in queries.campaigns(session))

    def named(self, name: str) -> CampaignSheet:
        """Return a campaign.

        Raises:
            UnknownCampaign: there is none of this name.
        """
        with self._database.reading() as session:
            return sheet_of(campaign_row(session, name))

    def new(self, file: CampaignFile, table: Mapping[str, Any]) -> CampaignSheet:
        """Store a draft with its prompts, its contenders and the answers that come from files; all or nothing.

        Args:
            file: the campaign.
            table: the same as TOML gave it, with absolute paths.

        Raises:
            BadConfiguration: the name is taken, or the prompts are used up by `first`, `languages` and `categories`.
            BadInput: a file that it names has faults.
            UnknownContender: a slug without answers is no contender of this arena.
        """
        chosen = prompts_of(file)
        asked = [one.slug for one in file.contender if one.answers is None]
        rows = dict(zip(asked, Contenders(self._database).named(asked), strict=True))
        recorded = {one.slug: read_recorded_answers(one.answers, chosen) for one in file.contender if one.answers}
        opinions = _second_opinions(file, chosen)
        with self._database.writing() as session:
            if queries.campaign(session, file.name):
                raise BadConfiguration(f"There is a campaign `{file.name}` already.", hint="Choose another name.")
            stored = store_prompts(session, _whole_set(file))
            ids = {prompt.item: prompt.id for prompt in stored.prompts}
            campaign = Campaign(
                name=file.name,
                title=file.title,
                prompt_set=stored,
                declared=dict(table),
                join_key=secrets.token_urlsafe(32),
                created_at=now(),
                entrants=[_entrant(at, file, rows.get(one.slug)) for at, one in enumerate(file.contender)],
            )
            session.add(campaign)
            session.flush()
            for entrant in campaign.entrants:
                answers = recorded.get(entrant.slug)
                session.add_all(
                    CampaignAnswer(
                        entrant_id=entrant.id,
                        prompt_id=ids[prompt.item],
                        **({} if answers is None else _recorded(entrant, prompt, answers.get(prompt.item))),
                    )
                    for prompt in chosen
                )
            session.add_all(SecondOpinion(campaign_id=campaign.id, **opinion) for opinion in opinions)
            session.flush()
            return sheet_of(campaign)

    def open(self, name: str) -> CampaignSheet:
        """Freeze the design, plan who judges what, and let raters in. Returns the open campaign, with its hash.

        Raises:
            UnknownCampaign: there is none of this name.
            CampaignNotReady: it is no draft, answers are missing, or no prompt has two answers.
            BadInput: the data that a contender was trained on cannot be read.
        """
        sheet = self.named(name)
        in_data = {
            one.slug: overlap_with(one.data, sheet.prompts)
            for one in sheet.file.contender
            if one.data and sheet.status is CampaignStatus.DRAFT
        }
        with self._database.writing() as session:
            campaign = campaign_row(session, name, lock=True)
            if campaign.status is not CampaignStatus.DRAFT:
                raise CampaignNotReady(f"`{name}` is {campaign.status}, so its design is frozen already.")
            answers = queries.answers(session, campaign.id)
            if waiting := sum(answer.status is AnswerStatus.WAITING for answer in answers):
                raise CampaignNotReady(
                    f"{waiting} of {len(answers)} answers are not there yet.",
                    hint=f"Run `arena campaign answers {name}`.",
                )
            file = campaign_of(campaign.declared)
            prompts = choose(stored_prompts(campaign.prompt_set).prompts, file)
            booklets = _booklets(campaign, file, answers)
            if not booklets:
                raise CampaignNotReady("No prompt has answers of two contenders that are compared.")
            design = design_of(
                file,
                replace(stored_prompts(campaign.prompt_set), prompts=prompts),
                campaign.entrants,
                prompts_in_data=in_data,
                answers_sha256=_hash_of_answers(campaign, answers),
            )
            campaign.design = canonical(design)
            campaign.design_hash = hash_of_design(campaign.design)
            campaign.status, campaign.opened_at = CampaignStatus.OPEN, now()
            session.add_all(booklets)
            session.flush()
            return sheet_of(campaign)

    def close(self, name: str) -> CampaignSheet:
        """End a campaign: nothing more is judged, and its results may be seen.

        Raises:
            UnknownCampaign: there is none of this name.
            CampaignNotReady: it is not open.
        """
        with self._database.writing() as session:
            campaign = campaign_row(session, name, lock=True)
            if campaign.status is not CampaignStatus.OPEN:
                raise CampaignNotReady(f"`{name}` is {campaign.status}; only an open campaign can be closed.")
            campaign.status, campaign.closed_at = CampaignStatus.CLOSED, now()
            return sheet_of(campaign)

    def invite(self, name: str, number: int) -> tuple[str, ...]:
        """Add raters and return the key of each one's link.

        Raises:
            UnknownCampaign: there is none of this name.
            CampaignNotReady: it is closed.
        """
        with self._database.writing() as session:
            campaign = campaign_row(session, name, lock=True)
            if campaign.status is CampaignStatus.CLOSED:
                raise CampaignNotReady(f"`{name}` is closed; nobody can be invited any more.")
            return tuple(add_rater(session, campaign).key for _ in range(number))


def campaign_row(session: Session, name: str, *, lock: bool = False) -> Campaign:
    """Return a campaign's row; `lock` keeps others from changing it until the end of the transaction.

    Raises:
        UnknownCampaign: there is none of this name.
    """
    row = queries.campaign(session, name, lock=lock)
    if row is None:
        raise UnknownCampaign(f"There is no campaign `{name}`.", hint="`arena campaign status` lists them.")
    return row


def sheet_of(row: Campaign) -> CampaignSheet:
    """Return what is known of a campaign as a whole."""
    file = campaign_of(row.declared)
    return CampaignSheet(
        id=row.id,
        name=row.name,
        title=row.title,
        status=row.status,
        file=file,
        design=row.design,
        design_hash=row.design_hash,
        join_key=row.join_key,
        created_at=row.created_at,
        opened_at=row.opened_at,
        closed_at=row.closed_at,
        prompts=choose(stored_prompts(row.prompt_set).prompts, file),
        slugs=tuple(entrant.slug for entrant in row.entrants),
    )


def add_rater(session: Session, campaign: Campaign, *, recruited: tuple[str, str, str] = ("", "", "")) -> Rater:
    """Add a rater to a locked campaign. `recruited` are participant, study and session of a platform."""
    participant, study, session_id = recruited
    rater = Rater(
        campaign_id=campaign.id,
        number=queries.num_raters(session, campaign.id) + 1,
        key=secrets.token_urlsafe(32),
        opaque=f"r{secrets.token_hex(4)}",
        invited_at=now(),
        participant=participant,
        study=study,
        session=session_id,
    )
    session.add(rater)
    session.flush()
    return rater


def choose(prompts: Sequence[Prompt], file: CampaignFile) -> tuple[Prompt, ...]:
    """Return those prompts of a set that a campaign compares on."""
    wanted = file.prompts
    fitting = (
        prompt
        for prompt in prompts
        if (not wanted.languages or prompt.language in wanted.languages)
        and (not wanted.categories or prompt.category in wanted.categories)
    )
    return tuple(fitting)[: wanted.first]


def names_its_writer(entrant: Entrant, contender: Contender | None, texts: Sequence[str], prompt: Prompt) -> bool:
    """Return whether an answer tells who wrote it."""
    writer = contender or Contender(slug=entrant.slug, label=entrant.label, family="", organisation="")
    aliases = [*entrant.aliases, *(contender.aliases if contender else ())]
    shown = Contender(
        slug=writer.slug, label=writer.label, family=writer.family, organisation=writer.organisation, aliases=aliases
    )
    return any(names_itself(shown, text, prompt.turns) for text in texts)


def prompts_of(file: CampaignFile) -> tuple[Prompt, ...]:
    """Return the prompts that a campaign's file names.

    Raises:
        BadInput: their file is faulty.
        BadConfiguration: none is left by `languages` and `categories`, or nobody says what their licence is.
    """
    chosen = choose(_whole_set(file).prompts, file)
    if not chosen:
        raise BadConfiguration("No prompt is left to compare on.", hint="Look at `languages` and `categories`.")
    return chosen


def _whole_set(file: CampaignFile) -> FixedPrompts:
    wanted = file.prompts
    if wanted.file is None:
        return shipped_prompts()
    return prompts_from(
        wanted.file, name=wanted.name, version=wanted.version, licence=wanted.licence, source=wanted.source
    )


def _entrant(at: int, file: CampaignFile, contender: Contender | None) -> Entrant:
    one = file.contender[at]
    return Entrant(
        position=at,
        slug=one.slug,
        label=one.label or (contender.label if contender else one.slug),
        opaque=f"c{secrets.token_hex(4)}",
        licence=one.licence or (contender.licence if contender else ""),
        lineage=one.lineage or (contender.lineage if contender else ""),
        aliases=list(one.aliases),
        contender_id=contender.id if contender else None,
    )


def _recorded(entrant: Entrant, prompt: Prompt, texts: tuple[str, ...] | None) -> dict[str, Any]:
    """Return the columns of an answer that a file holds, or does not hold."""
    if texts is None:
        return {"status": AnswerStatus.FAILED, "failure": NOT_RECORDED}
    told = names_its_writer(entrant, None, texts, prompt)
    return {"status": AnswerStatus.ANSWERED, "texts": list(texts), "names_itself": told, "answered_at": now()}


def _second_opinions(file: CampaignFile, prompts: Sequence[Prompt]) -> list[dict[str, str]]:
    if file.second_opinions is None:
        return []
    rows = read_jsonl(file.second_opinions, texts=("better", "judge"))
    items = {prompt.item for prompt in prompts}
    words = {*(one.slug for one in file.contender), "tie", "both_bad"}
    faults = [
        f"row {number}: needs an `item` of the prompts, once, and `better`: a slug, tie or both_bad"
        for number, row in enumerate(rows, 1)
        if str(row.get("item")) not in items
        or row["better"] not in words
        or any(str(row.get("item")) == str(other.get("item")) for other in rows[: number - 1])
    ]
    if faults:
        raise bad_rows(file.second_opinions, faults, of=len(rows))
    return [{"item": str(row["item"]), "better": row["better"], "judge": row["judge"]} for row in rows]


def _booklets(campaign: Campaign, file: CampaignFile, answers: Sequence[CampaignAnswer]) -> list[Booklet]:
    """Return the booklets of a campaign: those prompts that both of a pair have answered."""
    answered: dict[int, set[int]] = {}
    for answer in answers:
        if answer.status is AnswerStatus.ANSWERED:
            answered.setdefault(answer.prompt_id, set()).add(answer.entrant_id)
    ids = {entrant.slug: entrant.id for entrant in campaign.entrants}
    first, second = (ids[slug] for slug in file.primary_pair)
    compared: list[Pair] = [(first, second)]
    if file.pairs == "all":
        compared = [*combinations([entrant.id for entrant in campaign.entrants], 2)]
    items = {prompt.item: prompt.id for prompt in campaign.prompt_set.prompts}
    pairs = {
        items[prompt.item]: [pair for pair in compared if answered.get(items[prompt.item], set()) >= {*pair}]
        for prompt in choose(stored_prompts(campaign.prompt_set).prompts, file)
    }
    planned = plan_booklets(
        pairs,
        raters_per_item=file.raters_per_item,
        overlap=file.overlap,
        size=file.booklet,
        repeats=file.repeats,
        seed=file.seed,
    )
    names = {id_: item for item, id_ in items.items()}
    rng = random.Random(f"attention/{file.seed}")  # noqa: S311 - sides are to be reproducible
    return [
        Booklet(
            campaign_id=campaign.id,
            round=one.round,
            block=one.block,
            lane=one.lane,
            nets=nets_of(one),
            assignments=_assignments(one, names, _attention(number, file.attention, rng)),
        )
        for number, one in enumerate(planned)
    ]


def nets_of(booklet: PlannedBooklet) -> dict[str, int]:
    """Return for each entrant how much more often it is on the left in a booklet, repeats included."""
    return {str(key): net for key, net in nets([*booklet.judged, *booklet.repeats]).items()}


def assignment_of(one: Placement, kind: AssignmentKind, names: Mapping[int, str]) -> Assignment:
    """Return the row of a placement, without its position."""
    return Assignment(item=names[one.prompt], prompt_id=one.prompt, left_id=one.left, right_id=one.right, kind=kind)


def _assignments(booklet: PlannedBooklet, names: Mapping[int, str], attention: Assignment | None) -> list[Assignment]:
    rows = [assignment_of(one, AssignmentKind.JUDGED, names) for one in booklet.judged]
    rows += [assignment_of(one, AssignmentKind.REPEAT, names) for one in booklet.repeats]
    if attention:
        rows.insert((len(booklet.judged) + 1) // 2, attention)
    for position, row in enumerate(rows, 1):
        row.position = position
    return rows


def _attention(number: int, items: Sequence[AttentionItem], rng: random.Random) -> Assignment | None:
    if not items:
        return None
    side = rng.choice(("left", "right"))
    return Assignment(item=attention_item(number % len(items) + 1), kind=AssignmentKind.ATTENTION, expected=side)


def _hash_of_answers(campaign: Campaign, answers: Sequence[CampaignAnswer]) -> str:
    opaque = {entrant.id: entrant.opaque for entrant in campaign.entrants}
    items = {prompt.id: prompt.item for prompt in campaign.prompt_set.prompts}
    rows = sorted([items[one.prompt_id], opaque[one.entrant_id], one.status.value, one.texts] for one in answers)
    return hashlib.sha256(json.dumps(rows, ensure_ascii=False, allow_nan=False).encode()).hexdigest()
