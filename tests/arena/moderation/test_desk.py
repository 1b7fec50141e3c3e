"""A person's decisions: what they change in what is published, and that each is on record."""

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from arena.audit_log.log import AuditLog
from arena.clock import now
from arena.db.moderation_tables import DeskDecision, FlagDecision
from arena.db.session import Database
from arena.db.tables import Battle, Flag, Reply
from arena.errors import BadConfiguration, UnknownFlag
from arena.exchange.exports import VoteExport
from arena.exchange.past_battles import PastBattles
from arena.exchange.preferences import PreferenceExport
from arena.moderation.desk import ModerationDesk
from arena.moderation.reports import BY_VOTER, REPORTED
from leaderboard import Verdict
from tests.arena.conftest import scripted
from tests.arena.finished_battles import stored
from tests.arena.recorded_votes import Ballot, record

Enter = Callable[..., None]
TAKE_DOWN, DISMISS = DeskDecision.TAKE_DOWN, DeskDecision.DISMISS


@pytest.fixture
def battle(database: Database, enter: Enter) -> int:
    enter(scripted("one"), scripted("two"))
    (battle,) = record(database, Ballot("one", "two", Verdict.A, prompts=("Something dreadful",)))
    return battle


@pytest.fixture
def flag(database: Database, battle: int) -> Callable[[str], int]:
    """Flags the current answer of side b."""

    def flag(moderator: str) -> int:
        with database.writing() as session:
            found = session.get_one(Battle, battle)
            reply = found.turns[0].current("b")
            row = Flag(at=now(), turn_id=reply.turn_id, reply_id=reply.id, moderator=moderator, categories=[REPORTED])
            if moderator != BY_VOTER:
                reply.moderation = "flagged"
            session.add(row)
            session.flush()
            return row.id

    return flag


def published(database: Database, battle: int, tmp_path: Path) -> tuple[bool, bool, bool]:
    """Whether a battle's texts are in the archive, in an export, and in what contenders are trained on."""
    file = io.BytesIO()
    VoteExport(database).write_to(file, kind="jsonl")
    pairs = tmp_path / "pairs.jsonl"
    PreferenceExport(database).write(pairs)
    archived = PastBattles(database, publish=True).get(battle).turns
    return bool(archived), b"dreadful" in file.getvalue(), "dreadful" in pairs.read_text()


def test_a_report_waits_and_changes_nothing_until_somebody_decides(
    database: Database, battle: int, flag: Callable[[str], int], tmp_path: Path
):
    number = flag(BY_VOTER)
    desk = ModerationDesk(database)
    (case,) = desk.cases()
    assert (case.id, case.what, case.battle, case.moderator) == (number, "answer", battle, BY_VOTER)
    assert (case.prompt, case.text) == ("Something dreadful", "two answers Something dreadful")
    assert desk.num_waiting() == 1
    assert published(database, battle, tmp_path) == (True, True, True)

    assert desk.decide([number], TAKE_DOWN, reason="cruel") == 1
    assert published(database, battle, tmp_path) == (False, False, False)
    assert (desk.cases(), desk.num_waiting()) == ([], 0)
    (case,) = desk.cases(decided=True)
    assert (case.decision, case.reason) == (TAKE_DOWN, "cruel")

    desk.decide([number], DISMISS, reason="a quotation")
    assert published(database, battle, tmp_path) == (True, True, True)
    assert [row.decision for row in stored(database, FlagDecision)] == [TAKE_DOWN, DISMISS]


def test_what_a_moderator_flagged_is_back_once_all_its_flags_are_dismissed(
    database: Database, battle: int, flag: Callable[[str], int], tmp_path: Path
):
    first, second = flag("local"), flag("llama-guard")
    desk = ModerationDesk(database)
    assert published(database, battle, tmp_path) == (False, False, False)
    desk.decide([first], DISMISS, reason="harmless")
    assert published(database, battle, tmp_path) == (False, False, False)
    desk.decide([second], DISMISS, reason="harmless")
    assert published(database, battle, tmp_path) == (True, True, True)
    votes = stored(database, Battle)
    assert len(votes) == 1


def test_a_report_that_waits_does_not_keep_down_what_a_moderator_was_wrong_about(
    database: Database, battle: int, flag: Callable[[str], int], tmp_path: Path
):
    flagged = flag("local")
    flag(BY_VOTER)
    ModerationDesk(database).decide([flagged], DISMISS, reason="harmless")
    assert published(database, battle, tmp_path) == (True, True, True)


def test_a_battle_is_taken_down_without_any_flag(database: Database, battle: int, tmp_path: Path):
    desk = ModerationDesk(database)
    assert desk.take_down([battle], reason="asked by the voter") == 1
    assert published(database, battle, tmp_path) == (False, False, False)
    (case,) = desk.cases(decided=True)
    assert (case.what, case.moderator, case.text) == ("prompt", "maintainer", "Something dreadful")
    desk.decide([case.id], DISMISS, reason="a mistake")
    assert published(database, battle, tmp_path) == (True, True, True)


def test_decisions_are_in_the_audit_log_without_the_text(database: Database, battle: int, flag: Callable[[str], int]):
    number = flag("local")
    ModerationDesk(database).decide([number], TAKE_DOWN, reason="names somebody")
    (row,) = AuditLog(database).newest(limit=1)
    assert (row.act, row.subject) == ("moderation_decided", f"flag {number}")
    assert json.loads(row.details)["decision"] == "take_down"
    assert json.loads(row.withheld)["reason"] == "names somebody"
    public = "".join(AuditLog(database).public_lines())
    assert "dreadful" not in public + row.details + row.withheld
    assert "names somebody" not in public


def test_a_refused_prompt_is_decided_on_too(database: Database):
    with database.writing() as session:
        session.add(Flag(at=now(), moderator="local", categories=["API key"], text=""))
    (case,) = ModerationDesk(database).cases()
    assert (case.what, case.battle, case.text) == ("refused prompt", None, "")
    assert ModerationDesk(database).decide([case.id], DISMISS, reason="an example key") == 1


def test_a_decision_names_flags_that_are_there_and_has_a_reason(database: Database, flag: Callable[[str], int]):
    number, desk = flag("local"), ModerationDesk(database)
    with pytest.raises(UnknownFlag, match="There is no flag 999"):
        desk.decide([number, 999], TAKE_DOWN, reason="why")
    with pytest.raises(UnknownFlag, match="There is no battle 999"):
        desk.take_down([999], reason="why")
    with pytest.raises(BadConfiguration):
        desk.decide([number], TAKE_DOWN, reason="  ")
    assert not stored(database, FlagDecision)
    assert {reply.moderation for reply in stored(database, Reply)} == {"", "flagged"}
