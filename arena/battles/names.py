"""Names by which a reply could tell who wrote it, and where they stand in a text.

A contender's own names are its label, slug and aliases, the family and the organisation that its card states, and what
these are called without versions, sizes and words that any name may have: `Okapi` of "Okapi 7B Chat". The names of
known families (arena/contenders/known_families.toml) are looked for in any reply.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from arena.contenders.known_families import family_called, known_families
from arena.db.tables import Contender

LATIN = r"A-Za-z\u00c0-\u024f"
_FIRST = re.compile(rf"[{LATIN}]+|\d+")
_NOT_LATIN = re.compile(r"[\u0370-\uffff]")
_LATIN_ONLY = re.compile(rf"[{LATIN}\d]")
# What any model's or company's name may have, so that it names nobody by itself.
GENERIC = frozenset(
    {
        *("a", "an", "and", "at", "by", "de", "der", "it", "of", "the", "app", "api", "bot", "chat", "chatbot", "demo"),
        *("ai", "ais", "arena", "assistant", "base", "beta", "contender", "dpo", "experimental", "fast", "fine"),
        *("finetune", "finetuned", "foundation", "free", "ia3", "instruct", "instruction", "language", "large", "llm"),
        *("latest", "light", "lite", "local", "lora", "max", "medium", "mini", "model", "models", "net", "new", "old"),
        *("one", "online", "open", "plus", "preview", "pro", "quantized", "sft", "small", "stable", "system", "test"),
        *("tiny", "tuned", "turbo", "ultra", "v", "version", "vision", "xl", "cloud", "co", "com", "company", "corp"),
        *("corporation", "gmbh", "group", "inc", "lab", "laboratories", "laboratory", "labs", "llc", "ltd", "org"),
        *("project", "research", "team", "tech", "technologies", "technology", "university"),
    }
)
_NUMBER = re.compile(r"[vr]?\d+[a-z]{0,2}|\d+(?:\.\d+)*")
# What may follow a name and belongs to it.
VERSION = (
    r"(?:[\s-]?(?:v?\d+(?:[.\-]\d+)*[a-z]{0,2}|pro|ultra|turbo|mini|nano|flash|lite|opus|sonnet|haiku|instant|advanced|"
    rf"instruct|chat|base|large|small|medium|plus|max|next|it|coder|r\+?|x)(?![{LATIN}\d]))*"
)
_SCRIPTS = (  # beginnings and ends of words, where a script has them
    (re.compile("[\u0400-\u04ff]"), re.compile("[\u0400-\u04ff]"), re.compile("[\u0430-\u0451]{0,3}")),
    (re.compile("[\u30a0-\u30ff]"), re.compile("[\u30a0-\u30ff]"), None),
)
_HANGUL = re.compile("[\uac00-\ud7a3]")
_PERSON = re.compile(rf"\s[A-Z\u00c0-\u00de][{LATIN}]+")


@dataclass(frozen=True, slots=True)
class FoundName:
    """A name in a text, from `start` to `end`.

    Attributes:
        own: it names this very contender: a label, slug or alias.
        shared: it names the contender's family or organisation.
        goes_on: another capitalised word follows, as in a person's full name.
    """

    start: int
    end: int
    own: bool
    shared: bool
    goes_on: bool


@dataclass(frozen=True, slots=True)
class _Entry:
    pattern: re.Pattern[str]
    own: bool
    shared: bool


class Names:
    """The names to look for in one reply: a contender's, and those of all known families.

    Args:
        contender: whose reply it is.
        asked: what the voter wrote; a name in it tells nothing and is not looked for.
    """

    def __init__(self, contender: Contender, *, asked: str) -> None:
        said = asked.casefold()
        own, shared = ({name.casefold(): name for name in names} for names in _names_of(contender))
        ours = {**shared, **own}
        self._latin: defaultdict[str, list[_Entry]] = defaultdict(list)
        self._others: dict[str, _Entry] = {}
        for name, is_word in (*((name, False) for name in ours.values()), *_known_names()):
            folded = name.casefold()
            if _is_said(name, said) or (is_word and folded in ours):
                continue
            entry = _Entry(_latin_pattern(name, is_word=is_word), folded in own, folded in shared)
            if first := _FIRST.match(name):
                self._latin[first[0].casefold()].append(entry)
            else:
                self._others.setdefault(name, entry)
        longest_first = sorted(self._others, key=len, reverse=True)
        self._other_pattern = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def find(self, text: str) -> list[FoundName]:
        """Return the names in `text`, in order; none overlaps another."""
        found = sorted((*self._find_latin(text), *self._find_others(text)), key=lambda one: (one.start, -one.end))
        kept: list[FoundName] = []
        for one in found:
            if not kept or one.start >= kept[-1].end:
                kept.append(one)
        return kept

    def _find_latin(self, text: str) -> Iterator[FoundName]:
        end = 0
        for word in _FIRST.finditer(text):
            entries = self._latin.get(word[0].casefold())
            if not entries or word.start() < end or (word.start() and _LATIN_ONLY.match(text, word.start() - 1)):
                continue
            matches = [(match, entry) for entry in entries if (match := entry.pattern.match(text, word.start()))]
            if matches:
                match, entry = max(matches, key=lambda pair: (pair[0].end(), pair[1].own))
                end = match.end()
                yield FoundName(word.start(), end, entry.own, entry.shared, self._goes_on(text, end))

    def _goes_on(self, text: str, end: int) -> bool:
        after = _PERSON.match(text, end)
        if after is None:
            return False
        word = after[0].strip().casefold()
        return word not in GENERIC and word not in self._latin

    def _find_others(self, text: str) -> Iterator[FoundName]:
        if self._other_pattern is None or not _NOT_LATIN.search(text):
            return
        for match in self._other_pattern.finditer(text):
            start, end = match.span()
            if start and _HANGUL.match(match[0]) and _HANGUL.match(text, start - 1):
                continue
            whole = True
            for script, inside, ending in _SCRIPTS:
                if script.match(match[0]):
                    whole = not (start and inside.match(text, start - 1))
                    if ending and (suffix := ending.match(text, end)):
                        end = suffix.end()
                    whole = whole and not inside.match(text, end)
            if whole:
                entry = self._others[match[0]]
                yield FoundName(start, end, entry.own, entry.shared, goes_on=False)


def _names_of(contender: Contender) -> tuple[set[str], set[str]]:
    """Return a contender's own names, and those that it shares: family and organisation, whatever they are called."""
    label = contender.label.removesuffix(f" v{contender.version}")  # the version suffix is no part of the name
    stated = {label, contender.name, *(str(alias) for alias in contender.aliases or ())}
    own = {name for name in (*stated, *map(core_of, stated)) if _is_name(name)}
    shared = {contender.family or "", contender.organisation or ""}
    shared |= {core_of(name) for name in shared}
    for family in filter(None, map(family_called, (*own, *shared))):
        shared |= {*family.names, *family.maker_names}
    return own, {name for name in shared if _is_name(name)}


@lru_cache(maxsize=1024)
def core_of(name: str) -> str:
    """Return a name without versions, sizes and generic words at its ends: `Okapi` of "The Okapi-7B-Chat"."""
    parts = [part for part in re.split(r"[\s_\-@/:.,()\[\]]+", name) if part]
    bare = [part.casefold() in GENERIC or bool(_NUMBER.fullmatch(part.casefold())) for part in parts]
    while parts and bare[0]:
        parts, bare = parts[1:], bare[1:]
    for place, is_bare in enumerate(bare):
        if is_bare:
            parts = parts[:place]
            break
    return " ".join(parts)


def _is_name(name: str) -> bool:
    """Return whether a word names somebody: two letters at least, and not only generic words."""
    letters = sum(letter.isalpha() for letter in name)
    return letters >= 2 and any(part not in GENERIC for part in re.split(r"[\W_\d]+", name.casefold()) if part)


@cache
def _known_names() -> tuple[tuple[str, bool], ...]:
    """Return all names of known families and makers, and whether each is an ordinary word too."""
    names: dict[str, bool] = {}
    for family in known_families():
        for name in (*family.names, *family.maker_names):
            names.setdefault(name, name in family.ordinary_words)
    return tuple(names.items())


def _is_said(name: str, said: str) -> bool:
    """Return whether a name stands in `said`, which is case-folded. A plural counts as well."""
    if not said:
        return False
    if not _FIRST.match(name):
        return name.casefold() in said
    return bool(re.search(rf"(?<![{LATIN}\d]){_spelled(name.casefold())}s?(?![{LATIN}])", said))


@lru_cache(maxsize=4096)
def _latin_pattern(name: str, *, is_word: bool) -> re.Pattern[str]:
    """Return the pattern of a name, in any case; of an ordinary word, only with a capital or in capitals."""
    if is_word:
        spelled = f"(?-i:{name[:1].upper()}{re.escape(name[1:].lower())}|{re.escape(name.upper())}|{re.escape(name)})"
    else:
        spelled = _spelled(name)
    return re.compile(rf"{spelled}{VERSION}(?![{LATIN}\d])", re.IGNORECASE)


@lru_cache(maxsize=4096)
def _spelled(name: str) -> str:
    """Return a pattern for a name with blanks, hyphens, underscores or nothing between its parts."""
    return r"[\s_-]*".join(re.escape(part) for part in re.split(r"[\s_-]+", name) if part)
