import pytest

from arena.voters.permissions import CODE_CHARS, new_code, read_code, spaced


def test_codes_differ_and_are_read_as_they_are_shown():
    codes = {new_code() for _ in range(200)}
    assert len(codes) == 200
    assert all(len(code) == CODE_CHARS and read_code(spaced(code)) == code for code in codes)


@pytest.mark.parametrize("said", ["01ABC-DEFGH-JKMNP-QRSTV", " o1abc defgh jkmnp qrstv\n", "OIABC/DEFGH/JKMNP/QRSTV"])
def test_a_code_may_be_typed_carelessly(said: str):
    assert read_code(said) == "01ABCDEFGHJKMNPQRSTV"


@pytest.mark.parametrize("said", ["", "%", "A" * 100_000, "01ABC-DEFGH-JKMNP-QRSTV0"])
def test_what_is_no_code_is_no_other_code(said: str):
    assert len(read_code(said)) != CODE_CHARS
