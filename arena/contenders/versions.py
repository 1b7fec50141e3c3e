"""Versions: a change that could alter a contender's replies makes a new version, with votes of its own.

The second version of `alpaca` has the slug `alpaca@2` and the label "… v2"; the first one is retired as replaced. Each
version is a contender of its own, so tallies, boards and snapshots never mix two versions.
"""

import json
from dataclasses import replace
from hashlib import sha256

from arena.contenders.endpoint import ADDRESS_KEYS
from arena.contenders.schema import ContenderEntry
from arena.db.tables import Contender

# Options about address, transport and speed make no new version. All others do, also unknown ones.
SAYS_NOTHING_NEW = {
    *(*ADDRESS_KEYS, "timeout_s", "stream_usage", "max_tokens_field", "clean_endings"),
    *("device", "threads", "concurrency", "waiting"),
    *("pace", "first_token_s", "tokens_per_s"),
}


def fingerprint(described: Contender | ContenderEntry) -> str:
    """Return the SHA-256 that identifies a version: of weights, model, prompt format, system prompt and sampling."""
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
    """Return the entry with the slug and label of this version."""
    if version == 1:
        return entry
    return replace(entry, slug=f"{entry.slug}@{version}", label=f"{entry.label} v{version}")
