"""Self-naming: where a reply tells who wrote it, so that a vote on it would not be blind.

Telling is a claim about oneself, in any of seventeen languages: "I am Okapi", "Zoolab made me". A name that stands in
an answer about llamas, about a company or about a comparison of models is no claim. A name that the voter wrote first
does not count. docs/blindness.md has how often this is right.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from arena.battles.claims import (
    LONG_NAME,
    NAME,
    asks_who,
    introduces_an_ai,
    is_claim,
    is_elliptic_claim,
    masked,
    without_quotations,
)
from arena.battles.names import FoundName, Names
from arena.db.tables import Contender

Span = tuple[int, int]
LONGEST_SENTENCE = 600  # characters; a longer one is read in parts
LONGEST_BARE = 120  # characters of a reply that may be nothing but a name
_SENTENCE = re.compile(rf"(?:[^.!?。！？।؟\n]|[.](?=[^\s])){{0,{LONGEST_SENTENCE}}}[.!?。！？।؟\n]*[\s\"'”»」』)*_]*")
_LEADS_ON = re.compile(r"[:,?？：、–—-][\s*_\"]*$")  # the next line or sentence belongs to it
_NO_NAME_YET = re.compile(r"\w")
_BARE = re.compile(
    r"^(?:\W|\b(?:hi|hello|hey|yes|sure|by|from|of|at|the|an?|and|i guess|simply|just|your|made|created|called|is|its|"
    r"it|assistant|ai|model|im|von|ich|de|par|por|da|от)\b|의|입니다|です|の|社|的|是|"
    rf"[{NAME}{LONG_NAME}])*$"
)
# A prompt that asks for something else, so that a name alone is the answer to it.
_ASKS_FOR_SOMETHING = re.compile(
    r"[?？؟]|^\W*(?:name|give|list|translate|write|complete|which|what|who|say|spell|guess|repeat|define|fill|pick|choose|"
    r"tell me (?:the|a|an|which|what|who)|nenne|nomme|nombra|traduis|traduce|übersetze)\b",
    re.IGNORECASE,
)
_DENIAL = re.compile(rf"\b(?:not|n't|never|nicht|kein|pas|no soy|non sono|não)\b[^.]{{0,30}}[{NAME}{LONG_NAME}]")
_SEVERAL = 3  # different names in one sentence make a comparison


@dataclass(slots=True)
class _SettledPart:
    """How far a growing text was read for good.

    Attributes:
        end: what stands before is settled.
        text: that part, to notice a text that did not grow.
        spans: the names found in it that tell.
        about_writer: whether the sentence before was about the writer.
    """

    end: int = 0
    text: str = ""
    spans: tuple[Span, ...] = ()
    about_writer: bool = False


class SelfNaming:
    """Finds where the replies of one contender to one voter tell who writes.

    Keep one for each reply: a text that grows is read on from where it was settled, so all updates together cost about
    as much as one look at the whole.

    Args:
        contender: its label, slug, aliases, family and organisation are names to look for, beside known families.
        prompts: what the voter wrote, in order.
    """

    def __init__(self, contender: Contender, prompts: Iterable[str] = ()) -> None:
        said = list(prompts)
        self._names = Names(contender, asked="\n".join(said))
        self._asked = bool(said) and asks_who(said[-1])
        self._bare_tells = self._asked or not (said and _ASKS_FOR_SOMETHING.search(said[-1]))
        self._progress = _SettledPart()

    def spans(self, text: str) -> list[Span]:
        """Return the places of names that tell who writes, as (start, end), in order."""
        if not text.startswith(self._progress.text):
            self._progress = _SettledPart()
        found = list(self._progress.spans)
        at, about_writer = self._progress.end, self._progress.about_writer
        for start, end in _sentences(text, at):
            sentence = text[start:end]
            names = self._names.find(sentence)
            plain = masked(sentence, [(name.start, name.end, name.goes_on) for name in names])
            if names and self._tells(plain, sentence, names, about_writer=about_writer):
                found += [(start + name.start, start + name.end) for name in names]
            about_writer = introduces_an_ai(plain)
            if end < len(text):  # the last sentence may go on
                self._progress = _SettledPart(end, text[:end], tuple(found), about_writer)
        if not found and len(text) <= LONGEST_BARE and self._bare_tells:
            found = self._bare(text)
        return found

    def settled(self, text: str) -> int:
        """Return how much of `text` can be shown: whether a name after that place tells may still change.

        That is all of it unless a name stands in the last sentence, or may be about to.
        """
        spans = self.spans(text)
        begin = self._progress.end
        names = self._names.find(text[begin:])
        open_names = [begin + name.start for name in names if (begin + name.start, begin + name.end) not in spans]
        last_word = re.search(r"[^\s]*$", text)
        limit = last_word.start() if last_word else len(text)
        return min([limit, *open_names])

    def _tells(self, plain: str, sentence: str, names: list[FoundName], *, about_writer: bool) -> bool:
        own_words = without_quotations(plain)
        if NAME not in own_words and LONG_NAME not in own_words:
            return False
        if is_claim(own_words):
            return True
        if (self._asked or about_writer) and is_elliptic_claim(own_words):
            return True
        if not self._asked:
            return False
        # Asked who it is, a reply that says its own name anywhere has said it.
        different = {sentence[name.start : name.end].casefold() for name in names}
        mine = [name for name in names if name.own and not name.goes_on and not _is_plain_word(sentence, name)]
        return bool(mine) and len(different) < _SEVERAL and not _denied(own_words)

    def _bare(self, text: str) -> list[Span]:
        names = self._names.find(text)
        plain = masked(text, [(name.start, name.end, name.goes_on) for name in names])
        return (
            [(name.start, name.end) for name in names]
            if any(one.own or one.shared for one in names) and _BARE.match(plain)
            else []
        )


def names_itself(contender: Contender, reply: str, prompts: Iterable[str]) -> bool:
    """Return whether `reply` reveals who wrote it, by a name that is in none of `prompts`."""
    return bool(SelfNaming(contender, prompts).spans(reply))


def _is_plain_word(sentence: str, name: FoundName) -> bool:
    """Return whether a name is written as any word is: in small letters of our alphabet."""
    written = sentence[name.start : name.end]
    return written.isascii() and written.isalpha() and written.islower()


def _denied(plain: str) -> bool:
    return bool(
        re.search(rf"\b(?:not|n't|never|nicht|kein|pas|no soy|non sono|não)\b[^.]{{0,30}}[{NAME}{LONG_NAME}]", plain)
    )


def _sentences(text: str, at: int) -> list[Span]:
    """Return the sentences of `text` from `at` on. One that leads on to the next is taken together with it."""
    spans: list[Span] = []
    begin = at
    while at < len(text):
        match = _SENTENCE.match(text, at)
        end = match.end() if match and match.end() > at else at + 1
        part = text[begin:end].strip()
        leads_on = len(part) < 80 and (not _NO_NAME_YET.search(part) or _LEADS_ON.search(part))
        if not leads_on or end == len(text):
            spans.append((begin, end))
            begin = end
        at = end
    return spans
