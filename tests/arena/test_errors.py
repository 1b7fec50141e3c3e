"""Errors that a person can mend: one small tree, drawn where it begins."""

import re

import pytest

from arena import errors
from arena.errors import ArenaError, BadConfiguration, ContenderSpent

LINE = re.compile(r"^(?P<indent>[│├└─ ]*)(?P<name>[A-Z]\w+) +\S")


def drawn() -> dict[str, str]:
    """Return each error that the drawing shows, with the error that it stands under."""
    assert errors.__doc__
    parents: dict[str, str] = {}
    above: list[str] = []
    for line in errors.__doc__.splitlines():
        if found := LINE.match(line):
            depth = len(found["indent"]) // 4
            above[depth:] = [found["name"]]
            if depth:
                parents[found["name"]] = above[depth - 1]
    return parents


def test_the_drawing_shows_every_error_under_its_base():
    classes = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, ArenaError)]
    assert drawn() == {kind.__name__: kind.__base__.__name__ for kind in classes if kind is not ArenaError}


def test_a_bad_file_tells_every_fault_on_a_line_of_its_own():
    error = BadConfiguration("The file has faults:", ["line 1: a", "line 2: b"], hint="Mend them.")
    assert str(error).splitlines() == ["The file has faults:", "  line 1: a", "  line 2: b"]
    assert (error.exit_code, error.hint) == (2, "Mend them.")


@pytest.mark.parametrize("slug", ["alpaca-7b", "gpt"])
def test_a_spent_contender_is_named_to_maintainers_only(slug: str):
    error = ContenderSpent(slug)
    assert error.slug == slug
    assert slug not in f"{error} {error.hint}"
