"""A moderation endpoint's answer is read whole, however it comes over the network, or is no judgement."""

import json

import pytest

from arena.moderation.moderation import ModerationOutcome, Ruling
from arena.moderation.moderators import MAX_BYTES, OpenAIModeration
from generation.errors import BackendError, NotAStream, TooLong, Truncated
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
