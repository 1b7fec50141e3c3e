"""A battle's rows: who writes which reply, what each side is asked, and what its voter sees."""

import pytest
from sqlalchemy import select

from arena.battles.battles import Battles
from arena.battles.race import LiveReply
from arena.battles.record import Asked, conversation, effort_of, view_of, with_live_text
from arena.battles.views import BattleView
from arena.db.session import Database
from arena.db.states import BattleStatus, ReplyStatus, Side
from arena.db.tables import Battle, Contender, Reply, Turn
from arena.moderation.moderation import Flagged, ModerationOutcome
from generation.conversation import Message
from tests.arena.conftest import VOTER, Enter, scripted
from tests.arena.finished_battles import finished, finished_battle


def reply(side: Side, text: str, *, attempt: int = 1, **columns: object) -> Reply:
    """A finished reply, unless the test says otherwise."""
    return Reply(side=side, attempt=attempt, text=text, **{"status": ReplyStatus.FINISHED, "moderation": ""} | columns)


def battle(*turns: tuple[str, list[Reply]], status: BattleStatus = BattleStatus.OPEN) -> Battle:
    """A battle of two contenders that is in no database."""
    made = Battle(handle="h", status=status, contender_a=scripted("one"), contender_b=scripted("two"))
    for position, (prompt, replies) in enumerate(turns, start=1):
        attempt = max(reply.attempt for reply in replies)
        turn = Turn(position=position, prompt=prompt, attempt=attempt, moderation=ModerationOutcome.OFF)
        turn.replies = replies
        made.turns.append(turn)
    return made


def seen(battle: Battle, *, running: bool = False) -> BattleView:
    return view_of(battle, running=running, max_turns=2, max_attempts=2)


async def test_every_reply_is_stored_for_the_contender_who_wrote_it(battles: Battles, database: Database, enter: Enter):
    enter(scripted("one"), scripted("two"))
    view = await finished_battle(battles)
    await finished(battles, await battles.ask(view.handle, VOTER, "And?"))
    await finished(battles, await battles.regenerate(view.handle, VOTER))
    with database.reading() as session:
        written = select(Contender.slug, Reply.text).join(Reply, Reply.contender_id == Contender.id)
        replies = [tuple(row) for row in session.execute(written)]
    assert sorted(replies) == [("one", "Words of one.")] * 3 + [("two", "Words of two.")] * 3


async def test_each_turn_carries_the_conversation_of_its_own_side(battles: Battles, database: Database, enter: Enter):
    enter(*(scripted(name, reply=name + " heard {{ prompt }} after ({{ previous }})") for name in ("one", "two")))
    view = await finished_battle(battles, "first")
    view = await finished(battles, await battles.ask(view.handle, VOTER, "second"))
    assert [turn.prompt for turn in view.turns] == ["first", "second"]
    assert {view.turns[1].a.text, view.turns[1].b.text} == {
        "one heard second after (one heard first after ())",
        "two heard second after (two heard first after ())",
    }
    assert view.votable


def test_a_side_is_asked_with_its_own_words_and_those_that_count():
    asked = battle(
        ("First?", [reply("a", "a1"), reply("b", "b1"), reply("a", "a2", attempt=2), reply("b", "b2", attempt=2)]),
        ("Second?", [reply("a", ""), reply("b", "")]),
    )
    assert conversation(asked, "b") == [
        Message("user", "First?"),
        Message("assistant", "b2"),
        Message("user", "Second?"),
    ]


def test_the_system_prompt_comes_first_and_is_no_word_of_the_voter():
    asked = battle(("Hello?", [reply("a", ""), reply("b", "")]))
    asked.contender_b.system_prompt = "Be brief."
    assert Asked.of(asked, "b").messages == (Message("system", "Be brief."), Message("user", "Hello?"))
    assert Asked.of(asked, "b").prompts == ["Hello?"]
    assert Asked.of(asked, "a").messages == (Message("user", "Hello?"),)


@pytest.mark.parametrize(
    ("status", "running", "other_side", "votable", "askable", "regenerable"),
    [
        (BattleStatus.OPEN, False, ReplyStatus.FINISHED, True, True, True),
        (BattleStatus.OPEN, False, ReplyStatus.STOPPED, False, False, True),
        (BattleStatus.OPEN, True, ReplyStatus.STREAMING, False, False, False),
        (BattleStatus.VOID, False, ReplyStatus.FAILED, False, False, False),
        (BattleStatus.VOTED, False, ReplyStatus.FINISHED, False, False, False),
    ],
)
def test_what_a_voter_may_do_depends_on_the_battle_and_on_whole_replies(
    status: BattleStatus, running: bool, other_side: ReplyStatus, votable: bool, askable: bool, regenerable: bool
):
    made = battle(("Hello?", [reply("a", "Hi."), reply("b", "H", status=other_side)]), status=status)
    view = seen(made, running=running)
    assert (view.votable, view.askable, view.regenerable) == (votable, askable, regenerable)


def test_turns_and_attempts_come_to_an_end():
    both = [reply(side, "Hi.", attempt=attempt) for attempt in (1, 2) for side in ("a", "b")]
    view = seen(battle(("One", [reply("a", "Hi."), reply("b", "Hi.")]), ("Two", both)))
    assert (view.votable, view.askable, view.regenerable) == (True, False, False)


def test_a_flagged_reply_shows_no_text_and_a_cut_one_says_so():
    flagged = reply("a", "bad words", status=ReplyStatus.FAILED, failure=Flagged.kind)
    (turn,) = seen(battle(("Hello?", [flagged, reply("b", "Much", finish_reason="length")]))).turns
    assert (turn.a.text, turn.a.withheld) == ("", True)
    assert (turn.b.text, turn.b.withheld, turn.b.cut_off) == ("Much", False, True)


@pytest.mark.parametrize("cut", ["a", "b"])
def test_that_an_answer_was_cut_off_does_not_tell_which_before_the_vote(cut: Side):
    replies = [reply(side, "Hi.", finish_reason="length" if side == cut else "stop") for side in ("a", "b")]
    (turn,) = seen(battle(("Hello?", replies))).turns
    assert (turn.a.cut_off, turn.b.cut_off) == (True, True)
    other = next(one for one in replies if one.side != cut)
    other.status = ReplyStatus.STREAMING
    stored = seen(battle(("Hello?", replies)), running=True)
    assert (stored.turns[0].a.cut_off, stored.turns[0].b.cut_off) == (False, False)
    live = {side: LiveReply(text="Hi.", finish_reason="length" if side == cut else "") for side in ("a", "b")}
    live[cut].status = ReplyStatus.FINISHED
    view = with_live_text(stored, live)
    assert (view.turns[0].a.cut_off, view.turns[0].b.cut_off) == (False, False)


@pytest.mark.parametrize("side", ["a", "b"])
def test_a_reply_that_could_not_be_checked_is_told_without_its_side(side: Side):
    replies = [reply(this, "Hi.", moderation="unchecked" if this == side else "passed") for this in ("a", "b")]
    assert seen(battle(("Hello?", replies))).unchecked
    assert not seen(battle(("Hello?", [reply("a", "Hi."), reply("b", "Hi.")]))).unchecked


@pytest.mark.parametrize("waiting", ["a", "b"])
def test_text_in_memory_is_shown_with_the_longest_wait_and_not_whose_it_is(waiting: Side):
    stored = seen(battle(("Hello?", [reply("a", ""), reply("b", "")])), running=True)
    live = {side: LiveReply(text=f"so far {side}", position=3 if side == waiting else 0) for side in ("a", "b")}
    view = with_live_text(stored, live)
    assert (view.turns[-1].a.text, view.turns[-1].b.text) == ("so far a", "so far b")
    assert (view.status, view.queue_position) == (BattleStatus.OPEN, 3)
    live["b"].status = ReplyStatus.FAILED
    assert with_live_text(stored, live).status is BattleStatus.VOID


def test_an_effort_is_of_the_replies_that_count_and_unknown_where_one_is():
    first = reply("a", "tried", usd=5.0, usd_basis="a price", wh_low=1.0, wh_high=2.0, duration_s=9.0)
    counts = {"usd": 0.5, "usd_basis": "a price", "wh_low": 0.1, "wh_high": 0.2, "duration_s": 2.0}
    second = reply("a", "said", attempt=2, completion_tokens=7, **counts)
    later = reply("a", "more", completion_tokens=3, **counts)
    b = [reply("b", "Hi."), reply("b", "Hi.", attempt=2)]
    made = battle(("One", [first, second, *b]), ("Two", [later, reply("b", "Hi.")]))
    made.contender_a.energy = {"active_params_b": 7}
    effort = effort_of(made, "a")
    assert (effort.tokens, effort.counted, effort.seconds, effort.usd) == (10, True, 4.0, 1.0)
    assert effort.wh == pytest.approx((0.2, 0.4))
    later.usd = later.wh_low = later.completion_tokens = None
    effort = effort_of(made, "a")
    assert (effort.counted, effort.usd, effort.wh, effort.wh_basis) == (False, None, None, "")
