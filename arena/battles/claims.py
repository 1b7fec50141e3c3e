"""Claims about oneself in seventeen languages: whether a sentence with names says who speaks (claims.toml)."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

NAME, LONG_NAME = "\ue000", "\ue001"  # stand for names in a sentence; the second goes on with a capitalised word
_MARKUP = re.compile("[*_`~#>\\\\|\u00ad\u200b-\u200f\u2060\ufeff]+|\ufe0f")
_LETTERS = str.maketrans({"İ": "i", "’": "'", "‘": "'", "＇": "'", "´": "'", "\u00a0": " ", "ʼ": "'"})
_BLANKS = re.compile(r"[ \t\r\n\u3000]+")
# Somebody else's words, of which the name is only a part. A name alone in quotation marks is the writer's own word.
_QUOTATION = re.compile(r'"[^"]*"|“[^”]*”|«[^»]*»|„[^“”"]*[“”"]|「[^」]*」|『[^』]*』')
_FORGED = re.compile("[\ue000\ue001]")


@dataclass(frozen=True, slots=True)
class ClaimLanguage:
    """How one language claims, leaves the subject out, and asks."""

    cue: re.Pattern[str]
    ai: re.Pattern[str]
    claims: re.Pattern[str]
    elliptic: re.Pattern[str]
    asks: re.Pattern[str]


@cache
def languages() -> Mapping[str, ClaimLanguage]:
    """Return all languages, by their tags."""
    table = tomllib.loads((files("arena.battles") / "claims.toml").read_text("utf-8"))
    return {tag: _language(words) for tag, words in table.items()}


def masked(sentence: str, names: list[tuple[int, int, bool]]) -> str:
    """Return a sentence as the patterns read it: small letters, no markup, and a placeholder for each name.

    `names` are spans in the sentence, and whether a capitalised word follows.
    """
    parts, at = [], 0
    for start, end, goes_on in names:
        parts += [_FORGED.sub(" ", sentence[at:start]), LONG_NAME if goes_on else NAME]
        at = end
    parts.append(_FORGED.sub(" ", sentence[at:]))
    plain = _MARKUP.sub("", "".join(parts)).translate(_LETTERS).lower()
    return _BLANKS.sub(" ", plain).strip()


def without_quotations(text: str) -> str:
    """Return a masked sentence without what others say in it, unless it is a quotation as a whole."""

    def shortened(match: re.Match[str]) -> str:
        inside = match[0][1:-1].strip(" .,!?")
        return match[0] if set(inside) <= {NAME, LONG_NAME, " ", ","} or match.span() == (0, len(text)) else '""'

    return _QUOTATION.sub(shortened, text)


def is_claim(text: str) -> bool:
    """Return whether a masked sentence says who speaks, by one of its names."""
    return any(one.cue.search(text) and one.claims.search(text) for one in languages().values())


def is_elliptic_claim(text: str) -> bool:
    """Return whether a masked sentence without a subject names somebody, as in "Made by …"."""
    return any(one.elliptic.search(text) for one in languages().values())


def introduces_an_ai(text: str) -> bool:
    """Return whether a masked sentence is about the writer as a language model, so that the next one may go on so."""
    return any(one.cue.search(text) and one.ai.search(text) for one in languages().values())


def asks_who(prompt: str) -> bool:
    """Return whether a prompt asks who answers it."""
    text = masked(prompt, [])
    return any(one.asks.search(text) for one in languages().values())


def _language(words: Mapping[str, object]) -> ClaimLanguage:
    stop = str(words["stop"])
    macros = {
        "<N>": NAME,
        "<O>": f"[{NAME}{LONG_NAME}]",
        "<made>": str(words["made"]),
        "<ai>": str(words["ai"]),
        "<stop>": stop,
        "<gap>": f"(?:(?!{stop})[^.!?;。！？।]){{0,70}}?",
        "<fill>": f"(?:{words['fill']}[\\s,:;(\\-–—\"'„“‘«]*){{0,8}}",
    }

    def compiled(*patterns: str) -> re.Pattern[str]:
        text = "|".join(f"(?:{pattern})" for pattern in patterns) or r"(?!)"
        for macro, meaning in macros.items():
            text = text.replace(macro, meaning)
        return re.compile(text)

    return ClaimLanguage(
        cue=compiled(str(words["cue"])),
        ai=compiled("<ai>"),
        claims=compiled(*map(str, words["claims"])),  # type: ignore[call-overload]
        elliptic=compiled(*map(str, words["elliptic"])),  # type: ignore[call-overload]
        asks=compiled(*map(str, words["asks"])),  # type: ignore[call-overload]
    )
