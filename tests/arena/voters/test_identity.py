"""Cookies that only this arena can make."""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from arena.db.session import Database
from arena.db.states import Checked
from arena.db.voter_tables import KeyUse
from arena.errors import DatabaseUnavailable
from arena.voters import identity
from arena.voters.identity import LIFETIME, ROTATE_AFTER, Identities, Identity, signed, voter_key_of
from arena.voters.keys import Keys

TODAY = datetime(2026, 11, 1, 12, tzinfo=UTC)
PASSED, FAILED = Identity(Checked.PASSED), Identity(Checked.FAILED)


@pytest.fixture
def identities(database: Database, monkeypatch: pytest.MonkeyPatch) -> Identities:
    monkeypatch.setattr(identity, "LOOK_AGAIN_S", 0.0)
    return Identities(Keys(database))


async def test_a_cookie_of_ours_is_believed_by_every_process(identities: Identities, database: Database):
    token = await identities.new()
    assert await identities.read(token) == PASSED
    assert await Identities(Keys(database)).read(token) == PASSED
    assert await identities.new() != token


FORGERIES: list[Callable[[str], str]] = [
    lambda _: "A" * 43,
    lambda _: "",
    lambda token: token[:-1],
    lambda token: token + "A",
    lambda token: ("B" if token[0] == "A" else "A") + token[1:],
    lambda token: token[:-2] + ("AA" if token[-2:] != "AA" else "BB"),
    lambda token: token.replace(".", ".0", 1),
    lambda token: token.replace(".1.", ".2."),
    lambda token: token.rpartition(".")[0] + "." + secrets.token_urlsafe(16),
    lambda token: f"{'A' * 22}.1.{token.rpartition('.')[2]}",
    lambda token: token + "\n",
    lambda token: token.replace(".1.", ".999999999."),
]


async def test_a_cookie_of_ones_own_choosing_is_refused(identities: Identities):
    token = await identities.new()
    assert [await identities.read(forge(token)) for forge in FORGERIES] == [FAILED] * len(FORGERIES)
    assert await identities.read(token) == PASSED


async def test_a_key_of_another_use_signs_no_cookie(identities: Identities, database: Database):
    key = Keys(database).newest(KeyUse.NETWORK)
    assert await identities.read(signed("A" * 22, key)) == FAILED


async def test_an_old_key_is_still_believed_and_its_cookies_are_signed_anew(identities: Identities):
    identities.rotate(TODAY)
    token = await identities.new()
    identities.rotate_if_due(TODAY + ROTATE_AFTER - timedelta(days=1))
    assert await identities.read(token) == PASSED
    identities.rotate_if_due(TODAY + ROTATE_AFTER)
    read = await identities.read(token)
    assert read.checked is Checked.PASSED
    assert read.fresh != token
    assert voter_key_of(read.fresh) == voter_key_of(token)
    assert await identities.read(read.fresh) == PASSED


async def test_a_key_that_no_living_cookie_needs_is_destroyed(identities: Identities):
    identities.rotate(TODAY)
    token = await identities.new()
    identities.rotate(TODAY + LIFETIME)
    assert (await identities.read(token)).checked is Checked.PASSED
    identities.rotate(TODAY + LIFETIME + ROTATE_AFTER + timedelta(days=1))
    assert await identities.read(token) == FAILED


@pytest.mark.parametrize("days_later", [0, 1])
async def test_older_cookies_can_all_be_refused_at_once(identities: Identities, days_later: int):
    identities.rotate(TODAY)
    token = await identities.new()
    identities.rotate(TODAY + timedelta(days=days_later), refuse_older=True)
    assert await identities.read(token) == FAILED
    assert await identities.read(await identities.new()) == PASSED


async def test_a_cookie_that_cannot_be_checked_is_not_a_false_one(
    identities: Identities, monkeypatch: pytest.MonkeyPatch
):
    token = await identities.new()

    def away(_keys: Keys) -> None:
        raise DatabaseUnavailable("away")

    monkeypatch.setattr(Keys, "refresh", away)
    monkeypatch.setattr(Keys, "find", lambda *_: None)
    assert await identities.read(token) == Identity(Checked.UNCHECKED)


async def test_made_up_numbers_of_keys_cost_no_query_each(identities: Identities, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(identity, "LOOK_AGAIN_S", 60.0)
    looks = 0

    def look(_keys: Keys) -> None:
        nonlocal looks
        looks += 1

    monkeypatch.setattr(Keys, "refresh", look)
    for number in range(100, 200):
        assert await identities.read(f"{'A' * 22}.{number}.{'A' * 22}") == FAILED
    assert looks <= 1


def test_the_voter_is_a_hash_that_does_not_depend_on_the_key(database: Database):
    keys = Keys(database)
    one, two = keys.of_day(KeyUse.COOKIE, TODAY.date()), keys.of_day(KeyUse.COOKIE, TODAY.date() + timedelta(days=1))
    voter = voter_key_of(signed("A" * 22, one))
    assert voter == voter_key_of(signed("A" * 22, two)) != voter_key_of(signed("B" * 22, one))
    assert voter
    assert len(voter) == 64
    assert voter_key_of("A" * 43) is None
