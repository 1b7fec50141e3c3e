"""Markdown as contenders write it, turned into HTML that cannot harm the page.

The parser's events become a small set of tags with every piece of text escaped: raw HTML is shown as it was written,
images become links, and links lead to `http`, `https` and `mailto` only. An allow-list then checks the result again.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from html import escape
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
# Text that is nested deeper or is longer than any real answer is shown as it was written. Turning it into HTML would
# take seconds, and a block that is still being written is turned into HTML ten times a second.
MAX_DEPTH = 40
MAX_CHARS = 60_000
MAX_OPEN_CHARS = 20_000

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
    if len(text) > MAX_CHARS:
        return _as_written(text)
    return _to_html(text, _parse(text))


class GrowingHtml:
    """The HTML of a reply that is still being written.

    Blocks that more text cannot change are turned into HTML once; an update works on the rest only. Meanwhile a link
    that an earlier block defines may be missing; it is there once `to_html` shows the whole reply.

    Attributes:
        finished: HTML of the blocks that will not change; it only grows.
        tail: HTML of the rest.
    """

    def __init__(self) -> None:
        self.finished = ""
        self.tail = ""
        self._done_chars = 0

    def update(self, text: str) -> None:
        """Take the whole text so far. It must begin with the text of the last update."""
        rest = text[self._done_chars :]
        if len(rest) > MAX_OPEN_CHARS:
            self.tail = _as_written(rest)
            return
        nodes = _parse(rest)
        opened = _last_open_block(nodes, rest.encode())
        if opened:
            done = rest.encode()[: nodes[opened].start].decode()
            self.finished += _to_html(done, nodes[:opened])
            self._done_chars += len(done)
            rest = rest[len(done) :]
        self.tail = _to_html(rest, nodes[opened:])


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
