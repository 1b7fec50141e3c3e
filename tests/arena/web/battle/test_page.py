"""The battle page over HTTP: what each event does, and what it does with odd input."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from arena.web.texts import say
from tests.arena.web.odd_handles import ODD_HANDLES
from tests.arena.web.served_arena import SECRETS, ServedArena, Visitor


def test_a_battle_from_the_prompt_to_the_names(visitor: Visitor):
    stage = visitor.ask("Is *this* right?")
    assert (stage["phase"], stage["status"]) == ("open", say("status.complete"))
    assert stage["a"]["done"] == stage["b"]["done"] == "<p>Is <em>this</em> right?</p>"
    visitor.ask("And that?")
    page = visitor.vote("both_bad")
    assert page["stage"]["phase"] == "voted"
    assert {page["stage"][side]["name"] for side in "ab"} == {"Name of one", "Name of two"}
    assert "Both bad" in page["stage"]["reveal"]


def test_nothing_names_a_contender_before_the_vote(visitor: Visitor):
    for prompt in ("hello", "and again", "fail now"):
        visitor.ask(prompt)
    visitor.handle = ""
    visitor.ask("break it now please")
    for path in ("/", f"/?battle={visitor.handle}"):
        visitor.received.append(visitor.http.get(path).text)
    visitor.event("restore", visitor.handle)
    visitor.event("stop_writing", visitor.handle)
    visitor.vote("a")
    seen = "\n".join(visitor.received).lower()
    assert [secret for secret in SECRETS if secret in seen] == []


def test_a_reload_brings_the_same_battle_back(visitor: Visitor):
    visitor.ask("hello")
    page = visitor.event("restore", visitor.handle)
    assert page["handle"] == visitor.handle
    assert page["stage"]["a"]["done"] == "<p>hello</p>"


def test_the_bare_address_offers_the_open_battle(visitor: Visitor):
    assert visitor.event("restore", "")["notice"] == ""
    visitor.ask("hello")
    assert f'href="/?battle={visitor.handle}"' in visitor.event("restore", "")["notice"]


def test_another_voter_sees_nothing_of_a_battle(visitor: Visitor, visit: Callable[..., Visitor]):
    visitor.ask("my secret thoughts")
    stranger = visit()
    for name in ("restore", "answer_again", "stop_writing", "vote_a"):
        assert "notice" in stranger.event(name, visitor.handle)
    assert "my secret thoughts" not in "\n".join(stranger.received)


@pytest.mark.parametrize("solution", ["", "nonsense", "eyJudW1iZXIiOiAxfQ=="])
def test_what_solves_no_challenge_is_refused_with_a_sentence(visitor: Visitor, solution: str):
    assert "not accepted" in visitor.event("prove", solution)["notice"]


def test_a_second_vote_gets_the_first_answer(visitor: Visitor):
    visitor.ask("hello")
    visitor.vote("tie")
    again = visitor.vote("a")
    assert again["notice"] == say("battle.first_vote_counts", verdict="Tie")
    assert "You said: Tie" in again["stage"]["reveal"]


def test_a_side_that_fails_closes_the_vote_and_offers_the_prompt_again(visitor: Visitor):
    stage = visitor.ask("fail at once")
    notes = {stage[side]["note"] for side in "ab"}
    assert notes == {"", say("stage.silent")}
    assert "vote" not in stage["can"].split()
    assert "does not count" in stage["status"]
    fresh = visitor.event("start_over", "", visitor.handle)
    assert (fresh["prompt"], fresh["handle"]) == ("fail at once", "")


def test_a_side_that_breaks_off_keeps_its_text(visitor: Visitor):
    stage = visitor.ask("break off after two words")
    broken = next(stage[side] for side in "ab" if stage[side]["state"] == "failed")
    assert broken["note"] == say("stage.broke_off")
    assert broken["done"] == "<p>break off</p>"


def test_a_new_battle_leaves_the_unsent_prompt_alone(visitor: Visitor):
    visitor.ask("fail at once")
    fresh = visitor.event("start_over", "half a thou", visitor.handle)
    assert "prompt" not in fresh
    assert fresh["stage"]["phase"] == "start"


def test_stop_ends_the_replies_and_answer_again_begins_anew(visitor: Visitor):
    visitor.handle = visitor.event("ask", "hang on forever", "")["handle"]
    assert visitor.event("restore", visitor.handle)["stage"]["phase"] == "running"
    stopped = visitor.event("stop_writing", visitor.handle)
    assert stopped["stage"]["a"]["note"] == say("stage.stopped")
    assert "regenerate" in stopped["stage"]["can"]
    assert visitor.event("answer_again", visitor.handle)["stage"]["can"] == "stop new"
    visitor.event("stop_writing", visitor.handle)


def test_a_vote_that_cannot_be_saved_keeps_the_names_hidden(visitor: Visitor, arena: ServedArena):
    visitor.ask("hello")
    with arena.database.writing() as session:
        session.execute(text("ALTER TABLE votes RENAME TO votes_away"))
    try:
        page = visitor.vote("a")
    finally:
        with arena.database.writing() as session:
            session.execute(text("ALTER TABLE votes_away RENAME TO votes"))
    assert page == {"notice": say("battle.not_saved")}
    assert not any(secret in "\n".join(visitor.received).lower() for secret in SECRETS)
    assert visitor.vote("a")["stage"]["phase"] == "voted"


@pytest.mark.parametrize("name", ["restore", "answer_again", "stop_writing", "vote_b"])
def test_a_handle_that_is_none_gets_a_sentence(visitor: Visitor, name: str):
    for handle in [handle for handle in ODD_HANDLES if handle is None or isinstance(handle, str)]:
        shown = visitor.event(name, handle)
        assert set(shown) <= {"notice", "handle", "stage", "suggestions"}
        assert "(Error" not in str(shown)


def test_a_prompt_that_is_none_gets_a_sentence_or_an_answer(visitor: Visitor):
    for prompt in [None, "", "   ", "\ud800", "\x00\x01"]:
        shown = visitor.event("ask", prompt, "")
        assert shown.get("handle") or shown["notice"]
        assert "(Error" not in shown["notice"]


@pytest.mark.parametrize("body", [{"fn_index": 9999, "data": []}, {"fn_index": None, "data": []}, {"data": 5}, {}])
def test_an_event_that_does_not_exist_tells_nothing(visitor: Visitor, body: dict[str, Any]):
    answer = visitor.call(body)
    assert answer.status_code >= 400
    assert "Traceback" not in answer.text
    assert "site-packages" not in answer.text


def test_no_event_can_get_lost_in_a_queue(visitor: Visitor):
    handled = [event for event in visitor.config["dependencies"] if event["backend_fn"]]
    assert len(handled) == 14
    assert {event["queue"] for event in handled} == {False}


def test_a_prompt_longer_than_the_page_takes_gets_a_sentence(visitor: Visitor):
    answer = visitor.call({"fn_index": 0, "data": ["x" * 5001, ""]})
    assert (answer.status_code, answer.json()) == (
        400,
        {"error": "A text has 5,001 characters; 5,000 are allowed here."},
    )


def test_without_our_cookie_nothing_happens(visitor: Visitor):
    visitor.http.cookies.clear()
    assert visitor.event("ask", "hello", "")["notice"] == say("battle.no_cookie")
