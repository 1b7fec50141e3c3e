"""The kinds of acts that are recorded. A new kind is one more line here and a word for it in the catalogue."""

from enum import StrEnum


class Act(StrEnum):
    """A kind of act."""

    CONTENDER_ADDED = "contender_added"
    CONTENDER_CHANGED = "contender_changed"
    CONTENDER_STATUS = "contender_status"
    PRICE_CHANGED = "price_changed"
    VOTES_EXCLUDED = "votes_excluded"
    VOTES_RESTORED = "votes_restored"
    TALLIES_CORRECTED = "tallies_corrected"
    LABELS_CHANGED = "labels_changed"
    SETTINGS_CHANGED = "settings_changed"
    SNAPSHOT_TAKEN = "snapshot_taken"
    VOTES_EXPORTED = "votes_exported"
    RELEASE_MADE = "release_made"
    SERIES_IMPORTED = "series_imported"
    BENCHMARK_IMPORTED = "benchmark_imported"
    MODERATION_DECIDED = "moderation_decided"


ABOUT_CONTENDERS = {Act.CONTENDER_ADDED, Act.CONTENDER_CHANGED, Act.CONTENDER_STATUS, Act.PRICE_CHANGED}
