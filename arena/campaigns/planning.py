"""Planning: what a number of decisive judgements can find, before anybody judges.

The normal approximation to the test whether a share of decisive judgements is one half (Fleiss, Levin & Paik 2003,
§2.5). Judgements of several raters on one item are not independent, so the number of items is what counts for sure.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist

from arena.campaigns.campaign_file import CampaignFile
from arena.campaigns.prompt_files import Prompt

# Of 252 outcomes, 179 were decisive when Alpaca was compared with text-davinci-003.
USUAL_DECISIVE = 179 / 252
_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class SamplePlan:
    """What a campaign will have, and can find.

    Attributes:
        items: prompts times pairs.
        judgements: first judgements, without repeats and attention items.
        decisive: items of the primary pair that are decided, if as many are as usual.
        detectable: the smallest share of decisive judgements that is found with the wanted power.
        needed: decisive judgements that would find 55, 60 and 65 %.
    """

    items: int
    judgements: int
    decisive: int
    detectable: float
    needed: tuple[tuple[float, int], ...]


def detectable_share(decisive: int, *, alpha: float = 0.05, power: float = 0.8) -> float:
    """Return the smallest share above one half, in steps of 0.001, that a two-sided test finds; 1.0 at most."""
    low, high = 0.5, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _votes(middle, alpha, power) > decisive else (low, middle)
    return math.ceil(round(1000 * high, 9)) / 1000


def votes_needed(share: float, *, alpha: float = 0.05, power: float = 0.8) -> int:
    """Return how many decisive judgements find a share above one half."""
    return math.ceil(_votes(share, alpha, power))


def plan_sample(campaign: CampaignFile, prompts: tuple[Prompt, ...]) -> SamplePlan:
    """Return what a campaign on these prompts can find."""
    contenders = len(campaign.contender)
    pairs = contenders * (contenders - 1) // 2 if campaign.pairs == "all" else 1
    common = max(1, round(campaign.overlap * len(prompts)))
    decisive = round(len(prompts) * USUAL_DECISIVE)
    options = {"alpha": campaign.alpha, "power": campaign.power}
    return SamplePlan(
        items=len(prompts) * pairs,
        judgements=pairs * (common * campaign.raters_per_item + len(prompts) - common),
        decisive=decisive,
        detectable=detectable_share(decisive, **options),
        needed=tuple((share, votes_needed(share, **options)) for share in (0.55, 0.6, 0.65)),
    )


def _votes(share: float, alpha: float, power: float) -> float:
    if share <= 0.5:
        return float("inf")
    critical, wanted = _NORMAL.inv_cdf(1 - alpha / 2), _NORMAL.inv_cdf(power)
    root = critical * 0.5 + wanted * (share * (1 - share)) ** 0.5
    return float((root / (share - 0.5)) ** 2)
