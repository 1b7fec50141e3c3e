from arena.releases.own_detector import OwnRules
from arena.releases.private_spans import PrivateKind
from arena.releases.screening import Screening
from tests.arena.releases.conftest import SecondDetector


def test_one_suspicion_of_one_detector_drops_a_conversation():
    screening = Screening([OwnRules(), SecondDetector()])
    assert screening.passes(["tell a joke", "no"])
    assert not screening.passes(["tell a joke", "say xyzzy"])
    assert not screening.passes(["mail jo@example.org", "or 010-1234-5678"])
    assert (screening.seen, screening.dropped) == (3, 2)
    assert screening.by_kind == {PrivateKind.EMAIL: 1, PrivateKind.PHONE: 1, PrivateKind.OTHER: 1}
    assert screening.by_detector == {"rules": 1, "second": 1}
