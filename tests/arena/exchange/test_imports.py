from collections.abc import Callable
from pathlib import Path

import pytest

from arena.board.standings import standings_of
from arena.db.session import Database
from arena.errors import BadConfiguration, SeriesExists, UnknownSeries
from arena.exchange.imports import VoteImports
from leaderboard import Tallies, Verdict, read_votes
from leaderboard.errors import BadVotes
from tests.arena.conftest import scripted
from tests.arena.recorded_votes import Ballot, record

Enter = Callable[..., None]
VOTES = """model_a,model_b,winner,tstamp
one,gpt-x,model_a,1
gpt-x,one,model_a,2
one,two,tie (bothbad),3
two,gpt-x,model_b,4
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "votes.csv"
    path.write_text(VOTES)
    return path


@pytest.fixture
def imports(database: Database, enter: Enter) -> VoteImports:
    """Of an arena with two contenders and one vote of its own."""
    enter(scripted("one"), scripted("two"))
    record(database, Ballot("one", "two", Verdict.A))
    return VoteImports(database)


def test_imported_votes_are_a_series_of_their_own(database: Database, imports: VoteImports, file: Path):
    report = imports.take(file, series="field")
    assert (report.num_votes, report.contenders, report.unknown) == (4, ("gpt-x", "one", "two"), ("gpt-x",))
    tallies = imports.tallies("field")
    expected = Tallies.from_votes(read_votes(file))
    assert tallies.contenders == expected.contenders
    assert (tallies.counts == expected.counts).all()
    assert standings_of(database).ranking.votes == 1
    (row,) = imports.list()
    assert (row.name, row.source, row.num_votes) == ("field", "votes.csv", 4)


def test_a_dry_run_reports_the_same_and_stores_nothing(imports: VoteImports, file: Path):
    dry = imports.take(file, series="field", dry_run=True)
    assert imports.list() == []
    assert imports.take(file, series="field") == dry


def test_a_file_with_faults_is_refused_whole_and_every_fault_is_named(imports: VoteImports, file: Path):
    file.write_text(VOTES + "one,one,model_a,5\none,two,who knows,6\n")
    with pytest.raises(BadVotes) as refusal:
        imports.take(file, series="field")
    assert [fault.split(":")[0] for fault in refusal.value.faults] == ["row 5", "row 6"]
    assert imports.list() == []


def test_a_series_is_never_added_to_and_needs_a_name(imports: VoteImports, file: Path):
    imports.take(file, series="field")
    for dry_run in (False, True):
        with pytest.raises(SeriesExists, match="field"):
            imports.take(file, series="field", dry_run=dry_run)
    with pytest.raises(BadConfiguration):
        imports.take(file, series=" ")
    with pytest.raises(UnknownSeries) as unknown:
        imports.tallies("filed")
    assert unknown.value.hint == "Imported so far: field."
