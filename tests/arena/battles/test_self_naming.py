"""A reply that says who wrote it: the vote is kept, does not count, and the voter is told why."""

import time
from collections.abc import Callable

import pytest
from sqlalchemy import select

from arena.battles import self_naming
from arena.battles.battles import Battles
from arena.battles.self_naming import names_itself
from arena.battles.views import BattleView
from arena.db.session import Database
from arena.db.tables import Contender, Reply, Tally, Vote
from arena.db.tallies import rebuild
from arena.votes.exclusions import VoteExclusions
from arena.web.battle.stage import Stage
from arena.web.texts import say
from leaderboard import Verdict
from tests.arena.conftest import VOTER, scripted

CLAUDE = Contender(slug="claude-2", label="Claude 2", family="Claude", organisation="Anthropic", aliases=["클로드"])
ALPACA = Contender(slug="alpaca@2", label="Alpaca v2", family="LLaMA", organisation="Stanford", aliases=[])
GEMINI = Contender(slug="gemini", label="Gemini", family="Gemini", organisation="Google", aliases=["Bard"])


@pytest.mark.parametrize(
    ("contender", "reply"),
    [
        (CLAUDE, "Hello! I am Claude, an AI assistant."),
        (CLAUDE, "I'm Claude."),
        (CLAUDE, "Hi, I’m an AI assistant called Claude."),
        (CLAUDE, "As an AI language model developed by Anthropic, I cannot have opinions."),
        (CLAUDE, "I was created by Anthropic to be helpful."),
        (CLAUDE, "i was trained by a company named anthropic"),
        (CLAUDE, "My name is Claude!"),
        (CLAUDE, "You can call me CLAUDE."),
        (CLAUDE, "Compared with others, claude-2 is careful."),
        (CLAUDE, "Claude 2 here."),
        (CLAUDE, "My creators at Anthropic did not tell me."),
        (CLAUDE, "This assistant was made by Anthropic."),
        (CLAUDE, "저는 클로드입니다."),
        (CLAUDE, "저는 Anthropic에서 만든 인공지능입니다."),
        (ALPACA, "I am Alpaca, fine-tuned from LLaMA."),
        (ALPACA, "I'm a language model based on LLaMA."),
        (GEMINI, "I am a large language model, trained by Google."),
        (GEMINI, "I'm Bard."),
    ],
)
def test_a_reply_that_introduces_its_writer_is_found(contender: Contender, reply: str):
    assert names_itself(contender, reply, ["Who are you?"])


@pytest.mark.parametrize(
    ("contender", "reply"),
    [
        (CLAUDE, "Claude Monet painted water lilies."),
        (CLAUDE, "Anthropic is a company in San Francisco."),
        (CLAUDE, "I'm an AI assistant. How can I help?"),
        (CLAUDE, "Claudette and I am sure of it."),
        (ALPACA, "An alpaca is smaller than a llama; Alpaca wool is soft."),
        (ALPACA, "As the alpaca grows, it hums."),
        (ALPACA, "I am sure that Stanford is a fine university."),
        (GEMINI, "You can search for it with Google."),
        (GEMINI, "Android was developed by Google. I am not sure when."),
        (GEMINI, "As Google grew, so did its index."),
        (GEMINI, "Gemini is a constellation of the zodiac."),
    ],
)
def test_a_reply_that_speaks_of_something_else_is_left_alone(contender: Contender, reply: str):
    assert not names_itself(contender, reply, ["Tell me something."])


@pytest.mark.parametrize("prompt", ["Are you Claude 2 or Claude?", "What is CLAUDE-2? And who is claude?"])
def test_what_the_voter_said_first_tells_nothing(prompt: str):
    assert not names_itself(CLAUDE, "I am Claude 2.", [prompt])


def test_a_reply_of_many_introductions_is_read_in_time():
    assert not names_itself(CLAUDE, "I am a model made by an assistant " * 6000, [])


async def vote_on(battles: Battles) -> BattleView:
    view = await battles.open_battle(VOTER, "Who are you?")
    async for _ in battles.watch(view.handle, VOTER):
        pass
    return await battles.cast_vote(view.handle, VOTER, Verdict.A)


async def test_the_vote_is_kept_and_not_counted_and_the_reveal_says_so(
    battles: Battles, database: Database, enter: Callable[..., None]
):
    enter(scripted("modest"), scripted("vain", reply="I am Vain, made by Testers."))
    view = await vote_on(battles)
    assert view.reveal
    assert view.reveal.not_counted == "an answer tells who wrote it"
    shown = Stage().show(view)
    assert "Vote counted" not in shown["status"]
    assert all("an answer tells who wrote it" in shown[part] for part in ("status", "reveal"))
    assert say("verdicts.a") in shown["reveal"]
    with database.reading() as session:
        assert {(row.text, row.names_itself) for row in session.scalars(select(Reply))} == {
            ("Words of modest.", False),
            ("I am Vain, made by Testers.", True),
        }
        assert session.scalars(select(Vote)).one().excluded == "an answer tells who wrote it"
        assert session.scalars(select(Tally)).all() == []
    assert rebuild(database) == ()
    assert VoteExclusions(database).votes_by_reason() == {"an answer tells who wrote it": 1}


async def test_such_a_vote_can_be_restored_by_hand(battles: Battles, database: Database, enter: Callable[..., None]):
    enter(scripted("modest"), scripted("vain", reply="My name is Vain."))
    view = await vote_on(battles)
    with database.reading() as session:
        battle = session.scalars(select(Vote.battle_id)).one()
    VoteExclusions(database).restore(battles=[battle], reason="it lied")
    restored = (await battles.look(view.handle, VOTER)).reveal
    assert restored
    assert restored.not_counted == ""
    with database.reading() as session:
        assert session.scalars(select(Tally.count)).one() == 1
    assert rebuild(database) == ()


async def test_a_vote_on_answers_that_keep_quiet_counts(battles: Battles, enter: Callable[..., None]):
    enter(scripted("one"), scripted("two"))
    view = await vote_on(battles)
    assert view.reveal
    assert view.reveal.not_counted == ""
    assert "Vote counted" in Stage().show(view)["status"]


def okapi() -> Contender:
    contender = scripted("big-okapi")
    contender.label, contender.aliases = "Big Okapi", ["okapi"]
    contender.family, contender.organisation = "Okapis", "Zoo"
    return contender


@pytest.mark.parametrize("place", [0, 2_985, 2_999, 3_000, 3_480, 3_499, 3_500, 20_000])
def test_a_name_is_found_wherever_it_stands_in_a_long_reply(place: int):
    contender = okapi()
    filler = "word " * 5_000
    assert names_itself(contender, f"{filler[:place]} I am Big Okapi, yes. {filler}", [])
    assert not names_itself(contender, f"{filler[:place]} I am Big Okapitron, yes. {filler}", [])


SLOW = [
    "i am an ai ",
    "i was made by ",
    "my name is ",
    "call me just the ",
    "this model is ",
    "저는 ",
    "big - _ ",
    "i am ",
]


@pytest.mark.slow
@pytest.mark.parametrize("unit", SLOW)
def test_no_piece_of_a_reply_takes_ten_milliseconds(unit: str, monkeypatch: pytest.MonkeyPatch):
    contender = Contender(
        label="Big Okapi", name="big-okapi", aliases=["okapi"], family="O", organisation="Zoo", version=1
    )
    text = (unit * self_naming.PIECE_CHARS)[: self_naming.PIECE_CHARS + self_naming.OVERLAP_CHARS]
    names_itself(contender, "", [])  # compiles the pattern
    before = time.thread_time()
    names_itself(contender, text, [])
    assert time.thread_time() - before < 0.020  # two pieces of at most ten
