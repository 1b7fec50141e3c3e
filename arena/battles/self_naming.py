"""Self-naming: whether a reply tells who wrote it, so that the vote on it was not blind.

A contender's own names (label, slug, aliases) count wherever they stand. Names that it shares with others (family,
organisation) and single words that may mean something else, such as "alpaca", count only where the reply introduces its
writer. Dropping every battle that mentions a name, as is usual, would also drop battles that are about these names. A
name that the voter wrote first does not count.
"""

import re
from collections.abc import Iterable, Sequence
from functools import cache

from arena.db.tables import Contender

MADE = r"(?:developed|created|made|built|designed|trained|pre-?trained|fine-?tuned|released|provided|powered)"
NEAR = r"[^.!?\n]{0,60}?"  # within the sentence
# A reply is searched in pieces of this length, which overlap by more than the longest introduction with its name.
PIECE_CHARS, OVERLAP_CHARS = 3000, 500
# Each is followed by a name.
INTRODUCTIONS = (
    r"\b(?:i am|i['’]m|my name(?:['’]s| is)|call me)\s+(?:(?:called|named|known\s+as|actually|just|the|an?)\s+){0,3}",
    rf"\b(?:i am|i['’]m|as)\s+(?:an?|the|your)\b{NEAR}\b(?:ai|assistant|chatbot|bot|llm|model)\b{NEAR}",
    rf"\b(?:i am|i['’]m|i was|i have been|i['’]ve been)\b{NEAR}\b{MADE}\s+(?:by|at|on|from)\b{NEAR}",
    rf"\bthis\s+(?:ai|assistant|chatbot|bot|model)\s+(?:is|was)\b{NEAR}",
    rf"\bmy\s+(?:creators?|developers?|makers?|trainers?)\b{NEAR}",
    rf"(?:저는|나는|제\s*이름은|내\s*이름은){NEAR}",
)
# A name must not continue in letters or digits, except Hangul: Korean attaches its particles to a name.
BEGIN, END = r"(?<!\w)", r"(?![^\W\uac00-\ud7a3])"


def names_itself(contender: Contender, reply: str, prompts: Iterable[str]) -> bool:
    """Return whether `reply` reveals that `contender` wrote it, by a name that is in none of `prompts`."""
    asked = "\n".join(prompts).casefold()
    label = contender.label.removesuffix(f" v{contender.version}")  # the version suffix is no part of the name
    own = _unasked((label, contender.name, *contender.aliases), asked)
    shared = _unasked((contender.family, contender.organisation), asked)
    return bool(own or shared) and _is_in(_telling(own, shared), reply.casefold())


def _is_in(pattern: re.Pattern[str], text: str) -> bool:
    """Search a piece at a time: one search would let nobody else in for as long as it takes, even from a thread."""
    for start in range(0, len(text), PIECE_CHARS):
        piece_end = start + PIECE_CHARS + OVERLAP_CHARS
        found = pattern.search(text, start, piece_end)
        # What ends where the piece ends may go on in the next one, which begins before it.
        if found and (found.end() < piece_end or found.end() == len(text)):
            return True
    return False


def _unasked(names: Iterable[str], asked: str) -> tuple[str, ...]:
    folded = (name.casefold() for name in names if name)
    return tuple(name for name in folded if not re.search(f"{BEGIN}{_spelled(name)}{END}", asked))


@cache
def _telling(own: Sequence[str], shared: Sequence[str]) -> re.Pattern[str]:
    """Return the pattern that finds a writer's names in a case-folded reply."""
    ways = [f"(?:{'|'.join(INTRODUCTIONS)}){BEGIN}(?:{'|'.join(map(_spelled, (*own, *shared)))})"]
    ways += [BEGIN + _spelled(name) for name in own if not name.isalpha()]
    return re.compile(f"(?:{'|'.join(ways)}){END}")


def _spelled(name: str) -> str:
    """Return a pattern for a name with spaces, hyphens, underscores or nothing between its parts."""
    return r"[\s_-]*".join(re.escape(part) for part in re.split(r"[\s_-]+", name) if part)
