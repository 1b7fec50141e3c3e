"""The detector of our own rules: numbers, addresses, names."""

from collections.abc import Iterator

from arena.releases.address_rules import address_spans
from arena.releases.name_rules import name_spans
from arena.releases.number_rules import number_spans
from arena.releases.private_spans import PrivateSpan, plain

# Texts are looked at in pieces that overlap: the time that some patterns take grows with the square of the length, and
# no address or name is longer than what two pieces share.
STEP, SHARED = 300, 150


class OwnRules:
    """Finds private spans by the rules that come with the arena. Needs no model and no other package."""

    name = "rules"

    def find(self, text: str) -> list[PrivateSpan]:
        """Return all spans that it suspects."""
        return [
            PrivateSpan(start + span.start, start + span.end, span.kind)
            for start, piece in pieces(plain(text))
            for rules in (number_spans, address_spans, name_spans)
            for span in rules(piece)
        ]


def pieces(text: str) -> Iterator[tuple[int, str]]:
    """Yield a text in pieces with the place of each; they begin and end between words where there are blanks."""
    start = 0
    while True:
        end = _between_words(text, start + STEP + SHARED)
        yield start, text[start:end]
        if end >= len(text):
            return
        start = max(_between_words(text, start + STEP), start + STEP)


def _between_words(text: str, place: int) -> int:
    """Return the next place from `place` on that lies between words, if it is near."""
    for near in range(place, min(place + SHARED // 2, len(text))):
        if text[near].isspace():
            return near
    return min(place, len(text))
