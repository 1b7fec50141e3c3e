"""Who sends a request, and which battle it is about."""

import pytest
from starlette.requests import Request

from arena.errors import ArenaError, UnknownBattle
from arena.web.security import COOKIE, voter_key
from arena.web.texts import say
from arena.web.visitor import handle_of, visit_of, voter_of
from tests.arena.web.odd_handles import ODD_HANDLES

TOKEN = "x" * 22 + ".1." + "y" * 22


def test_a_cookie_of_ours_makes_a_voter_and_its_token_is_not_kept():
    voter = voter_of({COOKIE: TOKEN, "another": "cookie"})
    assert voter == voter_key({COOKIE: TOKEN})
    assert TOKEN not in str(voter)


@pytest.mark.parametrize(
    "cookies", [{}, {"another": TOKEN}, {COOKIE: ""}, {COOKIE: "x" * 43}, {COOKIE: "x" * 42 + "é"}]
)
def test_without_one_a_visitor_is_asked_to_allow_cookies(cookies: dict[str, str]):
    with pytest.raises(ArenaError, match=say("battle.no_cookie")):
        voter_of(cookies)


@pytest.mark.parametrize(("client", "address"), [(("203.0.113.9", 4711), "203.0.113.9"), (None, "")])
def test_a_visit_comes_from_the_client_that_the_server_names(client: tuple[str, int] | None, address: str):
    headers = [(b"x-forwarded-for", b"198.51.100.1"), (b"forwarded", b"for=198.51.100.1")]
    assert visit_of(Request({"type": "http", "client": client, "headers": headers})).address == address


@pytest.mark.parametrize("odd", [odd for odd in ODD_HANDLES if odd != "null"])
def test_what_cannot_be_a_handle_is_no_battle(odd: object):
    with pytest.raises(UnknownBattle):
        handle_of(odd)


def test_a_handle_is_taken_as_it_is():
    assert handle_of("Ab_-9") == "Ab_-9"
