import pytest

from arena.board.observations import observe
from arena.board.standings import StandingsView, standings_of
from arena.board.transparency import by_owner, pairs_met, register_summary, shares, status_notes
from arena.contenders.register import Contenders
from arena.db.session import Database
from arena.db.states import ContenderStatus
from tests.arena.conftest import scripted


def test_each_contender_has_its_share_of_the_places_in_battles(view: StandingsView, filled: Database):
    found = {share.slug: share for share in shares(view, observe(filled))}
    assert sum(share.share for share in found.values()) == pytest.approx(1.0)
    assert (found["gpt"].battles, found["gpt"].votes) == (24, 24)
    # Excluded battles were drawn all the same.
    assert (found["alpaca-7b"].battles, found["alpaca-7b"].votes) == (26, 24)
    assert (found["nobody"].battles, found["nobody"].share) == (0, 0.0)


def test_shares_are_nothing_until_battles_have_been_counted(view: StandingsView):
    assert all(share.share == 0.0 for share in shares(view, None))


def test_an_owner_has_the_shares_of_all_its_contenders_and_its_private_ones(view: StandingsView, filled: Database):
    private = register_summary(filled).private
    (owner,) = by_owner(shares(view, observe(filled)), view, private)
    assert (owner.name, owner.contenders, owner.private, owner.battles) == ("An owner", 4, 1, 76)
    assert owner.share == pytest.approx(1.0)


def test_who_is_entered_by_nobody_counts_for_its_maker_or_for_one_who_is_not_stated(filled: Database):
    made, stray = scripted("made"), scripted("stray")
    stray.organisation = ""
    with filled.writing() as session:
        session.add_all([made, stray])
    view = standings_of(filled)
    owners = by_owner(shares(view, None), view, register_summary(filled).private)
    assert {owner.name for owner in owners} == {"An owner", "Testers", ""}


def test_pairs_that_met_are_counted_among_those_with_votes(view: StandingsView):
    assert pairs_met(view) == (3, 3)


def test_who_left_is_told_with_the_reason(filled: Database):
    contenders = Contenders(filled)
    contenders.pause("gpt", reason="too dear")
    (departure,) = register_summary(filled).departures
    assert (departure.slug, departure.status, departure.reason) == ("gpt", ContenderStatus.PAUSED, "too dear")
    assert [note.reason for note in status_notes(filled, "gpt", newest=1)] == ["too dear"]
