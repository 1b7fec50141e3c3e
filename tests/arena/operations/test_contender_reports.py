"""A maintainer sees one contender whole, and acts on it by the rules of the register."""

import pytest

from arena.contenders.check import activate_checked
from arena.contenders.opened import OpenContenders
from arena.contenders.register import Contenders
from arena.db.audit_tables import AuditEntry
from arena.db.finding_tables import CheckRequest
from arena.db.session import Database
from arena.db.states import ContenderStatus
from arena.errors import ContenderUnfit, UnknownContender, WrongStatus
from arena.operations.contender_reports import act_on, report_of
from tests.arena.conftest import Enter, scripted
from tests.arena.finished_battles import stored


async def test_a_report_tells_what_may_be_done_and_what_was_found(
    database: Database, enter: Enter, open_contenders: OpenContenders
):
    one = scripted("one")
    one.status = ContenderStatus.CANDIDATE
    one.slug = "one@2"
    enter(scripted("one"), one)
    contenders = Contenders(database)
    assert report_of(database, contenders, "one").may == ["resume", "check"]
    assert report_of(database, contenders, "one").facts is None
    await activate_checked(contenders, contenders.named(["one"]), open_contenders)
    report = report_of(database, contenders, "one")
    assert report.may == ["pause", "check"]
    assert [row.slug for row in report.versions] == ["one@2", "one"]
    assert report.facts is not None
    assert report.facts.counts_tokens
    assert report.check is not None
    assert report.found_at is not None
    assert (report.failures, report.request) == ([], None)


def test_every_act_keeps_who_did_it_and_why(database: Database, enter: Enter):
    enter(scripted("one"))
    contenders = Contenders(database)
    act_on(database, contenders, "one", "pause", who="mina", reason=" too \n slow ")
    assert contenders.named(["one"])[0].status_reason == "too slow (mina, from the operators' page)"
    noted = stored(database, AuditEntry)[-1]
    assert (noted.who, noted.origin) == ("mina", "/operations")
    with pytest.raises(ContenderUnfit):
        act_on(database, contenders, "one", "resume", who="mina", reason="")
    act_on(database, contenders, "one", "check", who="mina", reason="")
    (request,) = stored(database, CheckRequest)
    assert (request.asked_by, request.slugs) == ("mina", ["one"])
    assert report_of(database, contenders, "one").request
    contenders.retire("one", "done")
    assert report_of(database, contenders, "one").may == []
    with pytest.raises(WrongStatus):
        act_on(database, contenders, "one", "pause", who="mina", reason="")
    with pytest.raises(UnknownContender):
        act_on(database, contenders, "two", "pause", who="mina", reason="")
