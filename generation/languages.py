"""Which language a text is in, as far as its script tells.

No model and no word list: a script cannot tell English from French, and does not pretend to. It tells Korean from
English reliably, also where a Korean text is full of Latin names and code.
"""

import re
from enum import StrEnum

_QUOTED = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`|https?://\S+|\S+@\S+", re.DOTALL)


class WritingSystem(StrEnum):
    """A writing system."""

    LATIN = "Latin"
    HANGUL = "Hangul"
    KANA = "kana"
    HAN = "Han"
    CYRILLIC = "Cyrillic"
    GREEK = "Greek"
    HEBREW = "Hebrew"
    ARABIC = "Arabic"
    DEVANAGARI = "Devanagari"
    THAI = "Thai"


_LETTERS = {
    WritingSystem.LATIN: "A-Za-zªºÀ-ÖØ-öø-ʯḀ-ỿＡ-Ｚａ-ｚ",
    WritingSystem.HANGUL: "가-힣ᄀ-ᇿㄱ-ㆎ",
    WritingSystem.KANA: "ぁ-ゟァ-ヺｦ-ﾟ",
    WritingSystem.HAN: "㐀-䶿一-鿿\uf900-\ufaff\U00020000-\U000323af",
    WritingSystem.CYRILLIC: "Ѐ-ӿ",
    WritingSystem.GREEK: "Ͱ-Ͽἀ-῾",
    WritingSystem.HEBREW: "א-ת",
    WritingSystem.ARABIC: "\u0620-\u06ff\u0750-\u077f",
    WritingSystem.DEVANAGARI: "\u0904-\u0939\u0958-\u0963",
    WritingSystem.THAI: "\u0e01-\u0e2e",
}
_OTHERS = {script: re.compile(f"[^{letters}]+") for script, letters in _LETTERS.items()}
# One character of these says about as much as three letters of an alphabet.
_WEIGHTS = {WritingSystem.HANGUL: 3, WritingSystem.HAN: 3, WritingSystem.KANA: 2}

LANGUAGES: dict[str, frozenset[WritingSystem]] = {
    **dict.fromkeys(
        ["en", "de", "fr", "es", "it", "pt", "nl", "pl", "tr", "vi", "id"], frozenset({WritingSystem.LATIN})
    ),
    **dict.fromkeys(["ru", "uk", "bg"], frozenset({WritingSystem.CYRILLIC})),
    **dict.fromkeys(["ar", "fa", "ur"], frozenset({WritingSystem.ARABIC})),
    **dict.fromkeys(["hi", "mr", "ne"], frozenset({WritingSystem.DEVANAGARI})),
    "el": frozenset({WritingSystem.GREEK}),
    "he": frozenset({WritingSystem.HEBREW}),
    "ja": frozenset({WritingSystem.KANA, WritingSystem.HAN}),
    "ko": frozenset({WritingSystem.HANGUL}),
    "th": frozenset({WritingSystem.THAI}),
    "zh": frozenset({WritingSystem.HAN}),
}


def script_shares(text: str) -> dict[WritingSystem, float]:
    """Return how much of the writing in `text` is in each script that occurs, the greatest share first.

    Shares sum to 1; they are of letters, a syllable or ideograph counting as three. Code in backticks, addresses,
    digits and punctuation do not count; a text without letters gives {}.
    """
    prose = _QUOTED.sub(" ", text)
    scripts = [WritingSystem.LATIN] if prose.isascii() else list(WritingSystem)
    weights = {script: _WEIGHTS.get(script, 1) * len(_OTHERS[script].sub("", prose)) for script in scripts}
    total = sum(weights.values())
    ranked = sorted((script for script in weights if weights[script]), key=weights.__getitem__, reverse=True)
    return {script: weights[script] / total for script in ranked}


def written_in(text: str, language: str) -> bool | None:
    """Whether `text` may be in `language` by its script; None where it has no letters to tell by.

    Text of any language may quote Latin words, so a fifth of the writing is enough for every other script, whereas a
    text in Latin script must be mostly Latin. Han with kana is Japanese, Han without is Chinese.

    Raises:
        ValueError: `language` is not in `LANGUAGES`.
    """
    if language not in LANGUAGES:
        raise ValueError(f"`{language}` is none of the languages known by their script: {', '.join(LANGUAGES)}.")
    shares = script_shares(text)
    if not shares:
        return None
    if WritingSystem.HAN in LANGUAGES[language] and (WritingSystem.KANA in shares) != (
        WritingSystem.KANA in LANGUAGES[language]
    ):
        return False
    share = sum(shares.get(script, 0.0) for script in LANGUAGES[language])
    return share >= (0.5 if WritingSystem.LATIN in LANGUAGES[language] else 0.2)
