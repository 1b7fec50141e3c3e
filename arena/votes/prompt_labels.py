"""The category and the language of a prompt, by small rules that run on this machine for every vote.

The rules are coarse: a prompt gets one category, the first whose words it uses. They serve to slice a board, where a
few wrong labels blur a slice only a little. They are no judgement on a single prompt.
"""

import re

from generation.languages import WritingSystem, script_shares

GENERAL = "general"
UNKNOWN = "unknown"

# The first match decides. Code comes before maths since it often holds numbers, and both come before writing.
_CATEGORIES = {
    "code": (
        r"```|</?\w+>|\b(def|class|import|return|function|const|select .+ from)\b.*[(:;{*]"
        r"|\b(python|javascript|typescript|java|rust|golang|sql|html|css|regex|bash|c\+\+|api|compiler?|unit tests?)\b"
        r"|\b(stack ?trace|debug|refactor|source code|code review)\b|코드|함수|프로그래밍|파이썬|알고리즘"
    ),
    "maths": (
        r"\d\s*[-+*/^×÷=]\s*\d|\\(frac|sum|int|sqrt)\b|\$[^$\n]*[=^\\][^$\n]*\$"
        r"|\b(solve|equation|integral|derivative|theorem|prove that|probability|matrix|geometry|algebra|calculate)\b"
        r"|수학|방정식|적분|미분|확률|계산"
    ),
    "translation": r"\btranslat(e|ion|ing)\b|\bin(to)? (english|korean|french|german|spanish|japanese|chinese)\b|번역",
    "summary": r"\b(summari[sz]e|summary|tl;?dr|key points|shorten|condense)\b|요약",
    "writing": (
        r"\b(write|compose|draft|rewrite|proofread)\b|\b(poem|haiku|story|essay|e-?mail|lyrics|letter|slogan|limerick)\b"
        r"|\b(role-?play|pretend)\b|작성해|써 ?줘|시를|소설|이메일|편지"
    ),
    "advice": r"\b(should i|recommend|suggest|advice|how (do|can|should) i|tips|help me)\b|추천|조언|어떻게",
    "knowledge": r"^\W*(what|who|when|where|why|which|how|explain|describe|define)\b|무엇|누구|언제|어디|왜|설명",
}
CATEGORIES = (*_CATEGORIES, GENERAL)
_PATTERNS = {name: re.compile(words, re.IGNORECASE) for name, words in _CATEGORIES.items()}

_BY_SCRIPT = {
    WritingSystem.HANGUL: "Korean",
    WritingSystem.KANA: "Japanese",
    WritingSystem.HAN: "Chinese",
    WritingSystem.CYRILLIC: "Cyrillic script",
    WritingSystem.GREEK: "Greek",
    WritingSystem.HEBREW: "Hebrew",
    WritingSystem.ARABIC: "Arabic script",
    WritingSystem.DEVANAGARI: "Devanagari script",
    WritingSystem.THAI: "Thai",
}
# Function words, of which almost every sentence has one: these languages share a script.
_LATIN = {
    "English": "the a an and is are of to in what how why who can you me my this that with for i do does give write",
    "German": "der die das und ist ein eine nicht ich zu wie was warum mit für auf den dem wer kann mir schreibe",
    "French": "le la les et est un une des je que qui dans pour pas comment pourquoi avec du sur moi écris",
    "Spanish": "el la los las y es un una de que en por para no cómo qué con del me escribe",
    "Italian": "il lo la gli e è un una di che in per non come cosa perché con del mi scrivi",
    "Portuguese": "o a os as e é um uma de que em por para não como com do da me escreva",
}
LANGUAGES = (*_LATIN, *_BY_SCRIPT.values(), UNKNOWN)
_SMALL_WORDS = {language: frozenset(words.split()) for language, words in _LATIN.items()}
# From this share on, another script decides: the Latin letters are then names or code.
_ENOUGH = 0.2


def category_of(prompt: str) -> str:
    """Return the category of the prompt, one of `CATEGORIES`."""
    return next((name for name, pattern in _PATTERNS.items() if pattern.search(prompt)), GENERAL)


def language_of(prompt: str) -> str:
    """Return the language of the prompt, or its script where several languages share it: one of `LANGUAGES`."""
    shares = script_shares(prompt)
    if shares.get(WritingSystem.KANA, 0.0) and WritingSystem.HAN in shares:
        return _BY_SCRIPT[WritingSystem.KANA]  # Chinese has no kana
    others = [script for script, share in shares.items() if script in _BY_SCRIPT and share >= _ENOUGH]
    if others:
        return _BY_SCRIPT[others[0]]
    return _latin_language(prompt) if shares else UNKNOWN


def _latin_language(prompt: str) -> str:
    words = re.findall(r"\w+", prompt.lower())
    hits = {language: sum(word in small for word in words) for language, small in _SMALL_WORDS.items()}
    best = max(hits, key=hits.__getitem__)
    return best if hits[best] else UNKNOWN
