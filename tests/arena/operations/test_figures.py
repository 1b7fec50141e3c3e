import json

import pytest

from arena.battles.budgets import account_of
from arena.cli import main
from arena.clock import now
from arena.contenders.register import Contenders
from arena.db.session import Database
from arena.db.states import ReplyStatus
from arena.db.tables import Battle, Reply, Spending, Turn, Voter
from arena.operations.figures import recent_figures
from tests.arena.conftest import scripted


def test_status_shows_failures_timeouts_and_latency(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("ARENA_DATABASE_URL", database_url)
    contenders, voter = [scripted("one"), scripted("two")], Voter(key="v", first_seen_at=now())
    with database.writing() as session:
        session.add_all([*contenders, voter])
        session.flush()
        battle = Battle(handle="h", voter_id=voter.id, policy="uniform", probability=1.0, opened_at=now())
        battle.contender_a_id, battle.contender_b_id = (contender.id for contender in contenders)
        turn = Turn(position=1, prompt="Hello", asked_at=now())
        for attempt, (status, failure, first_s) in enumerate(
            [("finished", "", 0.2), ("finished", "", 0.4), ("failed", "stalled", 0.3), ("failed", "unreachable", None)]
        ):
            reply = Reply(side="a", attempt=attempt, contender_id=contenders[0].id, started_at=now(), failure=failure)
            reply.status, reply.first_token_s, reply.queued_s, reply.usd = ReplyStatus(status), first_s, 0.1, 0.25
            reply.duration_s = 2.0
            turn.replies.append(reply)
        battle.turns.append(turn)
        contenders[0].usd_per_day = 4.0
        session.add(battle)
        session.add(Spending(day=now().date(), account=account_of(contenders[0]), usd=1.5))
    Contenders(database).note_check("one", passed=True, findings=[])
    one, two = recent_figures(database, days=7)
    assert (one.finished, one.failed, one.timeouts, one.queued, one.usd) == (2, 2, 1, 3, 1.0)
    assert one.first_token_s
    assert (one.first_token_s.median, one.first_token_s.p95) == pytest.approx((0.2, 0.29))
    assert one.whole_s
    assert (one.whole_s.median, one.whole_s.p95) == pytest.approx((1.9, 1.9))
    assert (one.usd_today, one.usd_per_day, one.passed) == (1.5, 4.0, True)
    assert (two.finished, two.failed, two.first_token_s) == (0, 0, None)
    assert main(["contenders", "status", "--json"]) == 0
    assert [row["slug"] for row in json.loads(capsys.readouterr().out)] == ["one", "two"]
    assert main(["contenders", "status"]) == 0
    printed = capsys.readouterr().out
    assert "2 (50%)" in printed
    assert "1.50 of 4.00" in printed
    assert "never" in printed
