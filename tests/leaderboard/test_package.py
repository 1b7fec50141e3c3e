"""The package as others import it."""

import doctest
import subprocess
import sys

import pytest

import leaderboard


def test_the_package_s_example_is_true():
    assert doctest.testmod(leaderboard).failed == 0


def test_a_name_that_the_package_does_not_offer_is_an_attribute_error():
    with pytest.raises(AttributeError, match="`nothing`"):
        leaderboard.nothing  # noqa: B018


@pytest.mark.parametrize("name", leaderboard.__all__)
def test_every_public_name_can_be_imported_and_is_listed(name: str):
    assert getattr(leaderboard, name).__name__ == name
    assert name in dir(leaderboard)


def test_importing_the_package_loads_no_scipy_and_no_pandas():
    program = "import sys, leaderboard; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not {"scipy", "pandas", "numpy"} & {*done.stdout.split()}
