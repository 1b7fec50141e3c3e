import json
import subprocess
import sys
from pathlib import Path

import pytest

from arena.cli import main

HEADER = "model_a,model_b,winner\n"
VOTES = HEADER + "x,y,model_a\n" * 6 + "y,x,model_a\n" * 3 + "x,y,tie\nx,[z],both_bad\nx,[z],model_b\n[z],y,model_b\n"


@pytest.fixture
def votes(tmp_path: Path) -> Path:
    path = tmp_path / "votes.csv"
    path.write_text(VOTES)
    return path


def test_json_holds_the_stable_interface(votes: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["leaderboard", "--json", "--votes", str(votes)]) == 0
    document = json.loads(capsys.readouterr().out)
    assert {rating["contender"] for rating in document["ratings"]} == {"x", "y", "[z]"}
    for rating in document["ratings"]:
        assert rating["lower"] < rating["rating"] < rating["upper"]
        assert {"contender", "rating", "lower", "upper", "rank", "votes"} <= rating.keys()
    assert document["votes"] == 13


def test_the_table_shows_ranks_names_and_intervals(votes: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["leaderboard", "--votes", str(votes)]) == 0
    shown = capsys.readouterr().out
    for word in ("Rank", "Contender", "Rating", "95% interval", "Votes", "1–3", "[z]", "provisional"):
        assert word in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_notes_explain_what_the_table_cannot(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = tmp_path / "votes.csv"
    path.write_text(HEADER + "x,y,model_a\ny,x,model_a\nz,x,model_a\nz,y,model_a\nu,v,tie\nu,v,model_a\nv,u,model_a\n")
    assert main(["leaderboard", "--votes", str(path)]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "Board 2" in shown
    assert "The votes fall into 2 boards whose ratings cannot be compared." in shown
    assert "z: Won all 2 battles" in shown


def test_a_file_without_votes_gives_a_sentence_and_not_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = tmp_path / "votes.csv"
    path.write_text(HEADER)
    assert main(["leaderboard", "--votes", str(path)]) == 0
    assert capsys.readouterr().out.startswith("No votes yet")
    assert main(["leaderboard", "--json", "--votes", str(path)]) == 0
    assert json.loads(capsys.readouterr().out)["ratings"] == []


def test_a_bad_file_ends_with_its_faults_and_exit_code_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = tmp_path / "votes.csv"
    path.write_text(HEADER + "x,y,model_a\nx,x,tie\nx,y,model_c\n")
    assert main(["leaderboard", "--votes", str(path)]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "row 2: `x` meets itself" in shown.err
    assert "row 3: winner is `model_c`" in shown.err
    assert "hint: A winner is one of" in shown.err


def test_a_missing_file_ends_with_a_sentence_and_exit_code_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["leaderboard", "--votes", str(tmp_path / "none.csv")]) == 2
    assert "There is no file" in capsys.readouterr().err


def test_rating_a_file_loads_no_database_no_web_and_no_torch(votes: Path):
    program = (
        "import sys\n"
        "from arena.cli import main\n"
        f"assert main(['leaderboard', '--json', '--votes', {str(votes)!r}]) == 0\n"
        "print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not {"sqlalchemy", "gradio", "torch", "openai", "alembic"} & set(done.stderr.split())


# Other views


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--view", "davidson"], "by Davidson’s model"),
        (["--view", "rao-kupper"], "by Rao and Kupper’s model"),
        (["--view", "elo"], "Online Elo"),
        (["--cluster", "judge"], "same judge (4 different ones)"),
        (["--style", "latency", "mood"], "log odds of a win: latency"),
    ],
)
def test_another_view_says_what_it_is(judged: Path, capsys: pytest.CaptureFixture[str], options: list[str], words: str):
    assert main(["leaderboard", "--votes", str(judged), *options]) == 0
    assert words in " ".join(capsys.readouterr().out.split())
    assert main(["leaderboard", "--votes", str(judged), "--json", *options]) == 0
    document = json.loads(capsys.readouterr().out)
    assert words in document["about"]
    assert {"contender", "rating", "error", "lower", "upper", "rank_upper"} <= document["ratings"][0].keys()


@pytest.fixture
def judged(tmp_path: Path) -> Path:
    """Votes by four judges, with the probabilities of their pairs."""
    rows = ["x,y,model_a", "y,x,model_a", "x,y,tie", "y,z,model_a", "z,y,model_a", "x,z,model_a", "z,x,tie"]
    lines = [
        f"{row},judge-{number % 4},{0.2 + 0.1 * (number % 3)},{number % 5},{number % 3},{number % 7 - 3}"
        for number, row in enumerate(rows * 5)
    ]
    path = tmp_path / "judged.csv"
    path.write_text("\n".join(["model_a,model_b,winner,judge,probability,latency_a,latency_b,mood", *lines]) + "\n")
    return path


def test_votes_can_be_weighed_by_how_likely_their_pair_was(judged: Path, capsys: pytest.CaptureFixture[str]):
    ratings = []
    for options in ([], ["--reweight"]):
        assert main(["leaderboard", "--votes", str(judged), "--json", *options]) == 0
        ratings.append({row["contender"]: row["rating"] for row in json.loads(capsys.readouterr().out)["ratings"]})
    assert ratings[0].keys() == ratings[1].keys()
    assert ratings[0] != ratings[1]


def test_a_probability_that_cannot_be_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    for value in ("0", "often", ""):
        path = tmp_path / "odd.csv"
        path.write_text(f"model_a,model_b,winner,probability\nx,y,model_a,{value}\ny,x,model_a,0.5\n")
        assert main(["leaderboard", "--votes", str(path), "--reweight"]) == 2
        assert "`probability` cannot be used" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--cluster", "--style"])
def test_a_column_that_is_not_there_is_named(judged: Path, capsys: pytest.CaptureFixture[str], option: str):
    assert main(["leaderboard", "--votes", str(judged), option, "colour"]) == 2
    assert "column `colour`" in capsys.readouterr().err


def test_style_that_is_no_number_is_named_with_its_row(judged: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["leaderboard", "--votes", str(judged), "--style", "judge", "mood"]) == 2
    assert "column `judge` is no number in row 1" in capsys.readouterr().err


def test_contenders_are_compared_in_sentences(judged: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["leaderboard", "--votes", str(judged), "compare", "x", "y", "z"]) == 0
    shown = capsys.readouterr().out
    assert [line for line in shown.splitlines() if not line.startswith(" ")] == ["x and y", "x and z", "y and z"]
    assert "In their own 15 battles x scored" in shown
    assert main(["leaderboard", "--votes", str(judged), "compare", "x", "y", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["direct"]["votes"] == 15


def test_a_comparison_honours_clusters_weights_and_style(judged: Path, capsys: pytest.CaptureFixture[str]):
    def interval(*options: str) -> tuple[float, float]:
        assert main(["leaderboard", "--votes", str(judged), *options, "compare", "x", "y", "--json"]) == 0
        difference = json.loads(capsys.readouterr().out)[0]["difference"]
        return difference["value"], difference["error"]

    # Every row of a mood is alike, so whoever shares one adds no new evidence.
    plain, clustered, reweighted = interval(), interval("--cluster", "mood"), interval("--reweight")
    assert clustered[0] == pytest.approx(plain[0])
    assert clustered[1] > plain[1]
    assert reweighted != plain
    assert interval("--style", "latency")[0] != plain[0]
    assert interval("--style", "latency", "--cluster", "judge")[1] >= interval("--style", "latency")[1]
    assert interval("--reweight", "--cluster", "mood")[1] > reweighted[1]


def test_clusters_go_with_every_other_view(judged: Path, capsys: pytest.CaptureFixture[str]):
    for options in (["--view", "davidson"], ["--view", "rao-kupper"], ["--style", "latency"], ["--reweight"], []):
        command = ["leaderboard", "--votes", str(judged), *options, "--cluster", "judge", "--cluster", "mood"]
        assert main(command) == 0
        shown = " ".join(capsys.readouterr().out.split())
        assert "the same judge (4 different ones) or the same mood (7 different ones)" in shown
        assert main([*command, "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["about_data"]["clusters"] == {"judge": 4, "mood": 7}


def test_a_comparison_says_of_how_many_clusters_its_errors_were_learned(
    judged: Path, capsys: pytest.CaptureFixture[str]
):
    assert main(["leaderboard", "--votes", str(judged), "--cluster", "judge", "compare", "x", "y"]) == 0
    shown = capsys.readouterr().out
    assert "the same judge (4 different ones)" in shown
    assert "however often one looks" not in shown  # holds for independent votes only
    assert "more battles between them" not in shown


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ("--view elo --cluster judge", "takes no --cluster"),
        ("--view elo --simultaneous", "takes no --simultaneous"),
        ("--cluster winner", "no column `winner`"),
        ("--cluster judge --cluster colour", "no column `colour`"),
    ],
)
def test_clusters_that_cannot_be_are_refused(options: str, told: str, judged: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["leaderboard", "--votes", str(judged), *options.split()]) == 2
    assert told in capsys.readouterr().err


def test_the_same_cluster_named_twice_counts_once(judged: Path, capsys: pytest.CaptureFixture[str]):
    outputs = []
    for options in (["--cluster", "mood"], ["--cluster", "mood", "--cluster", "mood"]):
        assert main(["leaderboard", "--votes", str(judged), *options]) == 0
        outputs.append(capsys.readouterr().out)
    assert outputs[0] == outputs[1]


def test_two_forms_at_once_are_refused(judged: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["leaderboard", "--json", "snapshot", "--bibtex"]) == 2
    assert "not both" in capsys.readouterr().err


def test_what_two_clusters_say_is_not_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = tmp_path / "two.csv"
    rows = [f"x,y,{winner},{number % 2}" for number, winner in enumerate(["model_a", "model_b"] * 9)]
    path.write_text("\n".join(["model_a,model_b,winner,voter", *rows]) + "\n")
    assert main(["leaderboard", "--votes", str(path), "--cluster", "voter"]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "Of `voter` only 2 are different" in shown.err


def test_the_columns_of_style_end_where_an_action_begins(judged: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["leaderboard", "--votes", str(judged), "--style", "latency", "compare", "x", "z"]) == 0
    assert capsys.readouterr().out.startswith("x and z")


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ("--view elo compare x y", "--view"),
        ("--view davidson compare x y", "--view"),
        ("--simultaneous compare x y", "--simultaneous"),
        ("--cluster judge snapshot", "--cluster"),
        ("--style snapshots", "--style"),
        ("--style snapshot", "--style"),
        ("--reweight replay 1", "--reweight"),
        ("--json replay 1", "--json"),
    ],
)
def test_an_option_that_an_action_does_not_take_is_refused(
    options: str, named: str, judged: Path, capsys: pytest.CaptureFixture[str]
):
    assert main(["leaderboard", *options.split()]) == 2
    assert f"does not take {named}." in capsys.readouterr().err


@pytest.mark.parametrize(("names", "code"), [(["x", "x"], 2), (["x", "nobody"], 1)])
def test_a_comparison_that_cannot_be_is_a_sentence(
    judged: Path, capsys: pytest.CaptureFixture[str], names: list[str], code: int
):
    assert main(["leaderboard", "--votes", str(judged), "compare", *names]) == code
    assert capsys.readouterr().err.startswith("error: ")


def test_a_feature_that_cannot_be_told_apart_from_who_wrote_the_answers_is_named_and_has_no_number(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    lengths = {"x": 100, "y": 300, "z": 50}
    pairs = ["x,y,model_a", "y,x,model_a", "y,z,model_b", "y,z,model_a", "z,x,model_a", "z,x,model_b"] * 10
    rows = [f"{row},{lengths[row[0]]},{lengths[row[2]]},{number % 7}" for number, row in enumerate(pairs)]
    path = tmp_path / "votes.csv"
    path.write_text("\n".join(["model_a,model_b,winner,length_a,length_b,mood", *rows]) + "\n")
    assert main(["leaderboard", "--votes", str(path), "--style", "length", "mood"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "No effect can be given for: length (it cannot be told apart from who wrote the answers)." in shown
    assert "mood +" in shown or "mood -" in shown
    assert "nan" not in shown
