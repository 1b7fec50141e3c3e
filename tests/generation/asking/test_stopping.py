"""Why a run ended: what a script can tell from the exit code."""

from generation.asking.stopping import Reason

# 3 says that resuming with a higher limit or other seed tasks goes on; 1 that the endpoint needs a look first.
CODES = {0: "target", 3: "cost requests hours plateau", 1: "barren failures refused", 130: "interrupted"}


def test_every_reason_has_its_exit_code():
    assert {reason: reason.exit_code for reason in Reason} == {
        Reason(name): code for code, names in CODES.items() for name in names.split()
    }
