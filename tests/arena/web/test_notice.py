from dataclasses import replace

import pytest

from arena.settings import Settings
from arena.voters.permissions import Choices
from arena.web.notice import choices_in, notice_of
from arena.web.texts import say

SETTINGS = Settings()


@pytest.mark.parametrize(
    "changed",
    [
        {"contact": "Somebody else"},
        {"keep_texts_days": 30.0},
        {"keep_voters_days": float("inf")},
        {"erased_votes": "remove"},
        {"publish_conversations": True},
    ],
)
def test_a_setting_that_changes_what_happens_changes_the_version(changed: dict[str, object]):
    ours, theirs = notice_of(SETTINGS), notice_of(replace(SETTINGS, **changed))
    assert ours
    assert theirs
    assert ours.version != theirs.version
    assert ours.version == getattr(notice_of(replace(SETTINGS, max_turns=3)), "version", "")


def test_the_notice_holds_every_choice_and_every_period():
    notice = notice_of(replace(SETTINGS, contact="Us"))
    assert notice
    for words in ("Publish my texts.", "for 730 days", "for 90 days", "for 30 days", "for 400 days", "arena: Us"):
        assert words in notice.text
    forever = notice_of(replace(SETTINGS, keep_texts_days=float("inf")))
    assert forever
    assert f"kept {say('consent.no_end')}" in forever.text


def test_an_arena_may_ask_nobody():
    assert notice_of(replace(SETTINGS, ask_consent=False)) is None


def test_nothing_is_allowed_that_was_not_ticked():
    assert choices_in([]) == choices_in(["everything", "Battle"]) == Choices(battle=False, vote=False, text=False)
    assert choices_in(["text", "battle"]) == Choices(battle=True, vote=False, text=True)
