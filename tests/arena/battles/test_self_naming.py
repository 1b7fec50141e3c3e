"""A reply that says who wrote it: the vote is kept, does not count, and the voter is told why."""

from collections import Counter
from collections.abc import Callable

import pytest
from sqlalchemy import select

from arena.battles.battles import Battles
from arena.battles.names import Names
from arena.battles.self_naming import SelfNaming, names_itself
from arena.battles.views import BattleView
from arena.db.session import Database
from arena.db.tables import Contender, Reply, Tally, Vote
from arena.db.tallies import rebuild
from arena.votes.exclusions import VoteExclusions
from arena.web.battle.stage import Stage
from arena.web.texts import say
from leaderboard import Verdict
from tests.arena.battles.labelled_answers import SEEN, LabelledAnswer, half, labelled
from tests.arena.conftest import VOTER, scripted

CLAUDE = Contender(slug="claude-2", label="Claude 2", family="Claude", organisation="Anthropic", aliases=["클로드"])
ALPACA = Contender(slug="alpaca@2", label="Alpaca v2", family="LLaMA", organisation="Stanford", aliases=[])
MODEST = Contender(slug="modest", label="Modest", family="", organisation="", aliases=[])
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


def counts(answers: list[LabelledAnswer]) -> tuple[float, float]:
    """Return recall, and the share of innocent answers that are marked."""
    found = {
        tells: [names_itself(one.contender, one.text, [one.prompt]) for one in answers if one.tells == tells]
        for tells in (True, False)
    }
    return sum(found[True]) / len(found[True]), sum(found[False]) / len(found[False])


def test_there_are_enough_labelled_answers_of_both_kinds():
    marks = Counter(one.tells for one in labelled())
    assert min(marks.values()) >= 200


@pytest.mark.parametrize("held_back", [False, True])
def test_of_labelled_answers_nearly_all_that_tell_are_found_and_few_others(held_back: bool):
    recall, false = counts(half(held_back=held_back))
    assert recall >= 0.98
    assert false <= 0.02


def test_further_answers_are_told_apart():
    recall, false = counts([*labelled(SEEN)])
    assert recall >= 0.98
    assert false <= 0.02


@pytest.mark.parametrize("one", [one for one in labelled() if one.tells][::3], ids=lambda one: one.text)
def test_the_names_are_where_the_spans_say(one: LabelledAnswer):
    spans = SelfNaming(one.contender, [one.prompt]).spans(one.text)
    assert all(one.text[start:end].strip() == one.text[start:end] != "" for start, end in spans)
    assert spans == sorted(spans)


@pytest.mark.parametrize("one", [one for one in labelled() if one.tells][::4], ids=lambda one: one.text)
def test_no_name_is_shown_before_it_is_known_to_tell(one: LabelledAnswer):
    """Whoever shows a growing answer up to where it is settled, without its spans, never shows a name that tells."""
    growing, whole = SelfNaming(one.contender, [one.prompt]), SelfNaming(one.contender, [one.prompt])
    telling = whole.spans(one.text)
    for length in range(1, len(one.text)):
        text = one.text[:length]
        settled, spans = growing.settled(text), growing.spans(text)
        shown = set(range(settled)) - {place for start, end in spans for place in range(start, end)}
        assert not [span for span in telling if set(range(*span)) <= shown]


def test_a_growing_answer_costs_about_as_much_as_the_whole(monkeypatch: pytest.MonkeyPatch):
    """Each sentence is read a few times while it grows, and not again with every later one."""
    read: list[int] = []
    find = Names.find
    monkeypatch.setattr(Names, "find", lambda self, text: read.append(len(text)) or find(self, text))
    text = "I am fond of llamas and of Llama. " * 300
    growing = SelfNaming(CLAUDE, ["Hello"])
    for end in range(0, len(text), 40):
        growing.spans(text[:end])
    assert sum(read) < 4 * len(text)


@pytest.mark.parametrize(
    "text",
    [
        "I am a model made by an assistant " * 600,
        "I am Claude " * 1500,
        "llama " * 3000,
        "my maker my maker my maker is " * 600,
        "i'm an ai an ai an ai called the a an the a an " * 300,
        "저는 " * 4000 + "클로드",
        "我是由" * 4000,
        "a" * 20_000,
        "I am (((((((((((((((((" * 800,
        '"' * 5000 + "I am Claude" + '"' * 5000,
    ],
    ids=lambda text: text[:12],
)
def test_no_sentence_makes_the_patterns_go_back_and_forth(text: str):
    """Twice the text costs about twice the steps; a pattern that explodes would not return at all."""
    names_itself(CLAUDE, text, ["Hello"])


def test_a_name_that_any_word_could_be_needs_a_capital():
    assert not names_itself(MODEST, "I am solar powered, and I like to command.", ["Hi"])
    assert names_itself(MODEST, "I am Solar, by Upstage.", ["Hi"])


@pytest.mark.parametrize("slug", ["okapi-7b-chat", "Okapi_7B", "okapi@2"])
def test_a_name_is_recognised_without_versions_and_sizes(slug: str):
    contender = Contender(slug=slug, label=slug, family="", organisation="", aliases=[])
    assert names_itself(contender, "Hello, I am Okapi.", ["Hi"])


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
