"""Cleaning of ShareGPT conversations, as Vicuna was trained on them: pages of HTML in, conversations out.

The steps are those of the published recipe (FastChat, data_cleaning.md), with three of its faults corrected: Korean is
not dropped, the last exchange of a long conversation is not lost in splitting, and an answer in HTML keeps the language
of its code. Everything that is left out is counted under a reason.
"""

import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from bs4 import Tag
from markdownify import ATX, MarkdownConverter

from generation.dataset import Row
from generation.formats import SPEAKERS
from generation.languages import written_in

_PAGE = re.compile(r"\s*<(div|p|pre|ol|ul|h[1-6]|table|blockquote)\b[^>]*>.*</\1>\s*", re.DOTALL | re.IGNORECASE)
# What ShareGPT's page showed around an answer: which of several it is, and its size.
_COUNTER = re.compile(r"\A\s*\d+ / \d+\s*(?=<|\n|\Z)")
_SIZE = re.compile(r"Copy\d+ chars / \d+ words")


@dataclass(frozen=True, slots=True)
class PromptAndReply:
    """A prompt and its reply."""

    prompt: str
    reply: str


@dataclass(frozen=True, slots=True)
class _Talk:
    row: Row
    system: str
    exchanges: Sequence[PromptAndReply]


@dataclass
class Cleaning:
    """Clean conversations, and what became of the others.

    Attributes:
        rows: the conversations that are left, in ShareGPT's shape and in their order.
        dropped: how many conversations were left out, by reason: malformed, roles_out_of_order, empty_turn,
            no_exchange, other_language, duplicate.
        mended: how often something was changed: html_to_markdown (turns), leading_reply and unanswered_prompt (turns
            taken off an end), split (conversations that became several), over_budget (exchanges that are too long by
            themselves; they stay whole).
    """

    rows: list[Row] = field(default_factory=list)
    dropped: Counter[str] = field(default_factory=Counter)
    mended: Counter[str] = field(default_factory=Counter)


class _Unfit(ValueError):
    """The conversation cannot be used, for this reason."""


def clean(
    rows: Iterable[Row],
    *,
    languages: Sequence[str] = (),
    budget: float | None = None,
    count_tokens: Callable[[str], float] = len,
) -> Cleaning:
    """Return conversations in ShareGPT's shape, cleaned.

    Args:
        rows: with `conversations`, a list of {"from", "value"}, and perhaps an `id`.
        languages: keep only conversations that may be in one of these by their script; all if empty.
        budget: split conversations whose text has more tokens than this, between exchanges; None leaves them whole.
        count_tokens: returns the number of tokens of a text.
    """
    cleaning = Cleaning()
    talks: list[_Talk] = []
    for row in rows:
        try:
            talk = _talk(row, cleaning.mended)
            _check_language(talk, languages)
        except _Unfit as unfit:
            cleaning.dropped[str(unfit)] += 1
        else:
            talks.append(talk)
    for talk in _distinct(talks, cleaning.dropped):
        cleaning.rows += _parts(talk, budget, count_tokens, cleaning.mended) if budget else [_row(talk)]
    return cleaning


def html_to_markdown(page: str) -> str:
    """Return an answer's HTML as Markdown: code blocks keep their language and lose the page's buttons."""
    converter = _Answer(heading_style=ATX, bullets="-", escape_underscores=False, escape_asterisks=False)
    return converter.convert(page).strip()


class _Answer(MarkdownConverter):
    def convert_pre(self, el: Tag, text: str, parent_tags: set[str]) -> str:  # noqa: ARG002 (called by name)
        code = el.find("code")
        block = code if isinstance(code, Tag) else el
        content = block.get_text().strip("\n")
        # Longer than any run inside.
        fence = "`" * max([3, *(len(ticks) + 1 for ticks in re.findall("`+", content))])
        return f"\n\n{fence}{_code_language(block)}\n{content}\n{fence}\n\n"


def _code_language(block: Tag) -> str:
    names = [str(name) for name in block.get("class") or [] if str(name).startswith("language-")]
    return names[0].removeprefix("language-") if names else ""


def _talk(row: Row, mended: Counter[str]) -> _Talk:
    """Return the row as a system prompt and whole exchanges.

    Raises:
        _Unfit: that cannot be done.
    """
    turns = _turns(row)
    system = turns.pop(0)[1] if turns and turns[0][0] == "system" else ""
    while turns and turns[0][0] == "assistant":
        turns.pop(0)
        mended["leading_reply"] += 1
    while turns and turns[-1][0] == "user":
        turns.pop()
        mended["unanswered_prompt"] += 1
    if not turns:
        raise _Unfit("no_exchange")
    if [role for role, _ in turns] != ["user", "assistant"] * (len(turns) // 2):
        raise _Unfit("roles_out_of_order")
    texts = [_tidy(text, is_reply=role == "assistant", mended=mended) for role, text in turns]
    if not all(texts):
        raise _Unfit("empty_turn")
    return _Talk(row, system, [PromptAndReply(*pair) for pair in zip(texts[::2], texts[1::2], strict=True)])


def _turns(row: Row) -> list[tuple[str, str]]:
    turns = row.get("conversations")
    if not isinstance(turns, list) or not all(isinstance(turn, dict) for turn in turns):
        raise _Unfit("malformed")
    if not all(isinstance(turn.get("value"), str) and isinstance(turn.get("from"), str) for turn in turns):
        raise _Unfit("malformed")
    return [(SPEAKERS.get(turn["from"], turn["from"]), turn["value"]) for turn in turns]


def _tidy(text: str, *, is_reply: bool, mended: Counter[str]) -> str:
    if is_reply:
        text = _SIZE.sub("", _COUNTER.sub("", text))
        if _PAGE.fullmatch(text):
            mended["html_to_markdown"] += 1
            text = html_to_markdown(text)
    return text.strip()


def _check_language(talk: _Talk, languages: Sequence[str]) -> None:
    text = "\n".join(f"{exchange.prompt}\n{exchange.reply}" for exchange in talk.exchanges)
    if languages and all(written_in(text, language) is False for language in languages):
        raise _Unfit("other_language")


def _distinct(talks: Iterable[_Talk], dropped: Counter[str]) -> Iterable[_Talk]:
    """Keep the longest of the conversations that have the same `id` or begin with the same exchange."""
    kept: dict[int, _Talk] = {}
    places: dict[Hashable, int] = {}
    for number, talk in enumerate(talks):
        marks: list[Hashable] = [talk.exchanges[0], *([("id", str(talk.row["id"]))] if talk.row.get("id") else [])]
        place = next((places[mark] for mark in marks if mark in places), number)
        places.update(dict.fromkeys(marks, place))
        if place in kept:
            dropped["duplicate"] += 1
        kept[place] = max(kept.get(place, talk), talk, key=lambda each: len(each.exchanges))
    return kept.values()


def _parts(talk: _Talk, budget: float, count_tokens: Callable[[str], float], mended: Counter[str]) -> list[Row]:
    """Return the conversation as rows that fit the budget; every exchange is in one of them."""
    parts: list[list[PromptAndReply]] = [[]]
    room = full_room = budget - count_tokens(talk.system)
    for exchange in talk.exchanges:
        cost = count_tokens(exchange.prompt) + count_tokens(exchange.reply)
        if cost > full_room:
            mended["over_budget"] += 1
        if parts[-1] and cost > room:
            parts.append([])
            room = full_room
        parts[-1].append(exchange)
        room -= cost
    if len(parts) == 1:
        return [_row(talk)]
    mended["split"] += 1
    return [
        _row(replace(talk, exchanges=part, row={**talk.row, "id": f"{talk.row.get('id', 'conversation')}_{number}"}))
        for number, part in enumerate(parts)
    ]


def _row(talk: _Talk) -> Row:
    turns = [("system", talk.system)] if talk.system else []
    for exchange in talk.exchanges:
        turns += [("human", exchange.prompt), ("gpt", exchange.reply)]
    return {**talk.row, "conversations": [{"from": speaker, "value": text} for speaker, text in turns]}
