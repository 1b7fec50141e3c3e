"""Markdown as contenders write it, turned into HTML that cannot harm the page.

The parser's events become a small set of tags with every piece of text escaped: raw HTML is shown as it was written,
images become links, and links lead to `http`, `https` and `mailto` only. An allow-list then checks the result again.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from itertools import islice
from typing import Any

import nh3
import pyromark

OPTIONS = pyromark.Options.ENABLE_TABLES | pyromark.Options.ENABLE_STRIKETHROUGH | pyromark.Options.ENABLE_MATH
TAGS = {
    "Paragraph": "p",
    "Emphasis": "em",
    "Strong": "strong",
    "Strikethrough": "del",
    "Item": "li",
    "BlockQuote": "blockquote",
    "TableRow": "tr",
}
# Levels 1 and 2 are the page's own.
HEADINGS = {"H1": "h3", "H2": "h4", "H3": "h5", "H4": "h6", "H5": "h6", "H6": "h6"}
ALIGNMENTS = {"Center": "center", "Right": "right"}
BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
LINK = re.compile(r"(https?://|mailto:)", re.IGNORECASE)
# Unicode's controls of the writing direction can make a text look different from what was written.
DIRECTION_CONTROLS = {code: f"[U+{code:04X}]" for code in range(0x202A, 0x202F)}
# Text that is nested deeper, or has more text or marks than any real answer, is shown as it was written: turning it
# into HTML would take seconds. The time goes with the marks, about 12 µs for each of the worst kind.
MAX_DEPTH = 40
MAX_CHARS = 60_000
MAX_MARKS = 6_000
MARK = re.compile(r"""\*+|_+|~+|`+|\${1,2}|[\[\]|<>&!\\"]|\n""")
DEEP = re.compile(rf"^(?:[ \t]*+(?:>|[-+*]|\d{{1,9}}[.)])){{{MAX_DEPTH}}}", re.MULTILINE)
# A block that is still being written is turned into HTML ten times a second, so of a long one only the beginning is.
MAX_OPEN_MARKS = 400
MAX_OPEN_CHARS = 20_000
CODE = re.compile(r" {0,3}(`{3,60}+|~{3,60}+)[^`~\n]*\n")

ALLOWED = nh3.Cleaner(
    tags={*TAGS.values(), *HEADINGS.values()}
    | {"a", "br", "code", "div", "hr", "ol", "pre", "table", "tbody", "td", "th", "thead", "ul"},
    clean_content_tags=set(),
    attributes={"a": {"href"}, "ol": {"start"}},
    allowed_classes={"div": {"wide"}, "th": {*ALIGNMENTS.values()}, "td": {*ALIGNMENTS.values()}},
    set_tag_attribute_values={"a": {"target": "_blank"}},
    link_rel="nofollow noopener noreferrer",
    url_schemes={"http", "https", "mailto"},
    url_relative="deny",
)


@lru_cache(maxsize=256)
def to_html(text: str) -> str:
    """Return `text` as HTML made of allowed tags only, safe to insert into the page."""
    if len(text) > MAX_CHARS or DEEP.search(text) or _place_of_mark(text, MAX_MARKS) is not None:
        return _as_written(text)
    return _to_html(text, _parse(text))


class GrowingHtml:
    """The HTML of a reply that is still being written.

    Blocks that more text cannot change are turned into HTML once; an update works on the rest only, and of that on no
    more than `MAX_OPEN_MARKS`. What follows them is shown as it was written until an update gets there. Meanwhile a
    link that an earlier block defines may be missing; it is there once `to_html` shows the whole reply.

    Attributes:
        finished: HTML of the blocks that will not change; it only grows.
        tail: HTML of the rest.
    """

    def __init__(self) -> None:
        self.finished = ""
        self.tail = ""
        self._done_chars = 0
        self._beginning = ("", "")  # of a rest that is too long, and its HTML

    def update(self, text: str) -> None:
        """Take the whole text so far. It must begin with the text of the last update."""
        beginning = _affordable(text[self._done_chars :])
        if beginning != text[self._done_chars :] and self._takes_code(text):
            return
        known, html = self._beginning
        if beginning != known or not known:
            nodes = _parse(beginning)
            opened = _last_open_block(nodes, beginning.encode())
            if opened:
                done = beginning.encode()[: nodes[opened].start].decode()
                self._finish(_to_html(done, nodes[:opened]), len(done))
                beginning = beginning[len(done) :]
            html = _to_html(beginning, nodes[opened:])
        later = text[self._done_chars + len(beginning) :]
        self._beginning = (beginning, html) if later else ("", "")
        self.tail = html + (_as_text(later) if later else "")

    def _takes_code(self, text: str) -> bool:
        """Show a long block of code, whose marks mean nothing; return whether there was one."""
        rest = text[self._done_chars :]
        fence = CODE.match(rest)
        if not fence:
            return False
        closing = re.compile(rf"^ {{0,3}}{fence[1]}[`~]*[ \t]*\n", re.MULTILINE).search(rest, fence.end())
        if closing:
            self._finish(_as_written(rest[fence.end() : closing.start()]), closing.end())
            self.tail = _as_text(rest[closing.end() :])  # the next update comes in a moment
        else:
            self.tail = _as_written(rest[fence.end() :])
        return True

    def _finish(self, html: str, num_chars: int) -> None:
        self.finished += html
        self._done_chars += num_chars


def _affordable(text: str) -> str:
    """Return the lines of `text` that an update can afford to work on; all of it where it has few marks."""
    deep = DEEP.search(text)
    many = _place_of_mark(text, MAX_OPEN_MARKS)
    if deep is None and many is None and len(text) <= MAX_OPEN_CHARS:
        return text
    end = min(MAX_OPEN_CHARS, len(text) if many is None else many)
    end = text.rfind("\n", 0, end) + 1
    return text[: min(end, deep.start()) if deep else end]


@dataclass(frozen=True, slots=True)
class _Node:
    """One event of the parser, the byte at which its source begins, and how deep it is nested."""

    event: Any
    start: int
    depth: int


def _parse(text: str) -> list[_Node]:
    nodes = []
    depth = 0
    for event, source in pyromark.events_with_range(text, options=OPTIONS, merge_text=True):
        kind = next(iter(event)) if isinstance(event, dict) else event
        depth -= kind == "End"
        nodes.append(_Node(event, source["start"], depth))
        depth += kind == "Start"
    return nodes


def _last_open_block(nodes: list[_Node], source: bytes) -> int:
    """Return the index of the first node of the last block whose beginning is certain, or 0.

    Everything before that block is finished. A beginning is certain when its line is complete, or when it is a letter,
    which always begins a paragraph. A lone `-` or `#` may still turn out to continue the block before it.
    """
    last_line = source.rfind(b"\n") + 1
    for index in range(len(nodes) - 1, 0, -1):
        node = nodes[index]
        if node.depth == 0 and (node.event == "Rule" or "Start" in node.event):
            first = source[node.start : node.start + 4].decode(errors="ignore")[:1]
            if node.start < last_line or first.isalpha():
                return index
    return 0


def _to_html(source: str, nodes: list[_Node]) -> str:
    if any(node.depth > MAX_DEPTH for node in nodes):
        return _as_written(source)
    return ALLOWED.clean("".join(_tags(nodes)))


def _place_of_mark(text: str, number: int) -> int | None:
    """Return where the mark with this number stands, counted from 1, or None if there are fewer."""
    found = next(islice(MARK.finditer(text), number - 1, None), None)
    return found.start() if found else None


def _as_text(source: str) -> str:
    return f"<p>{_text(source).replace(chr(10), '<br>')}</p>"


def _as_written(source: str) -> str:
    return f"<pre><code>{_text(source)}</code></pre>"


def _text(written: str) -> str:
    return escape(written.translate(DIRECTION_CONTROLS))


def _tags(nodes: Iterable[_Node]) -> Iterator[str]:
    table = _Table()
    for node in nodes:
        match node.event:
            case {"Text": text}:
                yield _text(text)
            case {"Code": text}:
                yield f"<code>{_text(text)}</code>"
            # Formulas stay exactly as written, with every backslash.
            case {"InlineMath": text}:
                yield _text(f"${text}$")
            case {"DisplayMath": text}:
                yield _text(f"$${text}$$")
            case {"Html": text}:
                yield _text(text)
            case {"InlineHtml": text}:
                yield "<br>" if BREAK.fullmatch(text) else _text(text)
            # Contenders mean a new line wherever they break one.
            case "SoftBreak" | "HardBreak":
                yield "<br>"
            case "Rule":
                yield "<hr>"
            case {"Start": tag}:
                yield table.opening(tag) or _opening(tag)
            case {"End": tag}:
                yield table.closing(tag) or _closing(tag)


def _opening(tag: Any) -> str:
    match tag:
        case {"Heading": {"level": level}}:
            return f"<{HEADINGS[level]}>"
        case {"CodeBlock": _} | "HtmlBlock":
            return "<pre><code>"
        case {"List": None}:
            return "<ul>"
        case {"List": start}:
            return f'<ol start="{start}">'
        case {"BlockQuote": _}:
            return "<blockquote>"
        case {"Link": {"dest_url": url}}:
            return _anchor(url)
        case {"Image": {"dest_url": url}}:
            return f"{_anchor(url)}Image: "
    return f"<{TAGS[tag]}>"


def _closing(tag: Any) -> str:
    match tag:
        case {"Heading": level}:
            return f"</{HEADINGS[level]}>"
        case "CodeBlock" | "HtmlBlock":
            return "</code></pre>"
        case {"List": ordered}:
            return "</ol>" if ordered else "</ul>"
        case {"BlockQuote": _}:
            return "</blockquote>"
        case "Link" | "Image":
            return "</a>"
    return f"</{TAGS[tag]}>"


def _anchor(url: str) -> str:
    return f'<a href="{escape(url)}">' if LINK.match(url) else "<a>"


class _Table:
    """Counts the columns of a table's rows, because the parser names the alignments only once, by column."""

    def __init__(self) -> None:
        self._alignments: tuple[str, ...] = ()
        self._column = 0
        self._cell = "td"

    def opening(self, tag: Any) -> str:
        match tag:
            case {"Table": alignments}:
                self._alignments = alignments
                return '<div class="wide"><table>'
            case "TableHead":
                self._column, self._cell = 0, "th"
                return "<thead><tr>"
            case "TableRow":
                self._column = 0
                return "<tr>"
            case "TableCell":
                aligned = ALIGNMENTS.get(self._alignments[self._column])
                self._column += 1
                return f'<{self._cell} class="{aligned}">' if aligned else f"<{self._cell}>"
        return ""

    def closing(self, tag: Any) -> str:
        match tag:
            case "Table":
                return "</tbody></table></div>"
            case "TableHead":
                self._cell = "td"
                return "</tr></thead><tbody>"
            case "TableCell":
                return "</th>" if self._cell == "th" else "</td>"
        return ""
