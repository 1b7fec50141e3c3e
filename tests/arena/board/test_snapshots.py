import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text, update

from arena.board.method import METHOD
from arena.board.snapshots import Snapshots, bibtex, canonical, standings_text
from arena.board.standings import standings_of
from arena.cli import main
from arena.db.session import Database
from arena.db.tables import Snapshot
from arena.errors import UnknownSnapshot
from arena.votes.exclusions import VoteExclusions
from arena.web.texts.notes import with_sentences
from leaderboard import Verdict
from tests.arena.conftest import scripted
from tests.arena.recorded_votes import Ballot, record

Enter = Callable[..., None]
GOLDENS = Path(__file__).parent / "goldens"


@pytest.fixture
def snapshots(database: Database, enter: Enter) -> Snapshots:
    """Of an arena with votes between three contenders and a fourth without any."""
    enter(*map(scripted, ["two", "one", "three", "nobody"]))
    pairs = [("one", "two"), ("two", "three"), ("three", "one"), ("two", "one")]
    record(database, *(Ballot(a, b, verdict) for a, b in pairs for verdict in (Verdict.A, Verdict.B, Verdict.BOTH_BAD)))
    return Snapshots(database)


def test_a_snapshot_holds_the_standings_of_its_moment(database: Database, snapshots: Snapshots):
    before = json.loads(canonical(standings_of(database).ranking.to_dict()))
    taken = snapshots.take()
    VoteExclusions(database).exclude(battles=[1, 2, 3], reason="a test")
    kept = snapshots.get(taken.id)
    assert {name: value for name, value in json.loads(kept.standings).items() if name != "style"} == before
    assert kept.num_votes == before["votes"] == 12
    assert before["unrated"] == ["nobody"]
    assert re.fullmatch(r"[a-z]{8}", kept.id)
    assert kept.votes_sha256 == hashlib.sha256(kept.tallies.encode()).hexdigest()


def test_a_snapshot_is_replayed_byte_for_byte_whatever_happened_since(
    database: Database, snapshots: Snapshots, enter: Enter
):
    first = snapshots.take()
    enter(scripted("late"))
    record(database, Ballot("late", "one", Verdict.A), Ballot("one", "late", Verdict.A))
    second = snapshots.take()
    assert first.votes_sha256 != second.votes_sha256
    for taken in (first, second):
        replay = snapshots.replay(taken.id)
        assert replay.identical
        assert replay.standings == taken.standings


def test_a_snapshot_holds_ratings_at_equal_style_that_later_changes_leave_alone(database: Database, enter: Enter):
    enter(*map(scripted, ["long-name", "two", "six"]))
    pairs = [("long-name", "two"), ("two", "six"), ("six", "long-name")]
    prompts = ("Hello?", "What is the longest word that you know?")
    ballots = [Ballot(a, b, verdict, prompts=(prompt,)) for a, b in pairs for verdict in Verdict for prompt in prompts]
    record(database, *ballots, *ballots)
    snapshots = Snapshots(database)
    taken = snapshots.take()
    style = json.loads(taken.standings)["style"]
    assert style["votes"] == 48
    assert style["ratings"].keys() == style["shifts"].keys() == {"long-name", "two", "six"}
    assert style["coefficients"].keys() == {"characters"}  # nobody wrote anything else
    VoteExclusions(database).exclude(battles=[1, 2, 3], reason="a test")
    assert snapshots.replay(taken.id).identical


def test_a_board_whose_answers_look_alike_for_each_contender_is_frozen_and_names_what_it_cannot_tell(
    database: Database, snapshots: Snapshots
):
    pairs = [("one", "two"), ("two", "three"), ("three", "one")]
    record(database, *(Ballot(a, b, verdict) for a, b in pairs for verdict in (Verdict.A, Verdict.B) for _ in range(9)))
    taken = snapshots.take()
    style = json.loads(taken.standings)["style"]
    assert style["coefficients"] == {}
    assert set(style["unidentified"].values()) == {"contenders"}
    assert snapshots.replay(taken.id).identical


def test_a_snapshot_of_the_first_method_is_replayed_as_it_was(database: Database, snapshots: Snapshots):
    taken = snapshots.take()
    with database.writing() as session:
        old = {name: getattr(taken, name) for name in Snapshot.__table__.columns.keys()}  # noqa: SIM118
        old |= {"id": "oldenone", "method": "1", "style_votes": None, "settings": {"level": 0.95, "contenders": []}}
        old["standings"] = standings_text(taken.tallies, old["settings"], None, method="1")
        session.add(Snapshot(**old))
    assert "style" not in json.loads(old["standings"])
    assert snapshots.replay("oldenone").identical


@pytest.mark.parametrize("case", ["empty", "alone", "many", "groups"])
def test_a_snapshot_of_the_time_of_sentences_is_replayed_byte_for_byte(case: str):
    kept = json.loads((GOLDENS / "snapshots_of_method_2.json").read_text())[case]  # taken with version 2 of the method
    assert standings_text(kept["tallies"], kept["settings"], None, method="2") == kept["standings"]
    now = json.loads(standings_text(kept["tallies"], kept["settings"], None, method=METHOD))
    assert "notes" not in now
    # The words are today's, but every note is still there.
    worded, before = with_sentences(now), json.loads(kept["standings"])
    assert len(worded["notes"]) == len(before["notes"])
    assert [bool(row["note"]) for row in worded["ratings"]] == [bool(row["note"]) for row in before["ratings"]]


def test_the_same_votes_have_the_same_hash(database: Database, snapshots: Snapshots):
    first = snapshots.take()
    exclusions = VoteExclusions(database)
    exclusions.exclude(battles=[1], reason="out")
    without = snapshots.take()
    exclusions.restore(battles=[1], reason="in")
    again = snapshots.take()
    assert first.votes_sha256 == again.votes_sha256 != without.votes_sha256
    assert first.standings == again.standings
    assert first.id != again.id


def test_an_arena_without_votes_can_be_frozen_too(database: Database):
    taken = Snapshots(database).take()
    assert taken.num_votes == 0
    assert Snapshots(database).replay(taken.id).identical


@pytest.mark.parametrize("statement", ["UPDATE snapshots SET num_votes = 0", "DELETE FROM snapshots"])
def test_the_database_refuses_to_change_a_snapshot(database: Database, snapshots: Snapshots, statement: str):
    taken = snapshots.take()
    with pytest.raises(Exception, match="never changed"), database.engine.begin() as connection:
        connection.execute(text(statement))
    assert snapshots.get(taken.id).num_votes == 12


def unguarded(database: Database, statement: object) -> None:
    """Change snapshots as somebody might who owns the database."""
    with database.engine.begin() as connection:
        if database.is_sqlite:
            connection.execute(text("DROP TRIGGER snapshots_refuse_update"))
        else:
            connection.execute(text("ALTER TABLE snapshots DISABLE TRIGGER ALL"))
        connection.execute(statement)  # type: ignore[call-overload]


def test_a_snapshot_that_was_tampered_with_does_not_replay(database: Database, snapshots: Snapshots):
    taken = snapshots.take()
    unguarded(database, update(Snapshot).values(tallies=taken.tallies.replace("[0,2,1,", "[0,2,9,")))
    replay = snapshots.replay(taken.id)
    assert (replay.votes_intact, replay.identical) == (False, False)


def test_snapshots_are_listed_newest_first_and_an_unknown_one_is_a_sentence(snapshots: Snapshots):
    ids = [snapshots.take().id for _ in range(3)]
    assert [row.id for row in snapshots.list()] == ids[::-1]
    with pytest.raises(UnknownSnapshot, match="nosuchid"):
        snapshots.get("nosuchid")


def test_a_title_cannot_break_out_of_its_citation(snapshots: Snapshots):
    entry = bibtex(snapshots.take(), title="R&D} arena_1 \\")
    assert "{{R\\&D\\} arena\\_1 }: standings of" in entry


@pytest.fixture
def arena(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    monkeypatch.setenv("ARENA_DATABASE_URL", database_url)
    return lambda *arguments: main(["leaderboard", *arguments])


def test_the_commands_take_list_show_cite_and_replay(
    arena: Callable[..., int], snapshots: Snapshots, capsys: pytest.CaptureFixture[str]
):
    assert arena("snapshots") == 0
    assert "No snapshots yet" in capsys.readouterr().err
    assert arena("snapshot") == 0
    id_ = capsys.readouterr().out.split()[1].rstrip(":")
    assert arena("snapshots") == 0
    assert id_ in capsys.readouterr().out
    assert arena("snapshots", id_, "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    assert arena("--json") == 0
    assert [row["contender"] for row in json.loads(capsys.readouterr().out)["ratings"]] == [
        row["contender"] for row in shown["standings"]["ratings"]
    ]
    assert arena("snapshots", id_, "--bibtex") == 0
    assert f"@misc{{arena-{id_}," in capsys.readouterr().out
    assert arena("replay", id_) == 0
    assert "identical" in capsys.readouterr().out
    assert arena("replay", "nosuchid") == 1


def test_style_that_cannot_be_told_from_who_wrote_the_answers_is_named_without_a_number(
    arena: Callable[..., int], database: Database, snapshots: Snapshots, capsys: pytest.CaptureFixture[str]
):
    pairs = [("one", "two"), ("two", "three"), ("three", "one")]
    record(database, *(Ballot(a, b, verdict) for a, b in pairs * 9 for verdict in (Verdict.A, Verdict.B)))
    assert arena("snapshot", "--json") == 0
    style = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)["standings"]["style"]
    assert style["unidentified"] == {"characters": "contenders"}
    assert arena("--style") == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "characters" in shown
    assert "nan" not in shown


def test_a_replay_that_differs_says_so(
    arena: Callable[..., int], database: Database, snapshots: Snapshots, capsys: pytest.CaptureFixture[str]
):
    taken = snapshots.take()
    unguarded(database, update(Snapshot).values(standings=taken.standings.replace('"votes":12', '"votes":13')))
    assert arena("replay", taken.id) == 1
    assert "the standings differ" in capsys.readouterr().out
