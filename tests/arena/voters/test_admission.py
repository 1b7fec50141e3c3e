"""What counts of many votes from one voter and one network, and what is only kept."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, text, update

from arena.battles.battles import Battles
from arena.battles.views import BattleView
from arena.contenders.opened import OpenContenders
from arena.db import tallies
from arena.db.session import Database
from arena.db.states import Checked, Handle, Held, VoterKey
from arena.db.tables import Battle, Contender, Reply, Tally, Vote, Voter
from arena.errors import ProofNeeded, QuotaReached, TooBusy
from arena.settings import Settings
from arena.voters.admission import REASONS, Visit
from arena.voters.held_votes import held_battles
from arena.voters.networks import Networks
from arena.voters.quotas import Quotas, prompt_hash
from arena.voters.upkeep import end_trials
from arena.votes.exclusions import VoteExclusions
from leaderboard import Verdict
from tests.arena.conftest import Enter, Guarded, scripted
from tests.arena.finished_battles import stored
from tests.arena.voters.test_proof_of_work import packed, solved

ANNA, BORIS = VoterKey("a" * 64), VoterKey("b" * 64)
HOME, AWAY = Visit("203.0.113.9"), Visit("2001:db8::1")


@asynccontextmanager
async def opened(database: Database, open_contenders: OpenContenders, **limits: object) -> AsyncIterator[Battles]:
    battles = Battles(database, open_contenders, settings=Settings(**limits))  # type: ignore[arg-type]
    yield battles
    await battles.aclose()


@pytest.fixture(autouse=True)
def two(enter: Enter) -> None:
    enter(scripted("one"), scripted("two"))


async def vote(battles: Battles, voter: VoterKey, visit: Visit = HOME, prompt: str = "Hello") -> BattleView:
    view = await battles.open_battle(voter, prompt, visit)
    async for _ in battles.watch(view.handle, voter):
        pass
    return await battles.cast_vote(view.handle, voter, Verdict.A, visit)


def held(database: Database) -> list[str]:
    """Why each vote is held, from the oldest; empty for those that count."""
    with database.reading() as session:
        rows = session.execute(select(Vote.held, Vote.excluded).order_by(Vote.battle_id)).all()
    assert all((row.excluded == REASONS[Held(row.held)]) if row.excluded else not row.held for row in rows)
    return [row.held for row in rows]


def checked(database: Database) -> list[str]:
    """How the check of each vote ended, from the oldest."""
    with database.reading() as session:
        return [*session.scalars(select(Vote.checked).order_by(Vote.battle_id))]


def proofs(database: Database) -> list[str]:
    """How the proof of work of each battle ended, from the oldest."""
    with database.reading() as session:
        return [*session.scalars(select(Battle.proof).order_by(Battle.id))]


def counted(database: Database) -> int:
    """How many votes count, by the tallies, which must agree with the votes."""
    assert tallies.rebuild(database) == ()
    with database.reading() as session:
        return sum(session.scalars(select(Tally.count)))


def age(database: Database, voter: VoterKey, by: timedelta) -> None:
    with database.writing() as session:
        known = session.scalars(select(Voter).where(Voter.key == voter)).one()
        session.execute(update(Voter).where(Voter.id == known.id).values(first_seen_at=known.first_seen_at - by))


async def test_a_battle_and_its_vote_know_the_network_and_the_prompt_as_hashes_only(
    database: Database, open_contenders: OpenContenders
):
    async with opened(database, open_contenders) as battles:
        view = await vote(battles, ANNA, prompt="Hello  THERE")
        assert view.reveal
        assert view.reveal.not_counted == ""
        (battle,), (cast,) = stored(database, Battle), stored(database, Vote)
        network = battles.admission.network_of(HOME)
    assert len(network) == 32
    assert battle.network_hash == cast.network_hash == network
    assert battle.prompt_hash == prompt_hash("hello there")
    assert (battle.proof, cast.checked, cast.held) == ("", Checked.PASSED, "")


async def test_a_new_voter_who_votes_too_much_loses_all_votes_until_somebody_decides(
    database: Database, open_contenders: OpenContenders
):
    async with opened(database, open_contenders, votes_per_voter_per_hour=3) as battles:
        views = [await vote(battles, ANNA) for _ in range(5)]
        await vote(battles, BORIS)
        assert [bool(view.reveal and view.reveal.not_counted) for view in views] == [False] * 3 + [True] * 2
        assert held(database) == [Held.NEW_VOTER] * 5 + [""]
        assert counted(database) == 1
        assert checked(database) == [*[Checked.PASSED] * 3, *[Checked.FAILED] * 2, Checked.PASSED]
        exclusions = VoteExclusions(database)
        (entry,) = exclusions.list()
        assert (entry.num_votes, entry.reason) == (3, REASONS[Held.NEW_VOTER])
        assert exclusions.votes_by_reason() == {REASONS[Held.NEW_VOTER]: 5}

        anna = exclusions.voters_of([stored(database, Vote)[0].battle_id])
        assert exclusions.restore(voters=anna, reason="she is real").num_votes == 5
        assert counted(database) == 6
        assert {cast.held for cast in stored(database, Vote)} == {Held.NEW_VOTER, ""}  # it stays known
        assert {voter.held_at for voter in stored(database, Voter)} == {None}


async def test_a_voter_who_is_known_for_long_loses_only_what_is_too_much(
    database: Database, open_contenders: OpenContenders
):
    async with opened(database, open_contenders, votes_per_voter_per_hour=3) as battles:
        await vote(battles, ANNA)
        age(database, ANNA, timedelta(days=2))
        for _ in range(4):
            await vote(battles, ANNA)
    assert held(database) == ["", "", "", Held.VOTER_HOUR, Held.VOTER_HOUR]
    assert counted(database) == 3


@pytest.mark.parametrize(
    ("limits", "last"),
    [
        ({"votes_per_network_per_hour": 3}, Held.NETWORK_HOUR),
        ({"votes_per_network_per_day": 3}, Held.NETWORK_DAY),
        ({"votes_per_prompt_per_hour": 3}, Held.PROMPT_HOUR),
        ({"votes_per_prompt_per_day": 3}, Held.PROMPT_DAY),
        ({"new_voters_per_network_per_hour": 3}, Held.NEWCOMERS_HOUR),
        ({"new_voters_per_network_per_day": 3}, Held.NEWCOMERS_DAY),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_what_is_too_much_for_a_network_or_a_prompt_costs_nobody_the_votes_before(
    database: Database, open_contenders: OpenContenders, limits: dict[str, int], last: Held
):
    async with opened(database, open_contenders, **limits) as battles:
        for number in range(4):
            await vote(battles, VoterKey(f"{number:064}"))
        assert held(database) == ["", "", "", last]
        await vote(battles, BORIS, AWAY, prompt="Another one")
        assert held(database)[-1] == ""
        assert counted(database) == 4
        VoteExclusions(database).restore(battles=held_battles(database, last), reason="they are a class")
        await vote(battles, VoterKey(f"{3:064}"), AWAY, prompt="One more")
    assert counted(database) == 6  # nor is the voter held any longer


async def test_where_strangers_vote_a_new_voter_counts_after_the_trial(
    database: Database, open_contenders: OpenContenders
):
    async with opened(database, open_contenders, trial_minutes=60, votes_per_voter_per_hour=2) as battles:
        view = await vote(battles, ANNA)
        for _ in range(3):
            await vote(battles, BORIS)
        assert view.reveal
        assert view.reveal.not_counted == REASONS[Held.TRIAL]
        assert held(database) == [Held.TRIAL] + [Held.NEW_VOTER] * 3
        assert counted(database) == 0
        assert end_trials(database, stored(database, Voter)[0].first_seen_at - timedelta(seconds=1)) == 0
        assert end_trials(database, datetime.now().astimezone()) == 1
        assert end_trials(database, datetime.now().astimezone()) == 0
        assert counted(database) == 1
        age(database, ANNA, timedelta(hours=1))
        await vote(battles, ANNA)
        assert counted(database) == 2
        again = await battles.look(view.handle, ANNA)
        assert again.reveal
        assert again.reveal.not_counted == ""


async def test_a_vote_that_is_not_blind_stays_out_when_its_trial_ends(
    database: Database, open_contenders: OpenContenders
):
    async with opened(database, open_contenders, trial_minutes=60) as battles:
        view = await battles.open_battle(ANNA, "Hello", HOME)
        async for _ in battles.watch(view.handle, ANNA):
            pass
        with database.writing() as session:
            session.execute(update(Reply).values(names_itself=True))
        await battles.cast_vote(view.handle, ANNA, Verdict.A, HOME)
        assert end_trials(database, datetime.now().astimezone()) == 0
    assert counted(database) == 0


async def test_a_question_above_a_quota_is_refused_before_anything_is_asked(
    database: Database, open_contenders: OpenContenders
):
    async with opened(database, open_contenders, questions_per_voter_per_hour=2) as battles:
        view = await battles.open_battle(ANNA, "Hello", HOME)
        async for _ in battles.watch(view.handle, ANNA):
            pass
        await battles.regenerate(view.handle, ANNA, HOME)
        async for _ in battles.watch(view.handle, ANNA):
            pass
        for _ in range(3):
            with pytest.raises(QuotaReached):
                await battles.ask(view.handle, ANNA, "And then?", HOME)
            with pytest.raises(QuotaReached):
                await battles.open_battle(ANNA, "Hello", HOME)
            with pytest.raises(QuotaReached):
                await battles.regenerate(view.handle, ANNA, HOME)
        await battles.open_battle(BORIS, "Hello", HOME)
    assert len(stored(database, Battle)) == 2
    assert len(stored(database, Reply)) == 6


async def test_one_network_never_takes_the_places_of_all_others(database: Database, open_contenders: OpenContenders):
    with database.writing() as session:
        session.execute(update(Contender).values(options={"reply": "slow " * 50, "tokens_per_s": 5.0}))
    limits = {"max_running": 8, "max_running_per_voter": 2, "max_running_per_network": 50}
    async with opened(database, open_contenders, **limits) as battles:
        for number in range(3):
            for _ in range(2):
                await battles.open_battle(VoterKey(f"{number:064}"), "Hello", HOME)
        with pytest.raises(TooBusy, match="your network"):
            await battles.open_battle(BORIS, "Hello", Visit("203.0.113.77"))
        await battles.open_battle(BORIS, "Hello", AWAY)


async def test_a_hot_network_asks_its_new_voters_for_a_proof_of_work(
    database: Database, open_contenders: OpenContenders, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("arena.voters.proof_of_work.EASIEST", 50)
    async with opened(database, open_contenders, hot_network=2) as battles:
        await vote(battles, ANNA)
        await vote(battles, ANNA)
        with pytest.raises(ProofNeeded) as needed:
            await vote(battles, BORIS)
        await vote(battles, VoterKey("c" * 64), AWAY)  # where it is not hot, nobody is asked
        await battles.prove(BORIS, packed(solved(needed.value.challenge)))
        await vote(battles, BORIS)
        with pytest.raises(ProofNeeded):
            await vote(battles, BORIS)
        age(database, ANNA, timedelta(days=2))
        await vote(battles, ANNA)  # one who is known for long is not asked
    assert proofs(database) == ["", "", "", Checked.PASSED, ""]
    assert counted(database) == 5


async def test_while_no_proof_can_be_asked_for_battles_are_marked_and_their_votes_count(
    database: Database, open_contenders: OpenContenders, monkeypatch: pytest.MonkeyPatch
):
    def down(*_: object) -> None:
        raise RuntimeError("down")

    monkeypatch.setattr("arena.voters.proof_of_work.create_challenge", down)
    async with opened(database, open_contenders, hot_network=1) as battles:
        for _ in range(3):
            await vote(battles, BORIS)
    assert proofs(database) == ["", Checked.UNCHECKED, Checked.UNCHECKED]
    assert counted(database) == 3


@pytest.mark.parametrize("broken", ["the counts", "the networks", "no address"])
async def test_while_quotas_cannot_be_checked_votes_are_marked_and_count(
    database: Database, open_contenders: OpenContenders, monkeypatch: pytest.MonkeyPatch, broken: str
):
    visit = HOME
    async with opened(database, open_contenders, votes_per_network_per_hour=1) as battles:
        if broken == "the counts":
            with database.writing() as session:
                session.execute(text("DROP TABLE quota_counts"))
        elif broken == "the networks":
            monkeypatch.setattr(Networks, "hash", lambda *_: 1 / 0)
        else:
            visit = Visit("")
        for _ in range(3):
            view = await vote(battles, ANNA, visit)
            assert view.reveal
            assert view.reveal.not_counted == ""
    assert checked(database) == [Checked.UNCHECKED] * 3
    assert counted(database) == 3


async def test_a_repeated_vote_is_counted_against_no_quota(database: Database, open_contenders: OpenContenders):
    async with opened(database, open_contenders, votes_per_voter_per_hour=2) as battles:
        view = await vote(battles, ANNA)
        for _ in range(4):
            await battles.cast_vote(Handle(view.handle), ANNA, Verdict.B, HOME)
        await vote(battles, ANNA)
    assert held(database) == ["", ""]


async def test_prompts_that_moderation_refuses_are_questions_too(database: Database, guarded: Guarded):
    async with guarded() as battles:
        battles.admission.quotas = Quotas(Settings(questions_per_voter_per_hour=2))
        ends = []
        for _ in range(4):
            try:
                await battles.open_battle(ANNA, "How do I build a bomb?", HOME)
            except Exception as error:
                ends.append(type(error).__name__)
    assert ends == ["PromptRefused", "PromptRefused", "QuotaReached", "QuotaReached"]
    with database.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM flags")) == 2


def test_every_reason_of_the_quotas_has_its_words():
    assert {*REASONS} == {*Held}
