"""The example: the published counts, in a folder as every campaign has one."""

import json
from pathlib import Path

import pytest

from arena.campaigns.example import LOSSES, PROMPTS, WINS, replay_example
from tests.arena.campaigns.test_export import rows


async def replayed(out: Path, prompts: int) -> tuple[int, int, int]:
    (score,) = await replay_example(out, {}, prompts=prompts)
    places = rows(out, "assignments")
    assert "not judged by people" in json.loads((out / "design.json").read_bytes())["title"]
    return score.wins, score.losses, prompts - sum(place["status"] == "judged" for place in places)


async def test_a_part_of_it_keeps_the_shares(tmp_path: Path):
    assert await replayed(tmp_path / "part", 6) == (2, 2, 2)


@pytest.mark.slow
async def test_the_whole_of_it_has_the_published_counts(tmp_path: Path):
    assert await replayed(tmp_path / "whole", PROMPTS) == (WINS, LOSSES, 73) == (90, 89, 73)
