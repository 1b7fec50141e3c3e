import json
from pathlib import Path

from arena.audit_log.log import AuditLog
from arena.audit_log.settings_in_force import note_settings
from arena.db.session import Database
from arena.settings import Settings


def test_settings_are_recorded_when_they_change(database: Database):
    assert note_settings(database, Settings(), method="3")
    assert not note_settings(database, Settings(), method="3")
    assert note_settings(database, Settings(sampling="uniform", title="Ours"), method="4")
    (row, _) = AuditLog(database).newest(limit=9)
    details = json.loads(row.details)
    assert details["changed"] == {"method": ["3", "4"], "sampling": ["informative", "uniform"]}
    assert details["also_changed"] == ["title"]
    assert json.loads(row.withheld)["settings"]["title"] == "Ours"


def test_rules_count_by_their_content(database: Database, tmp_path: Path):
    rules = tmp_path / "rules.toml"
    rules.write_text("one")
    note_settings(database, Settings(moderation_rules=rules))
    rules.write_text("two")
    assert note_settings(database, Settings(moderation_rules=rules))


def test_no_secret_and_no_address_is_shown(database: Database):
    settings = Settings(
        database_url="postgresql://arena:hush@db/arena",
        operator_password="hush",
        moderation_url="http://10.1.2.3/v1",
        private_networks="10.0.0.0/8",
    )
    note_settings(database, settings)
    (row,) = AuditLog(database).newest(limit=9)
    assert "hush" not in row.details + row.withheld
    public = "".join(AuditLog(database).public_lines())
    assert "10.1.2.3" not in public
    assert "10.0.0.0" not in public
