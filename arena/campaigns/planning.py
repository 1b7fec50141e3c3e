"""Planning: what a campaign can find, before anybody judges (`leaderboard.binomial`).

Judgements of several raters on one item are not independent, so the number of items is what counts for sure.
"""

from dataclasses import dataclass

from arena.campaigns.campaign_file import CampaignFile
from arena.campaigns.prompt_files import Prompt
from leaderboard.binomial import detectable_share, votes_for

# Of 252 outcomes, 179 were decisive when Alpaca was compared with text-davinci-003.
USUAL_DECISIVE = 179 / 252


@dataclass(frozen=True, slots=True)
class SamplePlan:
    """What a campaign will have, and can find.

    Attributes:
        items: prompts times pairs.
        judgements: first judgements, without repeats and attention items.
        decisive: items of the primary pair that are decided, if as many are as usual.
        detectable: the smallest share of decisive judgements that is found with the wanted power; None: not even the
            clearest.
        needed: decisive judgements that would find 55, 60 and 65 %.
    """

    items: int
    judgements: int
    decisive: int
    detectable: float | None
    needed: tuple[tuple[float, int], ...]


def plan_sample(campaign: CampaignFile, prompts: tuple[Prompt, ...]) -> SamplePlan:
    """Return what a campaign on these prompts can find."""
    contenders = len(campaign.contender)
    pairs = contenders * (contenders - 1) // 2 if campaign.pairs == "all" else 1
    common = max(1, round(campaign.overlap * len(prompts)))
    decisive = round(len(prompts) * USUAL_DECISIVE)
    level = 1 - campaign.alpha
    return SamplePlan(
        items=len(prompts) * pairs,
        judgements=pairs * (common * campaign.raters_per_item + len(prompts) - common),
        decisive=decisive,
        detectable=detectable_share(decisive, level=level, power=campaign.power),
        needed=tuple((share, votes_for(share, level=level, power=campaign.power)) for share in (0.55, 0.6, 0.65)),
    )
