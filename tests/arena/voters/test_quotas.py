"""How often is too often, counted in the database so that all processes agree."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from arena.db.session import Database
from arena.errors import QuotaReached
from arena.settings import Settings
from arena.voters import queries
from arena.voters.quotas import SETTINGS, Counts, LimitedAct, Per, Quotas, Span, Subjects, prompt_hash, quotas_of

NOON = datetime(2026, 11, 1, 12, 10, tzinfo=UTC)
ANNA: Subjects = {Per.VOTER: "anna", Per.NETWORK: "home", Per.PROMPT: "hello"}
BORIS: Subjects = {Per.VOTER: "boris", Per.NETWORK: "home", Per.PROMPT: "hello"}
FEW = Settings(votes_per_voter_per_hour=2, votes_per_voter_per_day=3, votes_per_network_per_hour=4)


def counted(database: Database, quotas: Quotas, who: Subjects, *, at: datetime = NOON) -> Counts:
    with database.writing() as session:
        return quotas.count(session, LimitedAct.VOTE, who, at)


def names(counts: Counts) -> list[str]:
    return [quota.name for quota in counts.exceeded]


def test_each_limit_holds_for_its_own_voter_network_and_time(database: Database):
    quotas = Quotas(FEW)
    assert [names(counted(database, quotas, ANNA)) for _ in range(3)] == [[], [], ["vote-voter-hour"]]
    later = NOON + timedelta(hours=1)
    assert names(counted(database, quotas, ANNA, at=later)) == ["vote-voter-day"]
    assert [names(counted(database, quotas, BORIS)) for _ in range(2)] == [[], ["vote-network-hour"]]
    tomorrow = NOON + timedelta(days=1)
    assert names(counted(database, quotas, ANNA, at=tomorrow)) == []


def test_what_is_rolled_back_was_never_counted(database: Database):
    quotas = Quotas(FEW)
    for _ in range(5):
        with suppress(ZeroDivisionError), database.writing() as session:
            quotas.count(session, LimitedAct.VOTE, ANNA, NOON)
            raise ZeroDivisionError
    assert names(counted(database, quotas, ANNA)) == []


def test_nothing_is_counted_for_nobody(database: Database):
    quotas = Quotas(replace(FEW, votes_per_network_per_hour=1))
    for voter in ("anna", "boris", "clara"):
        assert names(counted(database, quotas, {Per.VOTER: voter, Per.NETWORK: "", Per.PROMPT: "hello"})) == []
    with database.writing() as session:
        assert quotas.count(session, LimitedAct.VOTE, {}, NOON).exceeded == ()


def test_many_at_once_are_all_counted(database: Database):
    quotas = [Quotas(FEW), Quotas(FEW)]
    with ThreadPoolExecutor(8) as threads:
        done = [*threads.map(lambda n: counted(database, quotas[n % 2], ANNA if n % 3 else BORIS), range(24))]
    assert sorted(counts.of(Per.NETWORK, Span.HOUR) for counts in done) == [*range(1, 25)]


def test_a_refused_question_says_until_when_and_the_next_one_asks_no_database(database: Database):
    quotas = Quotas(Settings(questions_per_voter_per_hour=1, questions_per_prompt_per_day=1))
    with database.writing() as session:
        quotas.count(session, LimitedAct.QUESTION, ANNA, NOON)
        exceeded = quotas.count(session, LimitedAct.QUESTION, ANNA, NOON).exceeded
    told = quotas.refuse(exceeded[0], ANNA, NOON)
    assert str(told) == "You have asked as much as is possible in an hour."
    assert told.hint == "Go on at 13:00 UTC."
    prompt = quotas.refuse(exceeded[1], BORIS, NOON)
    assert "This prompt" in str(prompt)
    assert prompt.hint == "Ask something else, or go on at 00:00 UTC."
    with pytest.raises(QuotaReached):
        quotas.refuse_exhausted(LimitedAct.QUESTION, ANNA, NOON + timedelta(minutes=49))
    other = {Per.VOTER: "clara", Per.NETWORK: "home", Per.PROMPT: "how are you"}
    quotas.refuse_exhausted(LimitedAct.QUESTION, other, NOON)
    quotas.refuse_exhausted(LimitedAct.QUESTION, ANNA | {Per.PROMPT: "other"}, NOON + timedelta(hours=1))


def test_how_often_quotas_were_reached_is_stored_and_added_up(database: Database):
    quotas = [Quotas(FEW), Quotas(FEW)]
    for one in quotas:
        for who in (ANNA, BORIS):
            for _ in range(3):
                counted(database, one, who)
    for one in quotas:
        one.store_reached(database, NOON)
        one.store_reached(database, NOON)  # nothing is added twice
    with database.reading() as session:
        reached = {row[0]: (row[1], row[2]) for row in queries.reached_since(session, NOON - timedelta(hours=1))}
        assert queries.reached_since(session, NOON + timedelta(hours=1)) == []
    assert reached["vote-voter-hour"] == (8, 2)
    assert reached["vote-network-hour"] == (8, 1)


def test_every_quota_has_its_settings_and_public_ones_are_no_wider():
    of_class, public = Settings(), Settings(audience="public")
    wide, narrow = (
        [quota for act in LimitedAct for quota in quotas_of(settings, act)] for settings in (of_class, public)
    )
    assert len(wide) == 2 * len(SETTINGS)
    assert [quota.name for quota in wide] == [quota.name for quota in narrow]
    assert all(strict.limit <= quota.limit for quota, strict in zip(wide, narrow, strict=True))
    assert Settings(public=True).for_public
    assert not Settings(public=True, audience="class").for_public
    assert quotas_of(Settings(audience="public", votes_per_voter_per_day=7), LimitedAct.VOTE)[1].limit == 7
    assert max(len(quota.name) for quota in wide) <= 32


@pytest.mark.parametrize("same", ["Why is  the sky blue?", " why IS the sky\nblue? ", "Why is the ｓky blue?"])
def test_prompts_that_differ_only_in_looks_are_one(same: str):
    assert prompt_hash(same) == prompt_hash("Why is the sky blue?") != prompt_hash("Why is the sky red?")
    assert len(prompt_hash(same)) == 32
