"""A moderation endpoint's answer is read whole, however it comes over the network, or is no judgement."""

import json
from pathlib import Path

import pytest

from arena.errors import BadConfiguration
from arena.moderation.moderation import Moderation, ModerationOutcome, Ruling
from arena.moderation.moderators import (
    GLANCE_BACK_CHARS,
    MAX_BYTES,
    LocalRules,
    OpenAIModeration,
    open_moderation,
    read_rules,
    ruling_of_guard,
)
from arena.settings import Settings
from benchmarks.moderation import FRAMES, items
from generation.errors import BackendError, NotAStream, TooLong, Truncated
from tests.endpoints.openai_server import FakeEndpoint
from tests.endpoints.sending_server import sending

CLEAN = json.dumps({"results": [{"flagged": False, "categories": {"violence": False}}]}).encode()
VIOLENT = json.dumps({"results": [{"flagged": True, "categories": {"violence": True, "hate": False}}]}).encode()


async def judged_by(url: str) -> Ruling:
    moderator = OpenAIModeration(f"{url}/v1", "omni-moderation-latest")
    try:
        return await moderator.judge("How are you?", None)
    finally:
        await moderator.aclose()


@pytest.mark.parametrize("at", [1, 20, len(CLEAN) - 1])
async def test_an_answer_in_two_parts_is_an_answer(at: int):
    async with sending(CLEAN[:at], CLEAN[at:]) as url:
        assert (await judged_by(url)).outcome is ModerationOutcome.PASSED
    async with sending(VIOLENT[:at], VIOLENT[at:]) as url:
        assert (await judged_by(url)).categories == ("violence",)


@pytest.mark.parametrize(
    ("parts", "cut", "error"),
    [
        ((CLEAN, b" " * MAX_BYTES), False, TooLong),
        ((CLEAN,), True, Truncated),
        ((CLEAN[:30],), False, NotAStream),
        ((b"[" * 100_000,), False, NotAStream),
    ],
    ids=["more than is read", "cut off", "half of it", "nested without end"],
)
async def test_what_is_no_whole_answer_is_no_judgement(parts: tuple[bytes, ...], cut: bool, error: type[BackendError]):
    async with sending(*parts, cut=cut) as url:
        with pytest.raises(error):
            await judged_by(url)


CARD = "4539 1488 0343 6467"


@pytest.mark.parametrize(
    ("answer", "outcome", "categories"),
    [
        ("safe", ModerationOutcome.PASSED, ()),
        ("\n\nsafe", ModerationOutcome.PASSED, ()),
        ("unsafe\nS2", ModerationOutcome.FLAGGED, ("S2 non-violent crimes",)),
        ("unsafe\ns10, S99", ModerationOutcome.FLAGGED, ("S10 hate", "S99")),
        ("unsafe", ModerationOutcome.FLAGGED, ("unsafe",)),
    ],
)
def test_a_guards_answer_is_read(answer: str, outcome: ModerationOutcome, categories: tuple[str, ...]):
    ruling = ruling_of_guard(answer, moderator="llama-guard")
    assert (ruling.outcome, ruling.categories) == (outcome, categories)


@pytest.mark.parametrize("answer", ["", "I cannot help with that.", "safety first"])
def test_a_guard_that_says_something_else_has_not_judged(answer: str):
    with pytest.raises(NotAStream):
        ruling_of_guard(answer, moderator="llama-guard")


async def test_openais_endpoint_is_read_and_its_failure_is_no_judgement(fake_endpoint: FakeEndpoint):
    moderator = OpenAIModeration(fake_endpoint.url, "omni-moderation-latest")
    assert (await moderator.judge("How are you?", None)).outcome is ModerationOutcome.PASSED
    assert (await moderator.judge("How are you?", "Like a bomb.")).categories == ("violence",)
    await moderator.aclose()
    away = OpenAIModeration(fake_endpoint.url, "http-503")
    assert (await Moderation([away]).of_prompt("Hello")).outcome is ModerationOutcome.UNCHECKED
    await away.aclose()
    nobody = OpenAIModeration("http://127.0.0.1:9/v1", "any")
    assert (await Moderation([nobody]).of_prompt("Hello")).outcome is ModerationOutcome.UNCHECKED
    await nobody.aclose()


@pytest.mark.parametrize(
    ("prompt", "category"),
    [
        (f"My card is {CARD}.", "payment card number"),
        ("My card is 4539148803436468.", None),
        ("The order is 12345678901234567890.", None),
        ("900101-1234568", "Korean resident registration number"),
        ("900101-1234567", None),
        ("-----BEGIN OPENSSH PRIVATE KEY-----", "private key"),
        ("use sk-proj-abcdefghijklmnopqrstuvwx", "API key"),
        ("Tell a llama from an alpaca.", None),
    ],
)
async def test_the_local_rules_find_what_people_should_not_send(prompt: str, category: str | None):
    ruling = await LocalRules(read_rules()).judge(prompt, None)
    assert ruling.categories == ((category,) if category else ())
    assert ruling.private is bool(category)


@pytest.mark.parametrize("language", FRAMES)
async def test_the_local_rules_are_seldom_wrong_on_what_people_write(language: str):
    """The bar for benchmarks/moderation.py, which says more."""
    rules = LocalRules(read_rules())
    of_language = [item for item in items() if item.language == language]
    assert len(of_language) >= 300
    found = [(await rules.judge(item.text, None)).categories[:1] == (item.category,) for item in of_language]
    wanted = [item for item in of_language if item.category]
    right = sum(hit for hit, item in zip(found, of_language, strict=True) if item.category)
    marked = sum([bool((await rules.judge(item.text, None)).categories) for item in of_language])
    assert right / len(wanted) >= 0.98
    assert right / marked >= 0.98


@pytest.mark.parametrize(
    ("prompt", "category"),
    [
        ("제 키는 sk-proj-abcdefghijklmnopqrstuvwx입니다", "API key"),  # a letter of another script touches it
        ("카드는 ４１１１ １１１１ １１１１ １１１１", "payment card number"),
        ("4111–1111–1111–1111", "payment card number"),
        ("1234 5678 9012 3452", None),  # a right check digit, and no issuer of cards
        ("210101-3123456", "Korean resident registration number"),  # without a check digit since October 2020
        ("211301-3123456", None),  # no month 13
        ("901301-1234568", None),
        ("sk-learn-and-other-names-of-packages", None),
        ("-----BEGIN PGP PRIVATE KEY BLOCK-----", "private key"),
        ("-----BEGIN PUBLIC KEY-----", None),
    ],
)
async def test_forms_that_are_easily_missed_or_mistaken(prompt: str, category: str | None):
    ruling = await LocalRules(read_rules()).judge(prompt, None)
    assert ruling.categories == ((category,) if category else ())


@pytest.mark.parametrize("cut", range(4))
def test_a_glance_sees_where_a_word_begins(tmp_path: Path, cut: int):
    file = tmp_path / "rules.toml"
    file.write_text("[[rule]]\ncategory = 'bans'\npattern = '\\bban\\b'\n")
    text = "x " * 30 + "urban and so on, for a while longer." + "y" * GLANCE_BACK_CHARS
    ruling = LocalRules(read_rules(file)).glance(text, since=len("x " * 30) + cut + GLANCE_BACK_CHARS)
    assert ruling.outcome is ModerationOutcome.PASSED


async def test_an_operators_rules_judge_replies_too(tmp_path: Path):
    file = tmp_path / "rules.toml"
    file.write_text("[[rule]]\ncategory = 'project name'\npattern = 'bluebird'\n")
    rules = LocalRules(read_rules(file))
    assert (await rules.judge("Hello", "It is called Bluebird.")).categories == ("project name",)
    assert (
        await rules.judge("Hello", CARD)
    ).outcome is ModerationOutcome.PASSED  # made-up numbers in replies are no secret


def test_a_glance_waits_until_a_word_is_whole_and_finds_what_began_long_before(tmp_path: Path):
    file = tmp_path / "rules.toml"
    file.write_text("[[rule]]\ncategory = 'word'\npattern = '\\bban\\b'\n")
    rules = LocalRules(read_rules(file))
    assert rules.glance("They ban", since=0).outcome is ModerationOutcome.PASSED
    assert rules.glance("They bananas are ripe and sweet by now.", since=0).outcome is ModerationOutcome.PASSED
    assert rules.glance("They ban what is ripe and sweet by now.", since=30).outcome is ModerationOutcome.FLAGGED


def test_faulty_rules_are_all_told_at_once(tmp_path: Path):
    file = tmp_path / "rules.toml"
    file.write_text("[[rule]]\ncategory = 'a'\npattern = '('\n[[rule]]\ncategory = 'b'\npattern = 'b'\nspeed = 1\n")
    with pytest.raises(BadConfiguration) as caught:
        read_rules(file)
    assert len(caught.value.faults) == 2


@pytest.mark.parametrize(
    "settings",
    [
        Settings(moderation="magic"),
        Settings(moderation="openai"),
        Settings(moderation="llama-guard", moderation_url="http://127.0.0.1:9"),
        Settings(moderation_away="shrug"),
        Settings(moderation="openai", moderation_url="http://h", moderation_model="m", moderation_key_env="NOT_THERE"),
    ],
)
def test_settings_that_cannot_be_used_are_refused(settings: Settings):
    with pytest.raises(BadConfiguration):
        open_moderation(settings, {})
