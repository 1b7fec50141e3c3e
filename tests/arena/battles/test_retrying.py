import pytest

from arena.battles.retrying import saved
from arena.errors import DatabaseUnavailable


class Write:
    """A write that fails with each error in turn, and then is taken."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = [*errors]
        self.tries = 0

    def __call__(self) -> str:
        self.tries += 1
        if self.errors:
            raise self.errors.pop(0)
        return "taken"


async def test_a_write_that_is_not_taken_at_once_is_tried_again():
    write = Write(DatabaseUnavailable("busy"), DatabaseUnavailable("busy"))
    assert await saved(write) == "taken"
    assert write.tries == 3


async def test_a_write_that_is_never_taken_ends_with_the_databases_own_error():
    write = Write(*[DatabaseUnavailable("busy")] * 9)
    with pytest.raises(DatabaseUnavailable, match="busy"):
        await saved(write)
    assert write.tries == 3


async def test_any_other_error_is_told_at_once():
    write = Write(ZeroDivisionError("a bug"))
    with pytest.raises(ZeroDivisionError):
        await saved(write)
    assert write.tries == 1
