"""Planning: the published table of what a number of decisive judgements finds."""

import pytest

from arena.campaigns.campaign_file import campaign_of_text, example_text
from arena.campaigns.planning import detectable_share, plan_sample, votes_needed
from arena.campaigns.prompt_sets import shipped_prompts


@pytest.mark.parametrize(("decisive", "share"), [(80, 65.5), (160, 61.0), (179, 60.5), (252, 58.8)])
def test_what_decisive_judgements_find(decisive: int, share: float):
    assert 100 * detectable_share(decisive) == pytest.approx(share)


@pytest.mark.parametrize(("share", "votes"), [(0.55, 783), (0.6, 194), (0.65, 85)])
def test_what_a_share_needs(share: float, votes: int):
    assert votes_needed(share) == votes
    assert detectable_share(votes) == share < detectable_share(votes - 5)


def test_nothing_finds_nothing():
    assert detectable_share(0) == 1.0


def test_the_plan_of_a_campaign():
    text = example_text().replace('name = "which', 'pairs = "all"\noverlap = 0.5\nname = "which')
    text += '\n[[contender]]\nslug = "tiny-base"\n'
    plan = plan_sample(campaign_of_text(text)[0], shipped_prompts().prompts[:30])
    assert (plan.items, plan.judgements, plan.decisive) == (90, 3 * (15 * 4 + 15), 21)
    assert [votes for _, votes in plan.needed] == [783, 194, 85]
