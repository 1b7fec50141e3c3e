"""Screening: decides which texts may be released. Where any detector suspects anything, the text is dropped whole.

Nothing is masked: a mask tells that something was there, and what stands around it may still tell whom it is about.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from arena.releases.own_detector import OwnRules
from arena.releases.presidio_detector import second_detector
from arena.releases.private_spans import PrivateDetector, PrivateKind


@dataclass(slots=True)
class Screening:
    """Looks at the texts of conversations and counts what it finds.

    Attributes:
        detectors: all are asked; one suspicion is enough.
        seen: how many conversations were looked at.
        dropped: how many of them were dropped.
        by_kind: how many conversations were dropped for each kind; one may count for several.
        by_detector: how many conversations each detector would have dropped.
    """

    detectors: Sequence[PrivateDetector]
    seen: int = 0
    dropped: int = 0
    by_kind: Counter[PrivateKind] = field(default_factory=Counter)
    by_detector: Counter[str] = field(default_factory=Counter)

    def passes(self, texts: Iterable[str]) -> bool:
        """Return whether no detector suspects anything in the texts of a conversation."""
        found: dict[str, set[PrivateKind]] = {detector.name: set() for detector in self.detectors}
        for text in texts:
            for detector in self.detectors:
                found[detector.name] |= {span.kind for span in detector.find(text)}
        kinds = set().union(*found.values())
        self.seen += 1
        self.dropped += bool(kinds)
        self.by_kind.update(kinds)
        self.by_detector.update(name for name, kinds in found.items() if kinds)
        return not kinds


def both_detectors() -> list[PrivateDetector]:
    """Return our rules and Presidio.

    Raises:
        ModuleNotFoundError: Presidio is not installed.
    """
    return [OwnRules(), second_detector()]
