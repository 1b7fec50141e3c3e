"""The look of all pages: its colours reach every style sheet, and can be read, by day and by night."""

import re
from pathlib import Path

import pytest

from arena.web.static_files import STATIC
from arena.web.theme import arena_theme, colours

SHEETS = sorted(STATIC.glob("*.css"))


def variables(scheme: str) -> dict[str, str]:
    """The colours by name, with references followed."""
    light, dark = (dict(re.findall(r"--([\w-]+): ([^;]+);", part)) for part in colours().split("@media"))
    values = light | dark if scheme == "dark" else light

    def followed(value: str) -> str:
        reference = re.fullmatch(r"var\(--([\w-]+)\)", value)
        return followed(values[reference[1]]) if reference else value

    return {name: followed(value) for name, value in values.items()}


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.name)
def test_a_style_sheet_uses_no_colour_that_the_theme_does_not_have(path: Path):
    # Every page loads arena.css, apart from the audit page, which loads its own sheet alone.
    loaded = path.read_text() + ("" if path.name == "audit.css" else (STATIC / "arena.css").read_text())
    own = set(re.findall(r"^\s*--([\w-]+):", loaded, re.MULTILINE))
    assert set(re.findall(r"var\(--([\w-]+)", path.read_text())) - own - variables("light").keys() == set()


def test_pages_with_and_without_gradio_have_the_same_colours():
    theme = arena_theme()
    assert variables("light")["color-accent"] == theme.primary_600
    assert variables("dark")["link-text-color"] == theme.primary_300


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("text", "background"),
    [
        ("body-text-color", "body-background-fill"),
        ("body-text-color-subdued", "body-background-fill"),
        ("body-text-color", "background-fill-secondary"),
        ("link-text-color", "body-background-fill"),
        ("input-placeholder-color", "input-background-fill"),
        ("error-text-color", "error-background-fill"),
        ("button-primary-text-color", "button-primary-background-fill"),
    ],
)
def test_text_stands_out_from_what_is_behind_it(scheme: str, text: str, background: str):
    found = variables(scheme)
    lighter, darker = sorted((luminance(found[text]), luminance(found[background])), reverse=True)
    assert (lighter + 0.05) / (darker + 0.05) >= 4.5, "WCAG 2.2 asks for 4.5 to 1"


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    digits = {"white": "ffffff"}.get(colour, colour.removeprefix("#"))
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
