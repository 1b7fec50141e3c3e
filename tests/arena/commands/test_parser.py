"""What a mistyped command is told."""

import pytest

from arena.cli import main


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("leaderbord", "leaderboard"),
        ("leaderboard --simultaneus", "--simultaneous"),
        ("leaderboard --view davidsn", "davidson"),
        ("db statsu", "status"),
        ("generate rum", "run"),
        ("train diff mak", "make"),
        ("train debug_tiny --shw", "--show"),
        ("contenders sync --hepl", "--help"),
        ("leaderboard compare --jsn a b", "--json"),
        ("generate dedup --threshld=0.7", "--threshold"),
    ],
)
def test_a_word_that_is_nearly_right_is_answered_with_the_one_that_was_meant(
    typed: str, meant: str, capsys: pytest.CaptureFixture[str]
):
    with pytest.raises(SystemExit) as ending:
        main(typed.split())
    assert ending.value.code == 2
    assert capsys.readouterr().err.endswith(f"Did you mean `{meant}`?\n")


def test_a_word_like_no_other_is_not_guessed_at(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        main(["xyz"])
    assert "Did you mean" not in capsys.readouterr().err
