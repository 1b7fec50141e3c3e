"""Votes with how both sides' answers looked."""

from collections.abc import Callable

from arena.db.session import Database
from arena.votes.style_votes import StyleVotes
from leaderboard import Verdict
from tests.arena.conftest import scripted
from tests.arena.recorded_votes import Ballot, record


def test_voters_who_prefer_the_longer_answer_give_length_its_credit(database: Database, enter: Callable[..., None]):
    """Answers hold their writer's name and the prompt: the shorter it is, the more the longer answer stands out.

    On short prompts the longer answer won seven times of eight, on long ones five, on either side.
    """
    names = ("a-long-name", "the-longest-name-of-all", "two")
    wins = {"Hello?": 7, "What is the longest word that you know?": 5}
    enter(*map(scripted, names))
    record(
        database,
        *(
            Ballot(a, b, Verdict.A if (len(a) > len(b)) == (vote < won) else Verdict.B, prompts=(prompt,))
            for prompt, won in wins.items()
            for a in names
            for b in names
            for vote in range(8)
            if a != b
        ),
    )
    with database.reading() as session:
        votes = StyleVotes.read(session)
    left, right, _, characters_left, characters_right, *_ = votes.table.T
    for place, name in enumerate(votes.contenders):
        lengths = {len(f"{name} answers {prompt}") for prompt in wins}
        assert {*characters_left[left == place], *characters_right[right == place]} == lengths
    fit = votes.fit()
    assert fit
    assert fit.coefficients["characters"].value > 0
