"""Planning: what a campaign will have, and can find."""

from arena.campaigns.campaign_file import campaign_of_text, example_text
from arena.campaigns.planning import plan_sample
from arena.campaigns.prompt_sets import shipped_prompts


def test_the_plan_of_a_campaign():
    text = example_text().replace('name = "which', 'pairs = "all"\noverlap = 0.5\nname = "which')
    text += '\n[[contender]]\nslug = "tiny-base"\n'
    plan = plan_sample(campaign_of_text(text)[0], shipped_prompts().prompts[:30])
    assert (plan.items, plan.judgements, plan.decisive) == (90, 3 * (15 * 4 + 15), 21)
    assert [votes for _, votes in plan.needed] == [783, 194, 85]


def test_so_few_find_nothing():
    text = example_text().replace("first = 30", "first = 3")
    assert plan_sample(campaign_of_text(text)[0], shipped_prompts().prompts[:3]).detectable is None
    published = plan_sample(campaign_of_text(example_text())[0], shipped_prompts().prompts)
    assert (published.decisive, published.detectable) == (179, 0.605)
