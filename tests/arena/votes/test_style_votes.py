"""Votes with how both sides' answers looked."""

from collections.abc import Callable

from arena.db.session import Database
from arena.votes.style_votes import StyleVotes
from leaderboard import Verdict
from tests.arena.conftest import scripted
from tests.arena.recorded_votes import Ballot, record


def test_voters_who_prefer_the_longer_answer_give_length_its_credit(database: Database, enter: Callable[..., None]):
    """Answers hold their writer's name. The longer of the two won seven times of eight, on either side."""
    names = ("a-long-name", "the-longest-name-of-all", "two")
    enter(*map(scripted, names))
    record(
        database,
        *(
            Ballot(a, b, Verdict.A if (len(a) > len(b)) == as_usual else Verdict.B)
            for a in names
            for b in names
            for as_usual in [True] * 7 + [False]
            if a != b
        ),
    )
    with database.reading() as session:
        votes = StyleVotes.read(session)
    left, right, _, characters_left, characters_right, *_ = votes.table.T
    for place, name in enumerate(votes.contenders):
        length = len(f"{name} answers Hello?")
        assert {*characters_left[left == place], *characters_right[right == place]} == {length}
    fit = votes.fit()
    assert fit
    assert fit.coefficients["characters"].value > 0
