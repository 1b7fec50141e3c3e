from pathlib import Path

import pytest

from arena.campaigns.report.folder import read_folder
from arena.campaigns.report.results import PairResult, pair_results
from arena.campaigns.report.standing import standing_judgements
from tests.arena.campaigns.report.exported import new_folder, published_comparison, several_raters


def result_of(path: Path) -> PairResult:
    folder = read_folder(path)
    return pair_results(folder, standing_judgements(folder))[0]


def test_the_published_comparison_is_not_told_apart(tmp_path: Path):
    result = result_of(published_comparison(tmp_path / "export"))
    assert (result.wins, result.losses, result.ties, result.both_bad, result.undone) == (90, 89, 73, 0, 0)
    assert result.p_value == 1.0 == result.decisive.p_value
    assert result.decisive.wilson == pytest.approx((0.430, 0.575), abs=5e-4)
    assert result.detectable == 0.605
    assert result.one_each
    assert not result.told_apart(0.05)
    assert result.agreement.raw is None
    assert result.agreement.nominal.value is None
    assert [group.judgements for group in result.categories] == [84, 84, 84]
    assert result.dependent is not None
    assert (result.dependent.raters, result.dependent.prompts) == (5, 252)


def test_five_judgements_of_a_prompt_are_not_five_prompts(tmp_path: Path):
    """90 of 150 would be significant if all were independent; over 30 prompts they are not."""
    result = result_of(several_raters(tmp_path / "export"))
    assert result.decisive.p_value < 0.02
    assert result.p_value > 0.05
    assert not result.told_apart(0.05)
    assert result.dependent is not None
    assert result.dependent.lower < 0.5 < result.dependent.value
    assert result.agreement.fleiss == pytest.approx(0.1667, abs=1e-3)
    assert len(result.agreement.kappas) == 10
    assert result.left.value == 0.5


def test_what_is_undone_is_counted(tmp_path: Path):
    folder = new_folder()
    folder.rater("r")
    for number in range(12):
        folder.prompt(f"p{number}", answered=number > 0)
        folder.place("r", f"p{number}", ["first"] if number < 9 else [])
    folder.rows["assignments"][10]["status"] = "returned"
    result = result_of(folder.write(tmp_path / "export"))
    assert (result.planned, result.judged, result.undone) == (11, 9, 2)
    assert result.told_apart(0.05)
    assert result.dependent is None  # one side won all


def test_a_planned_look_may_end_it_and_its_boundary_is_higher_than_that_of_one_test(tmp_path: Path):
    folder = new_folder(stopping="obrien-fleming", looks=2)
    folder.rater("r")
    for number in range(40):
        folder.prompt(f"p{number}")
        folder.place("r", f"p{number}", ["first"] if number < 30 else [])
    result = result_of(folder.write(tmp_path / "export"))
    (look,) = result.looks
    assert (look.judgements, look.fraction) == (20, 0.5)
    assert look.boundary == pytest.approx(2.963, abs=1e-3)
    assert look.statistic == pytest.approx(20**0.5)
    assert result.told_apart(0.05)


def test_second_looks_are_counted_and_change_nothing(tmp_path: Path):
    folder = new_folder()
    folder.rater("r")
    for number in range(4):
        folder.prompt(f"p{number}")
        folder.place("r", f"p{number}", ["first", "?second" if number else "?first"])
    result = result_of(folder.write(tmp_path / "export"))
    assert (result.wins, result.changed, result.second_looks) == (4, 3, 4)


def test_nothing_judged_is_a_result_too(tmp_path: Path):
    folder = new_folder()
    folder.prompt("p")
    result = result_of(folder.write(tmp_path / "export"))
    assert (result.judged, result.p_value, result.share, result.decisive.value) == (0, 1.0, None, None)
