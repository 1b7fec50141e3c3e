"""What a battle's view becomes on the page."""

from dataclasses import replace

import pytest

from arena.battles.views import BattleView, ContenderCard, ReplyView, Reveal, TurnView
from arena.db.states import BattleStatus, Handle, ReplyStatus
from arena.web.battle.stage import EMPTY, Stage, status_of
from arena.web.texts import say
from leaderboard import Verdict

WHOLE = ReplyView("**Whole.**", ReplyStatus.FINISHED)
WRITING = ReplyView("One.\n\nTw", ReplyStatus.STREAMING)
HANDLE = Handle("h")
REVEAL = Reveal(
    Verdict.B,
    ContenderCard("one", "One <1>", "Makers", "MIT", "from scratch"),
    ContenderCard("two", "Two", "", "", ""),
)


def view(a: ReplyView, b: ReplyView, **facts: object) -> BattleView:
    return BattleView(HANDLE, BattleStatus.OPEN, (TurnView("Why?", a, b),), **facts)  # type: ignore[arg-type]


def test_every_part_of_the_template_is_in_every_value():
    shown = Stage().show(view(WHOLE, WHOLE))
    assert shown.keys() == EMPTY.keys()
    assert shown["a"].keys() == shown["b"].keys() == EMPTY["a"].keys()


def test_finished_blocks_and_the_tail_of_a_reply_are_apart():
    shown = Stage().show(view(WRITING, WHOLE, running=True))
    assert (shown["a"]["done"], shown["a"]["tail"]) == ("<p>One.</p>", "<p>Tw</p>")
    assert (shown["b"]["done"], shown["b"]["tail"]) == ("<p><strong>Whole.</strong></p>", "")


def test_a_regenerated_reply_does_not_inherit_the_text_before():
    stage = Stage()
    stage.show(view(WRITING, WRITING, running=True))
    fresh = TurnView("Why?", ReplyView("New", ReplyStatus.STREAMING), WRITING, attempt=2)
    assert stage.show(replace(view(WRITING, WRITING), turns=(fresh,)))["a"] == {
        "state": "streaming",
        "name": "",
        "folds": "no",
        "thought": "",
        "note": "",
        "done": "",
        "tail": "<p>New</p>",
    }


def test_each_update_differs_so_that_silence_is_seen():
    stage = Stage()
    same = view(ReplyView("", ReplyStatus.STREAMING), WHOLE, running=True)
    assert stage.show(same) != stage.show(same)


@pytest.mark.parametrize(
    ("reply", "note"),
    [
        (ReplyView("", ReplyStatus.FAILED), say("stage.silent")),
        (ReplyView("Some", ReplyStatus.FAILED), say("stage.broke_off")),
        (ReplyView("Some", ReplyStatus.FINISHED, cut_off=True), say("stage.cut_off")),
        (ReplyView("Some", ReplyStatus.STOPPED), say("stage.stopped")),
        (ReplyView("Some", ReplyStatus.INTERRUPTED), say("stage.interrupted")),
        (ReplyView("Some", ReplyStatus.FINISHED), ""),
    ],
)
def test_a_reply_that_is_not_whole_says_so_and_keeps_its_text(reply: ReplyView, note: str):
    shown = Stage().show(view(reply, WHOLE))["a"]
    assert shown["note"] == note
    assert shown["done"] == (f"<p>{reply.text}</p>" if reply.text else "")


def test_the_names_come_with_the_reveal_and_are_escaped():
    open_battle = Stage().show(view(WHOLE, WHOLE, votable=True))
    assert "One" not in str(open_battle)
    voted = Stage().show(view(WHOLE, WHOLE, reveal=REVEAL))
    assert voted["a"]["name"] == "One &lt;1&gt;"
    assert voted["b"]["state"] == "picked"
    assert '<h3><a href="/contenders/one">One &lt;1&gt;</a></h3>' in voted["reveal"]
    assert say("common.not_stated") in voted["reveal"]


def test_the_prompt_is_shown_as_text():
    turn = TurnView("<b>Why?</b>", WHOLE, WHOLE)
    shown = Stage().show(BattleView(HANDLE, BattleStatus.OPEN, (turn, turn)))
    assert shown["asked"] == "&lt;b&gt;Why?&lt;/b&gt;"
    assert "&lt;b&gt;Why?&lt;/b&gt;" in shown["history"]


@pytest.mark.parametrize(
    ("battle", "can"),
    [
        (view(WRITING, WHOLE, running=True, askable=True), "stop new"),
        (view(WHOLE, WHOLE, votable=True, askable=True, regenerable=True), "ask vote regenerate report new"),
        (view(WHOLE, WHOLE, reveal=REVEAL), "report new"),
    ],
)
def test_the_stage_says_what_may_be_done(battle: BattleView, can: str):
    assert Stage().show(battle)["can"] == can


def test_a_void_battle_names_the_side_that_failed_and_the_next_step():
    failed = ReplyView("", ReplyStatus.FAILED)
    void = replace(view(WHOLE, failed), status=BattleStatus.VOID)
    assert status_of(void) == say("status.void", who="Assistant B")
    both = replace(view(failed, failed), status=BattleStatus.VOID)
    assert status_of(both) == say("status.void", who=say("stage.both_sides"))


def test_the_status_is_the_same_sentence_while_text_comes():
    longer = ReplyView(WRITING.text + "o.", ReplyStatus.STREAMING)
    assert status_of(view(WRITING, WHOLE, running=True)) == status_of(view(longer, WHOLE, running=True))


def test_thinking_is_folded_on_both_sides_or_on_neither():
    def folds(*thinking: str | None) -> list[tuple[str, str]]:
        a, b = (ReplyView("Hi", ReplyStatus.FINISHED, thinking=one) for one in thinking)
        shown = Stage().show(view(a, b))
        return [(shown[side]["folds"], shown[side]["thought"]) for side in ("a", "b")]

    assert folds(None, None) == [("no", ""), ("no", "")]
    assert folds("<b>Hm", "") == [("yes", "&lt;b&gt;Hm"), ("yes", "Nothing is known of its thinking.")]


def test_a_refused_prompt_is_told_as_the_providers_refusal():
    refused = ReplyView("", ReplyStatus.FAILED, declined=True)
    shown = Stage().show(replace(view(refused, WHOLE), status=BattleStatus.VOID))
    assert "refused this prompt" in shown["status"]
    assert "provider" in shown["a"]["note"]
