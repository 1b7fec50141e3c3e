"""ROUGE-L between two texts: their tokens, what they share in order, and the F measure of it.

Two profiles say what a token is. `alpaca` is the published one (Lin 2004, as the rouge-score package computes it):
runs of a–z and 0–9, so a Korean sentence has no tokens at all. `unicode` reads every script: Hangul syllables, kana,
Han and the letters of other scripts written without spaces are a token each; everything else is taken by the word.
"""

import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Literal
from unicodedata import category, normalize

Profile = Literal["alpaca", "unicode"]

_ALPACA_TOKEN = re.compile("[a-z0-9]+")
_ASCII_WORD = re.compile(r"\w+", re.ASCII)
_HANGUL = "가-힣"
# Han with its iteration marks, kana, bopomofo; then Thai, Lao, Myanmar and Khmer.
_HAN_AND_KANA = "々-〇ぁ-ヿㄅ-ㄯㆠ-ㆿㇰ-ㇿ㐀-䶿一-鿿\uf900-\ufaff\U00020000-\U000323af"
_WITHOUT_SPACES = _HAN_AND_KANA + "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"


def tokens(text: str, *, profile: Profile) -> list[str]:
    """Return the tokens of `text` in order.

    Compatibility forms, letter case and composition make no difference in the `unicode` profile: a decomposed
    Korean text has the tokens of the composed one.
    """
    if profile == "alpaca":
        return _ALPACA_TOKEN.findall(text.lower())
    return _tokens(text, singles=_HANGUL + _WITHOUT_SPACES)


def words(text: str) -> list[str]:
    """Return the words of `text`, with Korean taken by the word too, since it is written with spaces."""
    return _tokens(text, singles=_WITHOUT_SPACES)


def _tokens(text: str, *, singles: str) -> list[str]:
    if text.isascii():
        return _ASCII_WORD.findall(text.lower())
    # Twice, since folding the case may undo the composition.
    return _token_pattern(singles).findall(normalize("NFKC", normalize("NFKC", text).casefold()))


@cache
def _token_pattern(singles: str) -> re.Pattern[str]:
    # `\w` leaves out the vowel signs of Devanagari and its kin, which would cut their words to pieces.
    marks = "".join(character for character in map(chr, range(0x300, 0x10000)) if category(character)[0] == "M")
    return re.compile(f"[{singles}][{marks}]*|[^\\W{singles}]+(?:[{marks}]+[^\\W{singles}]*)*")


def f_measure(common: int, one: int, other: int) -> float:
    """Return the F measure of two texts of `one` and `other` tokens that share `common` tokens in order.

    Written as 2PR / (P + R) in doubles, like the original: the shorter 2·common / (one + other) differs in the
    last bit, and that bit decides wherever the true value is 7/10.
    """
    if not common:
        return 0.0
    precision, recall = common / other, common / one
    return 2 * precision * recall / (precision + recall)


class Subsequence:
    """A text prepared for comparison with many others.

    Bit-parallel longest common subsequence (Hyyrö 2004): bit i of the state stands for token i, and one addition of
    integers moves all of them a step on.
    """

    def __init__(self, text: Sequence[str]) -> None:
        self.length = len(text)
        self._places: dict[str, int] = {}
        for place, token in enumerate(text):
            self._places[token] = self._places.get(token, 0) | 1 << place

    def common(self, other: Iterable[str]) -> int:
        """Return the length of the longest common subsequence with `other`."""
        everything = state = (1 << self.length) - 1
        for token in other:
            if places := self._places.get(token):
                matched = state & places
                state = (state + matched) | (state - matched)
        return self.length - (state & everything).bit_count()


def rouge_l(one: Sequence[str], other: Sequence[str]) -> float:
    """Return the ROUGE-L F measure of two token lists, the very float that rouge-score returns."""
    return f_measure(Subsequence(one).common(other), len(one), len(other))
