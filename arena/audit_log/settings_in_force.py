"""Settings in force: an arena that starts under other settings than before records what changed.

Whatever an operator can set is recorded, so a setting of tomorrow is too. Numbers, switches and words from a list are
public; free texts and paths may hold addresses and are withheld; secrets, which are never printed, are left out.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

from arena.audit_log import queries
from arena.audit_log.acts import Act
from arena.audit_log.chain import canonical
from arena.audit_log.log import record
from arena.db.session import Database
from arena.settings import Settings
from generation.declared_tables import keys_of

SUBJECT = "settings"


def note_settings(database: Database, settings: Settings, **constants: object) -> bool:
    """Record the settings and `constants`, such as the method of the ratings, unless they are those of the last time.

    Returns whether something was recorded.

    Raises:
        DatabaseUnavailable: it could not be recorded.
    """
    shown, withheld = _values(settings)
    shown |= constants
    with database.writing() as session:
        queries.lock(session)  # of two arenas that start at once, the second sees what the first has recorded
        last = queries.last_entry(session, act=Act.SETTINGS_CHANGED)
        before = json.loads(last.details)["settings"] if last else {}
        before_withheld = json.loads(last.withheld)["settings"] if last else {}
        now, now_withheld = json.loads(canonical(shown)), json.loads(canonical(withheld))
        if last and (before, before_withheld) == (now, now_withheld):
            return False
        changed = {name: [before.get(name), now.get(name)] for name in _different(before, now)} if last else {}
        also = _different(before_withheld, now_withheld) if last else []
        details = {"settings": now, "changed": changed, "also_changed": also}
        record(session, Act.SETTINGS_CHANGED, SUBJECT, details=details, withheld={"settings": now_withheld})
    return True


def _different(before: Mapping[str, object], now: Mapping[str, object]) -> list[str]:
    return sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))


def _values(settings: Settings) -> tuple[dict[str, object], dict[str, object]]:
    """Return the settings that everybody may see, and those that are withheld."""
    keys, shown, withheld = keys_of(Settings), dict[str, object](), dict[str, object]()
    for field in fields(settings):
        value = getattr(settings, field.name)
        if not field.repr:
            continue
        if isinstance(value, bool | int | float) or keys[field.name].choices:
            shown[field.name] = value
        else:
            withheld[field.name] = value
    if settings.moderation_rules is not None and settings.moderation_rules.is_file():
        shown["moderation_rules_sha256"] = _sha256(settings.moderation_rules)
    return shown, withheld


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
