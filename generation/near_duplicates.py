"""Near-duplicates: is a text too much like one of many others, by exact ROUGE-L?

The answer is that of comparing with every text of the pool (Self-Instruct, Wang et al. 2023, §2.2), to the last bit
of the score. The work is not: for each token the pool keeps a set of bits, one for each text. Adding up the sets of
a candidate's tokens tells for all texts at once how many tokens they share with it, which bounds their scores from
above; only the few that could still be nearest are compared in order.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from generation.rouge import Profile, Subsequence, f_measure, in_syllables, tokens

# The published threshold, made for words, and ours for text that is taken by the syllable: chosen on the labelled
# Korean pairs in tests/generation/korean_pairs.tsv.
WORD_THRESHOLD = 0.7
SYLLABLE_THRESHOLD = 0.75


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
    """A pool of texts that turns away what is too much like one of its members.

    Attributes:
        texts: the members, in the order in which they joined; a `Match.index` points into it.
    """

    def __init__(self, profile: Profile = "unicode", threshold: float | None = None) -> None:
        """Begin with an empty pool.

        Args:
            profile: what counts as a token; see `generation.rouge`.
            threshold: a text is turned away when its highest F is greater. None stands for the profile's own:
                0.7, and in the `unicode` profile 0.75 for text that is taken by the syllable.
        """
        self.profile = profile
        self.threshold = threshold
        self.texts: list[str] = []
        self._bands: dict[int, _Band] = {}
        self._holders: Counter[str] = Counter()

    def add(self, text: str) -> int:
        """Put `text` into the pool whatever it is like, and return its index."""
        return self._add(text, tokens(text, profile=self.profile))

    def nearest(self, text: str) -> Match | None:
        """Return the nearest text of the pool, or None where nothing shares a token."""
        return self._nearest(tokens(text, profile=self.profile))

    def twin(self, text: str) -> Match | None:
        """Return the nearest text of the pool if it is too much like `text`, or None."""
        candidate = tokens(text, profile=self.profile)
        return self._nearest(candidate, above=self._threshold_for(candidate))

    def offer(self, text: str) -> Offer:
        """Put `text` into the pool unless a member is too much like it."""
        candidate = tokens(text, profile=self.profile)
        nearest = self._nearest(candidate)
        accepted = nearest is None or not nearest.score > self._threshold_for(candidate)
        if accepted:
            self._add(text, candidate)
        return Offer(accepted, nearest)

    def _threshold_for(self, candidate: Sequence[str]) -> float:
        if self.threshold is not None:
            return self.threshold
        return SYLLABLE_THRESHOLD if self.profile == "unicode" and in_syllables(candidate) else WORD_THRESHOLD

    def _add(self, text: str, candidate: list[str]) -> int:
        index = len(self.texts)
        self.texts.append(text)
        if candidate:
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
        # The rarest elements first: sums of small sets are small.
        search = _Search(candidate, sorted(_elements(candidate), key=self._holders.__getitem__), above)
        promising = sorted(self._bands.values(), key=lambda band: band.bound(search.length), reverse=True)
        for band in promising:
            if band.bound(search.length) < search.score:
                break
            band.look_through(search)
        return search.nearest


class _Search:
    """The nearest text so far to one candidate, whose elements these are, and the score to reach."""

    def __init__(self, candidate: Sequence[str], elements: Sequence[str], score: float) -> None:
        self.length = len(candidate)
        self.elements = elements
        self.nearest: Match | None = None
        self.score = score
        self._candidate = Subsequence(candidate)

    def could_win(self, shared: int, length: int) -> bool:
        """Whether a text of `length` tokens or more, `shared` of them the candidate's, could be the nearest."""
        return f_measure(shared, self.length, max(shared, length)) >= self.score

    def compare(self, index: int, text: Sequence[str]) -> None:
        score = f_measure(self._candidate.common(text), self.length, len(text))
        if score > self.score or (self.nearest and score == self.score and index < self.nearest.index):
            self.nearest, self.score = Match(index, score), score


class _Band:
    """The texts of similar length: `shortest` to `longest` tokens."""

    def __init__(self, shortest: int, longest: int) -> None:
        self._shortest = shortest
        self._longest = longest
        self._indices: list[int] = []
        self._texts: list[list[str]] = []
        self._holding: dict[str, int] = {}

    def add(self, index: int, text: list[str], elements: Sequence[str]) -> None:
        bit = 1 << len(self._texts)
        self._indices.append(index)
        self._texts.append(text)
        for element in elements:
            self._holding[element] = self._holding.get(element, 0) | bit

    def bound(self, length: int) -> float:
        """Return the highest F that any text of the band could have with one of `length` tokens."""
        closest = min(max(length, self._shortest), self._longest)
        return f_measure(min(length, closest), length, closest)

    def look_through(self, search: _Search) -> None:
        """Compare the candidate with each text that could be nearest, those that share most first."""
        holding = [bits for element in search.elements if (bits := self._holding.get(element))]
        least = _least_overlap(search.length, self._shortest, search.score)
        if len(holding) < least:
            return
        digits = _add_up(holding)
        left = _at_least(least, digits)
        for shared in range(min(len(holding), (1 << len(digits)) - 1), least - 1, -1):
            if not left or not search.could_win(shared, self._shortest):
                return
            these = left & _at_least(shared, digits)
            left ^= these
            for place in _places(these):
                if search.could_win(shared, len(self._texts[place])):
                    search.compare(self._indices[place], self._texts[place])


def _elements(text: Sequence[str]) -> list[str]:
    """Return `text` as a set may hold it: its second "the" becomes "the 2", which no token can be."""
    seen: dict[str, int] = {}
    elements = []
    for token in text:
        seen[token] = times = seen.get(token, 0) + 1
        elements.append(token if times == 1 else f"{token} {times}")
    return elements


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


def _places(bits: int) -> Iterator[int]:
    """Yield the places of the ones in `bits`, the last one first."""
    while bits:
        place = bits.bit_length() - 1
        bits ^= 1 << place
        yield place
