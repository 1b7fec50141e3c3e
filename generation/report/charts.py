"""Charts as inline SVG. Colours are classes of the page, so that they follow light and dark."""

from collections.abc import Iterator, Sequence
from html import escape
from math import cos, log1p, pi, sin

from markupsafe import Markup

from generation.candidates.diversity import Diversity
from generation.report.figures import Similarity, Spread

HEIGHT, BASE, LEFT = 200, 24, 44
HALF, FULL = 504, 1040  # widths at which charts are shown, so that their words keep their size


def line_chart(x: Sequence[int], y: Sequence[float], *, top: float, label: str) -> Markup:
    """Return `y` over `x` as a line over an area; the axis goes from 0 to `top`."""
    left, right = x[0], max(x[-1], x[0] + 1)
    points = [
        (_across((at - left) / (right - left), HALF), BASE + (HEIGHT - 2 * BASE) * (1 - value / top))
        for at, value in zip(x, y, strict=True)
    ]
    path = " ".join(f"{across:.1f},{down:.1f}" for across, down in points)
    floor = HEIGHT - BASE
    return _svg(
        HALF,
        HEIGHT,
        label,
        *_levels([0, top / 2, top], top, HALF),
        f'<polygon class="area" points="{LEFT},{floor} {path} {points[-1][0]:.1f},{floor}"/>',
        f'<polyline class="line" points="{path}"/>',
        f'<text class="tick" x="{LEFT}" y="{HEIGHT - 6}">{left:,}</text>',
        f'<text class="tick" x="{HALF}" y="{HEIGHT - 6}" text-anchor="end">{right:,}</text>',
    )


def histogram(similarity: Similarity, *, label: str) -> Markup:
    """Return the bars of kept and rejected instructions by similarity, with a line at each threshold."""
    most = max(kept + gone for kept, gone in zip(similarity.kept, similarity.rejected, strict=True)) or 1
    span, room = (FULL - LEFT) / len(similarity.kept), HEIGHT - 2 * BASE
    bars = []
    for at, (kept, gone) in enumerate(zip(similarity.kept, similarity.rejected, strict=True)):
        down: float = HEIGHT - BASE
        title = f"<title>{at / len(similarity.kept):.2f}: {kept:,} + {gone:,}</title>"
        for count, kind in ((kept, "kept"), (gone, "gone")):
            if count:
                down -= room * count / most
                size = f'width="{span - 1.5:.1f}" height="{room * count / most:.1f}"'
                bars.append(f'<rect class="{kind}" x="{LEFT + at * span:.1f}" y="{down:.1f}" {size}>{title}</rect>')
    at_most = _across(similarity.threshold, FULL)
    mark = f'<line class="mark" x1="{at_most:.1f}" x2="{at_most:.1f}" y1="6" y2="{HEIGHT - BASE}"/>'
    ticks = [
        f'<text class="tick" x="{_across(at, FULL):.1f}" y="{HEIGHT - 6}" text-anchor="middle">{at:g}</text>'
        for at in (0, 0.2, 0.4, 0.6, 0.8)
    ]
    return _svg(FULL, HEIGHT, label, *_levels([0, most / 2, most], most, FULL), *bars, mark, *ticks)


def range_glyph(spread: Spread, *, most: float, kind: str) -> Markup:
    """Return a bar from the 5th to the 95th percentile with a dot at the median, on a logarithmic axis to `most`."""
    scale = 74 / log1p(max(most, 1))
    low, median, high = (3 + scale * log1p(value) for value in (spread.low, spread.median, spread.high))
    return _svg(
        80,
        12,
        f"{spread.low:g}, {spread.median:g}, {spread.high:g}",
        f'<rect class="{kind} range" x="{low:.1f}" y="3" width="{max(high - low, 2):.1f}" height="6" rx="3"/>',
        f'<circle class="dot" cx="{median:.1f}" cy="6" r="3"/>',
    )


def sunburst(diversity: Diversity, *, label: str) -> Markup:
    """Return verbs as an inner ring and the nouns of each as an outer one; an angle is a share of the pairs shown."""
    return _svg(640, 640, label, *_rings(diversity))


def _rings(diversity: Diversity) -> Iterator[str]:
    total = sum(sum(nouns.values()) for nouns in diversity.nouns.values())
    start = 0.0
    for place, (verb, nouns) in enumerate(diversity.nouns.items()):
        hue = round(165 + 360 * place / len(diversity.nouns)) % 360
        share, title = sum(nouns.values()) / total if nouns else 0, f"{verb}: {diversity.verbs[verb]:,}"
        yield _slice(start, share, (84, 190), title, verb, f"hsl({hue} 42% 36%)", "onverb")
        for noun, times in nouns.items():
            title = f"{verb} {noun}: {times:,}"
            yield _slice(start, times / total, (192, 316), title, noun, f"hsl({hue} 38% 76%)", "onnoun")
            start += times / total


def _slice(start: float, share: float, ring: tuple[int, int], title: str, word: str, colour: str, kind: str) -> str:
    inner, outer = ring
    share = min(share, 0.9999)  # SVG draws no arc that ends where it begins
    (ax, ay), (bx, by) = _point(start, outer), _point(start + share, outer)
    (cx, cy), (dx, dy) = _point(start + share, inner), _point(start, inner)
    wide = int(share > 0.5)
    path = (
        f"M{ax:.1f} {ay:.1f}A{outer} {outer} 0 {wide} 1 {bx:.1f} {by:.1f}"
        f"L{cx:.1f} {cy:.1f}A{inner} {inner} 0 {wide} 0 {dx:.1f} {dy:.1f}Z"
    )
    shape = f'<path class="slice" d="{path}" fill="{colour}"><title>{escape(title)}</title></path>'
    middle = (inner + outer) / 2
    if 2 * pi * middle * share < 12:
        return shape
    x, y = _point(start + share / 2, middle)
    turn = 360 * (start + share / 2) - 90
    turn += 180 if 90 < turn < 270 else 0
    word = word if len(word) <= 14 else word[:13] + "…"
    return shape + (
        f'<text class="{kind}" transform="translate({x:.1f} {y:.1f}) rotate({turn:.1f})" '
        f'text-anchor="middle" dominant-baseline="central">{escape(word)}</text>'
    )


def _point(share: float, radius: float) -> tuple[float, float]:
    """Return the point of a circle around (320, 320) after `share` of a turn from the top."""
    angle = 2 * pi * share - pi / 2
    return 320 + radius * cos(angle), 320 + radius * sin(angle)


def _across(share: float, width: int) -> float:
    return LEFT + (width - LEFT) * share


def _levels(values: Sequence[float], top: float, width: int) -> Iterator[str]:
    for value in values:
        down = BASE + (HEIGHT - 2 * BASE) * (1 - value / top)
        number = f"{value:,.0f}" if top >= 10 else f"{value:g}"
        yield f'<line class="level" x1="{LEFT}" x2="{width}" y1="{down:.1f}" y2="{down:.1f}"/>'
        yield f'<text class="tick" x="{LEFT - 6}" y="{down + 4:.1f}" text-anchor="end">{number}</text>'


def _svg(width: int, height: int, label: str, *shapes: str) -> Markup:
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    # Every word that comes from a run is escaped where it enters a shape.
    return Markup(f'<svg {size} role="img" aria-label="{escape(label)}">{"".join(shapes)}</svg>')  # noqa: S704
