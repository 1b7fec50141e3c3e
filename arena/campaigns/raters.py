"""Raters: how they join, agree, get their places, and find them again on another device. All they need is a link."""

import re
from dataclasses import dataclass

from arena.campaigns import queries
from arena.campaigns.blindness import covered, names_of
from arena.campaigns.booklets import UNDONE, fits_more, may_judge, take_next
from arena.campaigns.campaign_file import CampaignFile, campaign_of
from arena.campaigns.campaigns import add_rater
from arena.campaigns.judgements import Said, rater_of, side_of
from arena.clock import now
from arena.db.campaign_tables import Assignment, AssignmentKind, Campaign, Rater, SideVerdict, StoredPrompt
from arena.db.session import Database, Session
from arena.db.tables import Contender
from arena.errors import CampaignNotReady, UnknownCampaign

RECRUITED = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class ComparedTurn:
    """One turn of an item, as a rater reads it."""

    prompt: str
    left: str
    right: str


@dataclass(frozen=True, slots=True)
class Place:
    """One comparison on a rater's page. Nothing in it tells who wrote what.

    Attributes:
        id: of the assignment.
        number: which of the rater's places it is, from 1.
        said: what the rater has said of it so far, or None.
        step: the id of that judgement, or 0.
        opinion: what a judge said of it, once the rater has spoken; None where there is nothing to show.
    """

    id: int
    number: int
    turns: tuple[ComparedTurn, ...]
    said: Said | None
    step: int
    opinion: SideVerdict | None


@dataclass(frozen=True, slots=True)
class Desk:
    """What a rater's link opens.

    Attributes:
        file: the campaign, for its texts and questions.
        may_judge: the campaign is open.
        consented: the rater has agreed to the consent as it reads now.
        done, total: places.
        place: the comparison to show; None before the consent and after the last.
        more: there is another booklet.
    """

    file: CampaignFile
    may_judge: bool
    consented: bool
    done: int
    total: int
    place: Place | None
    more: bool


class Raters:
    """Lets raters in, and shows them what they are to judge."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def desk(self, key: str, number: int | None = None) -> Desk:
        """Return what a link opens: the next comparison, or the one of this number among those that were judged.

        Raises:
            UnknownCampaign: nobody was invited by this link.
        """
        with self._database.reading() as session:
            rater = rater_of(session, key)
            file = campaign_of(rater.campaign.declared)
            consented = rater.consent_version == file.raters.consent_version
            places = queries.places_of(session, rater.id)
            done = sum(status not in UNDONE for _, status in places)
            place = None
            if consented and may_judge(rater.campaign):
                shown = number if number is not None and 1 <= number <= done else done + 1
                if shown <= len(places):
                    place = _place(session, rater, file, places[shown - 1][0], shown)
            more = place is None and consented and may_judge(rater.campaign) and fits_more(session, rater, file)
            return Desk(file, may_judge(rater.campaign), consented, done, len(places), place, more)

    def consent(self, key: str, version: str) -> None:
        """Note that a rater agrees, and give the first booklet.

        Raises:
            UnknownCampaign: nobody was invited by this link.
            CampaignNotReady: the campaign is not open, the consent has changed meanwhile, or nothing is left to judge.
        """
        with self._database.writing() as session:
            rater = _open(session, key)
            file = campaign_of(rater.campaign.declared)
            if version != file.raters.consent_version:
                raise CampaignNotReady("The text has changed meanwhile.", hint="Please read it again.")
            rater.consent_version, rater.joined_at = version, rater.joined_at or now()
            if not queries.booklets_of(session, rater.id) and not take_next(session, rater, file, now()):
                raise CampaignNotReady("All comparisons are taken.", hint="Come back later: some may become free.")

    def more(self, key: str) -> bool:
        """Give a rater who has finished another booklet; return False where there is none.

        Raises:
            UnknownCampaign: nobody was invited by this link.
            CampaignNotReady: the campaign is not open.
        """
        with self._database.writing() as session:
            rater = _open(session, key)
            file = campaign_of(rater.campaign.declared)
            places = queries.places_of(session, rater.id)
            if any(status in UNDONE for _, status in places) or rater.consent_version != file.raters.consent_version:
                return False
            return take_next(session, rater, file, now())

    def joinable(self, join_key: str) -> CampaignFile:
        """Return the campaign that anybody with this address may join.

        Raises:
            UnknownCampaign: there is none.
            CampaignNotReady: it is not open.
        """
        with self._database.reading() as session:
            return campaign_of(_joinable(session, join_key).declared)

    def join(self, join_key: str, *, participant: str = "", study: str = "", session_id: str = "") -> str:
        """Return the key of the link of a new rater, or of the one whom a platform sent before.

        Raises:
            UnknownCampaign: there is no such campaign, or the platform's words cannot be such words.
            CampaignNotReady: it is not open.
        """
        if any(word and not RECRUITED.fullmatch(word) for word in (participant, study, session_id)):
            raise UnknownCampaign("This address is not complete.", hint="Open the link of the study again.")
        with self._database.writing() as session:
            campaign = _joinable(session, join_key, lock=True)
            known = participant and queries.recruited_rater(session, campaign.id, participant, study)
            if known:
                return known.key
            return add_rater(session, campaign, recruited=(participant, study, session_id)).key


def _joinable(session: Session, join_key: str, *, lock: bool = False) -> Campaign:
    campaign = queries.campaign_by_join_key(session, join_key, lock=lock)
    if campaign is None or not campaign_of(campaign.declared).raters.open_to_all:
        raise UnknownCampaign("There is nothing to join here.", hint="Ask whoever gave you the address.")
    if not may_judge(campaign):
        raise CampaignNotReady("This campaign is not open.")
    return campaign


def _open(session: Session, key: str) -> Rater:
    rater = rater_of(session, key, lock=True)
    if not may_judge(rater.campaign):
        raise CampaignNotReady("This campaign is not open.", hint="Come back later, or ask whoever invited you.")
    return rater


def _place(session: Session, rater: Rater, file: CampaignFile, assignment_id: int, number: int) -> Place:
    one = queries.assignment_of_rater(session, assignment_id, rater.id)
    assert one
    last = one.judgements[-1] if one.judgements else None
    return Place(
        id=one.id,
        number=number,
        turns=_turns(session, file, one, rater),
        said=Said.of(last) if last else None,
        step=last.id if last else 0,
        opinion=_opinion(session, rater, one) if last else None,
    )


def _turns(session: Session, file: CampaignFile, place: Assignment, rater: Rater) -> tuple[ComparedTurn, ...]:
    if place.kind is AssignmentKind.ATTENTION:
        item = file.attention[int(place.item.rpartition("/")[2]) - 1]
        left, right = (item.good, item.bad) if place.expected == SideVerdict.LEFT else (item.bad, item.good)
        return (ComparedTurn(item.prompt, left, right),)
    assert place.prompt_id is not None
    prompt = session.get_one(StoredPrompt, place.prompt_id)
    left_texts, right_texts = (
        _shown_texts(session, rater, entrant_id, prompt) for entrant_id in (place.left_id, place.right_id)
    )
    return tuple(map(ComparedTurn, prompt.turns, left_texts, right_texts))


def _shown_texts(session: Session, rater: Rater, entrant_id: int | None, prompt: StoredPrompt) -> list[str]:
    entrant = next(one for one in rater.campaign.entrants if one.id == entrant_id)
    answer = queries.texts_of(session, entrant.id, prompt.id)
    if not answer.names_itself:
        return list(answer.texts)
    contender = session.get(Contender, entrant.contender_id) if entrant.contender_id else None
    return [covered(text, names_of(entrant, contender), prompt.turns) for text in answer.texts]


def _opinion(session: Session, rater: Rater, place: Assignment) -> SideVerdict | None:
    opinion = queries.second_opinion(session, rater.campaign_id, place.item)
    if opinion is None or place.kind is not AssignmentKind.JUDGED:
        return None
    return side_of(opinion, place, {entrant.id: entrant.slug for entrant in rater.campaign.entrants})
