"""Plots of a report, as SVG with no script and nothing to load. Colours are classes, so they follow light and dark."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from markupsafe import Markup

WIDTH, LABELS, FIGURES = 640, 170, 150
ROW, HEAD, FOOT = 30, 8, 30
TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True, slots=True)
class ForestRow:
    """A row of a forest plot: a share with its interval, and what is written beside it."""

    label: str
    value: float | None
    lower: float
    upper: float
    beside: str


def forest(rows: Sequence[ForestRow], *, label: str) -> Markup:
    """Return shares with their intervals, one below the other, with a line at one half."""
    height = HEAD + ROW * len(rows) + FOOT
    floor = height - FOOT
    parts = []
    for tick in TICKS:
        kind, at = "half" if tick == 0.5 else "grid", f"{_across(tick):.1f}"
        parts.append(f'<line class="{kind}" x1="{at}" x2="{at}" y1="{HEAD}" y2="{floor}"/>')
        parts.append(f'<text class="tick" x="{at}" y="{floor + 18}" text-anchor="middle">{tick:.0%}</text>')
    for number, row in enumerate(rows):
        middle = HEAD + ROW * (number + 0.5)
        parts.append(f'<text class="name" x="0" y="{middle + 5:.1f}">{escape(_short(row.label))}</text>')
        parts.append(
            f'<line class="whisker" x1="{_across(row.lower):.1f}" x2="{_across(row.upper):.1f}" y1="{middle:.1f}" '
            f'y2="{middle:.1f}"/>'
        )
        if row.value is not None:
            parts.append(f'<circle class="dot" cx="{_across(row.value):.1f}" cy="{middle:.1f}" r="5"/>')
        parts.append(
            f'<text class="beside" x="{WIDTH}" y="{middle + 5:.1f}" text-anchor="end">{escape(row.beside)}</text>'
        )
    return _svg(WIDTH, height, label, parts)


def outcomes(counts: Sequence[tuple[str, int, str]], *, label: str) -> Markup:
    """Return a bar of (name, count, class), each part as long as its share."""
    total = sum(count for _, count, _ in counts) or 1
    across, parts = 0.0, []
    for name, count, kind in counts:
        width = WIDTH * count / total
        if count:
            parts.append(
                f'<rect class="{kind}" x="{across:.1f}" y="0" width="{max(width - 2, 1):.1f}" height="34">'
                f"<title>{escape(name)}: {count}</title></rect>"
            )
        if width > 34:
            parts.append(
                f'<text class="on" x="{across + width / 2 - 1:.1f}" y="22" text-anchor="middle">{count}</text>'
            )
        across += width
    return _svg(WIDTH, 34, label, parts)


def picture(title: str, verdict: str, bar: Sequence[tuple[str, int, str]], lines: Sequence[str]) -> str:
    """Return a picture to share, of 1200 by 630 pixels: the result, its counts, and what may not be left out."""
    total = sum(count for _, count, _ in bar) or 1
    colours = {"first": "#2f806a", "none": "#77736a", "second": "#c8603c"}
    across, parts = 60.0, []
    for name, count, kind in bar:
        width = 1080 * count / total
        if count:
            parts.append(f'<rect x="{across:.1f}" y="270" width="{width:.1f}" height="70" fill="{colours[kind]}"/>')
        if width > 60:
            parts.append(
                f'<text x="{across + width / 2:.1f}" y="316" font-size="32" font-weight="600" fill="#fff" '
                f'text-anchor="middle">{count}</text>'
            )
            parts.append(
                f'<text x="{across + width / 2:.1f}" y="375" font-size="22" fill="#6b6861" text-anchor="middle">'
                f"{escape(_short(name, round(width / 12)))}</text>"
            )
        across += width
    headline = [
        f'<text x="60" y="{160 + 48 * number}" font-size="38" font-weight="700" fill="#1f201f">{escape(line)}</text>'
        for number, line in enumerate(textwrap.wrap(verdict, 48, max_lines=2, placeholder="…"))
    ]
    told = [
        f'<text x="60" y="{440 + 34 * number}" font-size="24" fill="#3f3e3a">{escape(line)}</text>'
        for number, line in enumerate(lines[:5])
    ]
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="1200" height="630" viewBox="0 0 1200 630" '
        f'font-family="system-ui, sans-serif" role="img" aria-label="{escape(verdict)}">'
        '<rect width="1200" height="630" fill="#faf9f7"/>'
        f'<text x="60" y="100" font-size="30" fill="#6b6861">{escape(_short(title, 70))}</text>'
        + "".join([*headline, *parts, *told])
        + "</svg>\n"
    )


def _across(share: float) -> float:
    return LABELS + (WIDTH - LABELS - FIGURES) * min(max(share, 0.0), 1.0)


def _short(text: str, most: int = 22) -> str:
    return text if len(text) <= most else text[: max(most - 1, 1)] + "…"


def _svg(width: int, height: int, label: str, parts: Sequence[str]) -> Markup:
    begin = f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{escape(label)}">'
    return Markup(begin + "".join(parts) + "</svg>")  # noqa: S704 - every text in it is escaped above
