"""Versions: whatever could change what a contender says makes it another contender with votes of its own.

The second version of `alpaca` has the slug `alpaca@2` and the label "… v2"; the first one is retired as replaced. So
tallies, boards and snapshots, which know contenders only, never mix two versions.
"""

import json
from dataclasses import replace
from hashlib import sha256

from arena.contenders.endpoint import ADDRESS_KEYS
from arena.contenders.schema import ContenderEntry
from arena.db.tables import Contender

# Where and how it is asked, and how fast it may answer. All other options count, those that are not known here too.
SAYS_NOTHING_NEW = {
    *(*ADDRESS_KEYS, "timeout_s", "stream_usage", "max_tokens_field"),
    *("device", "threads", "concurrency", "waiting"),
    *("pace", "first_token_s", "tokens_per_s"),
}


def fingerprint(described: Contender | ContenderEntry) -> str:
    """Return a SHA-256 over what makes this version: weights, model, prompt format, system prompt and sampling."""
    parts = (
        described.backend,
        {key: value for key, value in described.options.items() if key not in SAYS_NOTHING_NEW},
        described.sampling,
        described.system_prompt,
        described.prompt_format,
        described.revision,
        described.weights_sha256,
    )
    return sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def as_version(entry: ContenderEntry, version: int) -> ContenderEntry:
    """Return the entry as that version of its contender is called."""
    if version == 1:
        return entry
    return replace(entry, slug=f"{entry.slug}@{version}", label=f"{entry.label} v{version}")
