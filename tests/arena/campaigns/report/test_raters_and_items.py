from pathlib import Path

from arena.campaigns.report.folder import read_folder
from arena.campaigns.report.raters_and_items import answers_of, contested_items, rater_summaries
from arena.campaigns.report.standing import standing_judgements
from tests.arena.campaigns.report.exported import FIRST, SECOND, new_folder, several_raters


def test_raters_are_told_with_their_habits(tmp_path: Path):
    folder = new_folder(raters_per_item=3)
    for rater in "rst":
        folder.rater(rater)
    for item in "pq":
        folder.prompt(item)
    folder.place("r", "p", ["first"])
    folder.place("r", "q", [])
    folder.place("r", "p", ["second"], kind="repeat", swap=True)
    folder.place("r", "attention/1", ["left"], kind="attention", expected="left")
    folder.place("s", "p", ["second"])
    folder.place("s", "p", ["second"], kind="repeat", swap=True)
    folder.place("t", "p", ["second"], swap=True)
    folder.place("t", "attention/1", ["tie"], kind="attention", expected="right")
    read = read_folder(folder.write(tmp_path / "export"))
    r, s, t = rater_summaries(read, standing_judgements(read))
    assert (r.judged, r.given, r.with_others, r.repeats, r.attention) == (1, 2, (0, 1), (0, 1), (1, 1))
    assert (s.judged, s.with_others, s.repeats, s.attention) == (1, (0, 0), (1, 1), (0, 0))
    assert (t.left.won, t.left.votes, t.attention) == (1, 1, (0, 1))


def test_the_most_contested_items_come_first_with_both_answers(tmp_path: Path):
    folder = new_folder(raters_per_item=4)
    for rater in "rstu":
        folder.rater(rater)
    for item, verdicts in {"p": "fffs", "q": "ffss", "x": "ffff"}.items():
        folder.prompt(item)
        for rater, verdict in zip("rstu", verdicts, strict=True):
            folder.place(rater, item, ["first" if verdict == "f" else "second"])
    read = read_folder(folder.write(tmp_path / "export"))
    contested = contested_items(read, standing_judgements(read))
    assert [one.item for one in contested] == ["q", "p"]
    assert contested[0].answers == ((f"{FIRST} says & answers q",), (f"{SECOND} says & answers q",))
    assert contested[0].counts == {"first": 2, "tie": 0, "both_bad": 0, "second": 2}


def test_missing_answers_and_costs_are_told(tmp_path: Path):
    path = several_raters(tmp_path / "export", prompts=3)
    read = read_folder(path)
    first, second = answers_of(read, standing_judgements(read))
    assert (first.contender, first.answered, first.prompts, round(first.usd or 0, 4)) == (FIRST, 3, 3, 0.03)
    assert second.acceptable.value is None
