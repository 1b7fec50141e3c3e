from pathlib import Path

from arena.campaigns.report.folder import read_folder
from arena.campaigns.report.standing import as_votes, of_kind, standing_judgements
from leaderboard.verdict import VERDICTS
from tests.arena.campaigns.report.exported import FIRST, new_folder


def test_the_last_blind_word_stands_and_a_second_look_is_kept_apart(tmp_path: Path):
    folder = new_folder()
    folder.rater("r")
    for item in "pqs":
        folder.prompt(item)
    folder.place("r", "p", ["first", "tie", "?second"], swap=True)
    folder.place("r", "q", ["second"], swap=True)
    folder.place("r", "p", ["second"], kind="repeat")
    folder.place("r", "s", [])
    standing = standing_judgements(read_folder(folder.write(tmp_path / "export")))
    judged = of_kind(standing, "judged")
    assert [one.outcome(FIRST) for one in judged] == ["tie", "second"]
    assert [one.second.verdict if one.second else None for one in judged] == ["left", None]
    assert len(of_kind(standing, "repeat")) == 1
    votes = as_votes(judged)
    assert [VERDICTS[place].value for place in votes.verdict] == ["tie", "a"]
    assert votes.extra["rater"].tolist() == ["r", "r"]
