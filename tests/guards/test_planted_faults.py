"""The table of planted faults stays usable while the code moves on."""

from pathlib import Path

import pytest

from tests.guards.planted_faults import FAULTS, Fault

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.consequence)
def test_every_fault_can_still_be_planted(fault: Fault):
    text = (ROOT / fault.file).read_text(encoding="utf-8")
    assert text.count(fault.sound) == 1, "change the table with the code"
    compile(text.replace(fault.sound, fault.faulty), fault.file, "exec")


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.consequence)
def test_the_tests_that_should_notice_it_exist(fault: Fault):
    assert fault.tests
    for test in fault.tests:
        file, _, name = test.partition("::")
        assert f"def {name}(" in (ROOT / file).read_text(encoding="utf-8") if name else (ROOT / file).is_file()
