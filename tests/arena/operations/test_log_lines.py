"""A log line tells when, where and what, and no key."""

import logging
import re

import pytest

from arena.operations.log_lines import write_log_lines


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("a reply failed contender=one", "a reply failed contender=one"),
        ("the key sk-proj-0123456789abcdefgh was refused", "the key [key] was refused"),
        ("sent Authorization: Bearer abc.def", "sent Authorization: Bearer [key]"),
    ],
)
def test_a_line_has_its_time_and_no_key(said: str, shown: str, capsys: pytest.CaptureFixture[str]):
    root, handlers = logging.getLogger(), logging.getLogger().handlers[:]
    root.handlers[:] = []
    try:
        write_log_lines()
        logging.getLogger("arena.battles").warning(said)
    finally:
        root.handlers[:] = handlers
    line = capsys.readouterr().err
    assert re.fullmatch(rf"\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\dZ WARNING arena\.battles: {re.escape(shown)}\n", line)
