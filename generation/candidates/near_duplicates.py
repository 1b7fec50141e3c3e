"""Near-duplicates: is a text too much like one of many others, by exact ROUGE-L?

The result is the same as comparing with every text of the pool (Self-Instruct, Wang et al. 2023, §2.2), to the last bit
of the score, with less work. For each token the pool keeps a set of bits, one for each text. Adding up the sets of a
candidate's tokens counts, for all texts at once, the tokens that they share with it. These counts bound the scores from
above, and only the few texts that could be nearest are compared token by token.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from sys import intern

from generation.candidates.rouge import Profile, Subsequence, f_measure, tokens

# The published one, made for English words. It holds for syllables too: of our 108 labelled Korean pairs
# (tests/generation/korean_pairs.tsv) it finds 53 of the 56 that ask the same, and takes 3 of the 52 others for
# duplicates. 0.75 finds 50 and makes the same 3 mistakes.
THRESHOLD = 0.7


@dataclass(frozen=True, slots=True)
class Match:
    """The text of the pool with the highest ROUGE-L F; of several, the one that joined first."""

    index: int
    score: float


@dataclass(frozen=True, slots=True)
class Offer:
    """Whether an offered text joined the pool, and what was nearest to it before (None: nothing shares a token)."""

    accepted: bool
    nearest: Match | None


class NearDuplicates:
    """A pool of texts that rejects a text too similar to one of its members.

    Attributes:
        texts: the members, in the order in which they joined; a `Match.index` points into it.
    """

    def __init__(self, profile: Profile = "unicode", threshold: float | None = None) -> None:
        """Begin with an empty pool.

        Args:
            profile: what counts as a token; see `generation.candidates.rouge`.
            threshold: a text is turned away when its highest F is greater; None is the published `THRESHOLD`.
        """
        self.profile = profile
        self.threshold = THRESHOLD if threshold is None else threshold
        self.texts: list[str] = []
        self._bands: dict[int, _Band] = {}
        self._holders: Counter[str] = Counter()

    def add(self, text: str) -> int:
        """Put `text` into the pool without comparing it, and return its index."""
        return self._add(text, tokens(text, profile=self.profile))

    def nearest(self, text: str) -> Match | None:
        """Return the nearest text of the pool, or None where nothing shares a token."""
        return self._nearest(tokens(text, profile=self.profile))

    def duplicate_of(self, text: str) -> Match | None:
        """Return the nearest text of the pool if it is too similar to `text`, else None."""
        candidate = tokens(text, profile=self.profile)
        return self._nearest(candidate, above=self.threshold)

    def offer(self, text: str) -> Offer:
        """Put `text` into the pool unless a member is too similar to it."""
        candidate = tokens(text, profile=self.profile)
        nearest = self._nearest(candidate)
        accepted = nearest is None or not nearest.score > self.threshold
        if accepted:
            self._add(text, candidate)
        return Offer(accepted, nearest)

    def _add(self, text: str, candidate: list[str]) -> int:
        index = len(self.texts)
        self.texts.append(text)
        if candidate := list(map(intern, candidate)):
            size = len(candidate).bit_length()
            if size not in self._bands:
                self._bands[size] = _Band(shortest=1 << size - 1, longest=(1 << size) - 1)
            elements = _elements(candidate)
            self._bands[size].add(index, candidate, elements)
            self._holders.update(elements)
        return index

    def _nearest(self, candidate: list[str], *, above: float = 0.0) -> Match | None:
        if not candidate:
            return None
        known = filter(self._holders.__contains__, _elements(candidate))
        # The rarest elements first: sums of small sets are small.
        search = _Search(candidate, sorted(known, key=self._holders.__getitem__), above)
        bounds = [(band.bound(search.length), size) for size, band in self._bands.items()]
        for bound, size in sorted(bounds, reverse=True):
            if bound < search.score:
                break
            self._bands[size].look_through(search)
        return search.nearest


class _Search:
    """The nearest text so far to one candidate, whose elements these are, and the score to reach."""

    def __init__(self, candidate: Sequence[str], elements: Sequence[str], score: float) -> None:
        self.length = len(candidate)
        self.elements = elements
        self.nearest: Match | None = None
        self.score = score
        self._candidate = Subsequence(candidate)

    def beaten_by(self, score: float, index: int) -> bool:
        """Whether a text with this score is nearer: of equals, the one that joined first."""
        if score != self.score:
            return score > self.score
        return self.nearest is not None and index < self.nearest.index

    def compare(self, index: int, text: Sequence[str]) -> None:
        score = f_measure(self._candidate.common(text), self.length, len(text))
        if self.beaten_by(score, index):
            self.nearest, self.score = Match(index, score), score


class _Band:
    """The texts of similar length: `shortest` to `longest` tokens."""

    def __init__(self, shortest: int, longest: int) -> None:
        self._shortest = shortest
        self._longest = longest
        self._indices: list[int] = []
        self._texts: list[list[str]] = []
        self._of_length: dict[int, int] = {}
        self._holding: dict[str, int] = {}

    def add(self, index: int, text: list[str], elements: Sequence[str]) -> None:
        bit = 1 << len(self._texts)
        self._indices.append(index)
        self._texts.append(text)
        self._of_length[len(text)] = self._of_length.get(len(text), 0) | bit
        for element in elements:
            self._holding[element] = self._holding.get(element, 0) | bit

    def bound(self, length: int) -> float:
        """Return the highest F that any text of the band could have with one of `length` tokens."""
        return _highest_score(length, self._shortest, self._longest)

    def look_through(self, search: _Search) -> None:
        """Compare the candidate with each text that could be nearest, those that share most first."""
        holding = [bits for element in search.elements if (bits := self._holding.get(element))]
        least = _least_overlap(search.length, self._shortest, search.score)
        if len(holding) < least:
            return
        digits = _add_up(holding)
        left = _at_least(least, digits)
        for shared in range(_highest(digits), least - 1, -1):
            if not left:
                return
            these = left & _at_least(shared, digits)
            left ^= these
            for length in range(max(shared, self._shortest), self._longest + 1):
                bound = f_measure(shared, search.length, length)
                if bound < search.score:
                    break
                self._compare(these & self._of_length.get(length, 0), search, bound)

    def _compare(self, places: int, search: _Search, bound: float) -> None:
        """Compare the candidate with the texts at `places`, whose scores are at most `bound`."""
        for place in _ascending(places):
            if not search.beaten_by(bound, self._indices[place]):
                return
            search.compare(self._indices[place], self._texts[place])


def _elements(text: Sequence[str]) -> list[str]:
    """Return the tokens as a set without losing repeated ones: a second "the" becomes "the 2", which is no token."""
    seen: dict[str, int] = {}
    elements = []
    for token in text:
        seen[token] = times = seen.get(token, 0) + 1
        elements.append(token if times == 1 else f"{token} {times}")
    return elements


@lru_cache(maxsize=1 << 16)
def _highest_score(length: int, shortest: int, longest: int) -> float:
    closest = min(max(length, shortest), longest)
    return f_measure(min(length, closest), length, closest)


@lru_cache(maxsize=1 << 16)
def _least_overlap(length: int, shortest: int, score: float) -> int:
    """Return how many tokens texts of `length` and of `shortest` or more must share to reach `score`."""
    shared = 1
    while f_measure(shared, length, max(shared, shortest)) < score:
        shared += 1
    return shared


def _add_up(sets: Sequence[int]) -> list[int]:
    """Return, in binary, how many of `sets` hold each place: bit p of item j is digit j of the count of p.

    Full adders on whole sets at a time: two sets and a sum make a new sum and a carry.
    """
    digits: list[int] = []
    while sets:
        total = sets[0]
        carries = []
        for at in range(1, len(sets), 2):
            one, other = sets[at], sets[at + 1] if at + 1 < len(sets) else 0
            either = total ^ one
            if carry := total & one | either & other:
                carries.append(carry)
            total = either ^ other
        digits.append(total)
        sets = carries
    return digits


def _highest(digits: Sequence[int]) -> int:
    """Return the highest count of any place."""
    highest, places = 0, -1
    for at in range(len(digits) - 1, -1, -1):
        if both := places & digits[at]:
            highest, places = highest | 1 << at, both
    return highest


def _at_least(least: int, digits: Sequence[int]) -> int:
    """Return the places whose count, in the binary `digits`, is `least` (1 or more) or greater."""
    top = least.bit_length()
    if top > len(digits):
        return 0
    greater = 0
    for digit in digits[top:]:
        greater |= digit
    equal = digits[top - 1]
    for at in range(top - 2, -1, -1):
        both = equal & digits[at]
        if least >> at & 1:
            equal = both
        else:
            greater |= both
            equal ^= both
    return greater | equal


def _ascending(bits: int) -> Iterator[int]:
    """Yield the places of the ones in `bits`, the first one first."""
    while bits:
        lowest = bits & -bits
        bits ^= lowest
        yield lowest.bit_length() - 1
