"""Charts: shapes that stay inside their picture, with every word of a run escaped."""

import re
from xml.etree import ElementTree

import pytest

from generation.candidates.diversity import Diversity
from generation.report.charts import histogram, line_chart, range_glyph, sunburst
from generation.report.figures import Similarity, Spread

NASTY = "<b>&\"'"


def shapes(svg: str, name: str) -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(svg).iter(name))


def diversity(nouns: dict[str, dict[str, int]]) -> Diversity:
    verbs = {verb: sum(times.values()) for verb, times in nouns.items()}
    return Diversity(sum(verbs.values()), len(verbs), len(verbs), verbs, nouns)


def test_words_of_a_run_are_text_and_never_markup():
    svg = sunburst(diversity({NASTY: {NASTY: 3}}), label=NASTY)
    (picture,) = shapes(svg, "svg")
    assert picture.get("aria-label") == NASTY
    assert {text.text for text in shapes(svg, "text")} == {NASTY}
    assert not shapes(svg, "b")


def test_a_verb_has_the_angle_of_all_its_nouns():
    titles = [
        title.text for title in shapes(sunburst(diversity({"write": {"poem": 3, "story": 1}}), label="x"), "title")
    ]
    assert titles == ["write: 4", "write poem: 3", "write story: 1"]


def test_a_single_noun_fills_the_ring_without_breaking_the_arc():
    arcs = [slice_.get("d", "") for slice_ in shapes(sunburst(diversity({"write": {"poem": 1}}), label="x"), "path")]
    assert len(arcs) == 2
    for arc in arcs:
        start, end = re.match(r"M([\d.]+ [\d.]+)A\d+ \d+ 0 1 1 ([\d.]+ [\d.]+)L", arc).groups()  # type: ignore[union-attr]
        assert start != end, "an arc that ends where it began is not drawn"


def test_a_curve_of_one_point_can_be_drawn():
    (line,) = shapes(line_chart([50], [3.0], top=4.0, label="x"), "polyline")
    assert re.fullmatch(r"[\d.]+,[\d.]+", line.get("points", ""))


def test_bars_of_kept_and_rejected_stand_on_each_other_within_the_picture():
    svg = histogram(Similarity([4, 0, 1], [0, 2, 4], threshold=0.7), label="x")
    (picture,) = shapes(svg, "svg")
    _, _, _, height = map(float, picture.get("viewBox", "").split())
    bars = [(float(bar.get("y", 0)), float(bar.get("height", 0))) for bar in shapes(svg, "rect")]
    assert len(bars) == 4, "empty bars are left out"
    assert all(0 <= top <= top + tall <= height for top, tall in bars)


@pytest.mark.parametrize("spread", [Spread(0, 0, 0), Spread(1, 5, 900), Spread(900, 900, 900)])
def test_a_spread_is_drawn_within_its_glyph(spread: Spread):
    svg = range_glyph(spread, most=900, kind="kept")
    (bar,), (dot,) = shapes(svg, "rect"), shapes(svg, "circle")
    left, width = float(bar.get("x", 0)), float(bar.get("width", 0))
    assert left >= 0
    assert width >= 2
    assert left + width <= 80
    assert left <= float(dot.get("cx", 0)) <= left + width
