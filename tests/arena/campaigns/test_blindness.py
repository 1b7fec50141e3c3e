"""What covers a writer's name, and what leaves other words alone."""

import pytest

from arena.campaigns.blindness import COVER, covered


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("I am Alpaca 7B.", f"I am {COVER}."),
        ("i'm ALPACA-7b, a model", f"i'm {COVER}, a model"),
        ("저는 Alpaca 7B입니다", f"저는 {COVER}입니다"),
        ("Alpaca 7Bs do not count, alpacas neither", "Alpaca 7Bs do not count, alpacas neither"),
    ],
)
def test_names_are_covered_however_they_are_spelled(text: str, shown: str):
    assert covered(text, ["Alpaca 7B"], ["Who are you?"]) == shown


def test_a_name_that_was_asked_about_stays():
    assert covered("Alpaca eats grass.", ["Alpaca"], ["What does an alpaca eat?"]) == "Alpaca eats grass."
