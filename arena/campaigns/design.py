"""The design of a campaign, frozen when it opens: canonical JSON, whose hash is printed before any judgement."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from arena.campaigns.campaign_file import CampaignFile
from arena.campaigns.prompt_sets import FixedPrompts, hash_of
from arena.db.campaign_tables import Entrant

Json = Mapping[str, Any]


def design_of(
    campaign: CampaignFile,
    prompts: FixedPrompts,
    entrants: Sequence[Entrant],
    *,
    answers_sha256: str,
    prompts_in_data: Mapping[str, str],
) -> dict[str, Any]:
    """Return the design as JSON has it.

    Args:
        campaign: as its file declares it.
        prompts: those that are compared on, after `first`, `languages` and `categories`.
        entrants: in the order of the file.
        prompts_in_data: how many of the prompts are in the data of contenders, by slug, where it is known.
        answers_sha256: the hash of all answers, so that none can be exchanged later.
    """
    ids = {entrant.slug: entrant.opaque for entrant in entrants}
    return {
        "name": campaign.name,
        "title": campaign.title,
        "hypothesis": campaign.hypothesis,
        "primary_pair": [ids[slug] for slug in campaign.primary_pair],
        "pairs": campaign.pairs,
        "contenders": [
            {"id": one.opaque, "slug": one.slug, "label": one.label, "licence": one.licence, "lineage": one.lineage}
            for one in entrants
        ],
        "raters_per_item": campaign.raters_per_item,
        "overlap": campaign.overlap,
        "booklet": campaign.booklet,
        "repeats": campaign.repeats,
        "attention": [{"item": attention_item(at), **asdict(one)} for at, one in enumerate(campaign.attention, 1)],
        "alpha": campaign.alpha,
        "power": campaign.power,
        "stopping": campaign.stopping,
        "looks": campaign.looks,
        "seed": campaign.seed,
        "questions": asdict(campaign.ask),
        "consent": {"version": campaign.raters.consent_version, "text": campaign.raters.consent},
        "instructions": campaign.raters.instructions,
        "prompt_set": {
            "name": prompts.name,
            "version": prompts.version,
            "sha256": hash_of(prompts.prompts),
            "licence": prompts.licence,
            "source": prompts.source,
            "do_not_train": prompts.do_not_train,
            "prompts": len(prompts.prompts),
        },
        "answers_sha256": answers_sha256,
        "prompts_in_data": {ids[slug]: sentence for slug, sentence in prompts_in_data.items()},
    }


def attention_item(number: int) -> str:
    """Return the name of an attention item, which no prompt can have: theirs hold no slash."""
    return f"attention/{number}"


def canonical(design: Json) -> str:
    """Return a design as the text that is hashed: keys sorted, no spaces, UTF-8."""
    return json.dumps(design, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def hash_of_design(text: str) -> str:
    """Return the SHA-256 of a canonical design, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()
