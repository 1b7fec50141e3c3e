"""Campaigns in a real server: whatever dies, no judgement is lost or doubled, also with many raters at once."""

import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from arena.db.campaign_tables import Assignment, AssignmentStatus, Booklet, Judgement
from arena.db.tables import Vote
from tests.live.arena_process import ArenaProcess
from tests.live.campaign_on import CONTENDERS, HttpRater, campaign_file, open_campaign


@pytest.fixture
def arena(tmp_path: Path) -> Iterator[ArenaProcess]:
    with ArenaProcess(tmp_path, contenders=CONTENDERS) as arena:
        yield arena


def check(arena: ArenaProcess, raters: list[HttpRater]) -> None:
    """Everything that a rater said is one row, and there is no row that nobody said."""
    said = {place: verdict for rater in raters for place, verdict in rater.said.items()}
    assert len(said) == sum(len(rater.said) for rater in raters), "two raters had one place"
    with arena.reading() as session:
        rows = session.query(Judgement).all()
        assert {row.assignment_id: row.verdict.value for row in rows} == said
        assert len(rows) == len(said)
        assert session.query(Assignment).filter_by(status=AssignmentStatus.JUDGED).count() == len(said)
        assert session.query(Vote).count() == 0


@pytest.mark.parametrize("kills", [2, pytest.param(50, marks=pytest.mark.slow)])
def test_kills_at_random_moments_lose_and_double_nothing(arena: ArenaProcess, kills: int):
    prompts = 6 if kills < 10 else 120
    keys = open_campaign(arena, campaign_file(prompts=prompts, raters_per_item=4), raters=4)
    over = threading.Event()
    rng = random.Random(kills)

    def kill_again_and_again() -> int:
        count = 0
        while count < kills and not over.is_set():
            time.sleep(rng.uniform(0.05, 0.6))
            arena.kill()
            arena.start()
            count += 1
        return count

    with ThreadPoolExecutor(5) as pool:
        killing = pool.submit(kill_again_and_again)
        raters = list(pool.map(lambda key: HttpRater(arena, key).begin().judge_all(), keys))
        over.set()
        assert killing.result() > 0
    check(arena, raters)
    assert sum(len(rater.said) for rater in raters) == 4 * (prompts + -(-prompts // 10))


@pytest.mark.parametrize("number", [8, pytest.param(40, marks=pytest.mark.slow)])
def test_many_raters_at_once(arena: ArenaProcess, number: int):
    file = campaign_file(prompts=number, raters_per_item=8, booklet=8)
    keys = open_campaign(arena, file, raters=number)
    with ThreadPoolExecutor(number) as pool:
        raters = list(pool.map(lambda key: HttpRater(arena, key).begin().judge_all(most=3), keys))
    check(arena, raters)
    with arena.reading() as session:
        taken = session.query(Booklet).filter(Booklet.rater_id.is_not(None)).all()
    assert len({booklet.rater_id for booklet in taken}) == len(taken) == number
