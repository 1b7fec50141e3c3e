"""The look of all pages: one palette, light and dark, and fonts that every system has.

The style sheets use the variables that this theme sets, so a colour is changed here and nowhere else.
"""

from collections.abc import Mapping

from arena.web.gradio_import import gr

SANS = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "Noto Sans", "Arial", "sans-serif")
MONO = ("ui-monospace", "SF Mono", "Cascadia Mono", "Menlo", "Consolas", "Liberation Mono", "monospace")
# From 50, the lightest, to 950.
PINE = gr.themes.Color(
    *("#eef7f3", "#d8ece4", "#b1d9ca", "#82bfaa", "#4f9f87", "#2f806a", "#1f6654", "#195244", "#154137", "#10332b"),
    "#0a221d",
)
STONE = gr.themes.Color(
    *("#faf9f7", "#f3f2ee", "#e6e4de", "#d3d0c8", "#a5a29a", "#75726b", "#57554f", "#3f3e3a", "#2b2b29", "#1f201f"),
    "#161716",
)


def arena_theme() -> gr.themes.Base:
    """Return the theme of all pages."""
    theme = gr.themes.Base(
        primary_hue=PINE, secondary_hue=PINE, neutral_hue=STONE, font=SANS, font_mono=MONO, radius_size="lg"
    )
    return theme.set(
        body_background_fill="*neutral_50",
        body_background_fill_dark="*neutral_950",
        body_text_color="*neutral_900",
        body_text_color_dark="*neutral_100",
        body_text_color_subdued="*neutral_600",
        body_text_color_subdued_dark="*neutral_400",
        background_fill_primary="white",
        background_fill_primary_dark="*neutral_900",
        background_fill_secondary="*neutral_100",
        background_fill_secondary_dark="*neutral_800",
        border_color_primary="*neutral_200",
        border_color_primary_dark="*neutral_700",
        color_accent="*primary_600",
        border_color_accent="*primary_600",
        border_color_accent_dark="*primary_300",
        color_accent_soft="*primary_50",
        color_accent_soft_dark="*primary_900",
        link_text_color="*primary_700",
        link_text_color_dark="*primary_300",
        error_text_color="#9f2f22",
        error_text_color_dark="#f0a598",
        error_background_fill="#fbeeec",
        error_background_fill_dark="#3a1f1b",
        block_border_width="0px",
        block_background_fill="transparent",
        block_background_fill_dark="transparent",
        block_shadow="none",
        input_background_fill="*background_fill_primary",
        input_background_fill_dark="*background_fill_primary",
        input_border_color="*neutral_300",
        input_border_color_dark="*neutral_600",
        input_border_color_focus="*primary_500",
        input_border_color_focus_dark="*primary_400",
        input_border_width="1px",
        input_placeholder_color="*neutral_500",
        input_placeholder_color_dark="*neutral_400",
        button_primary_background_fill="*primary_600",
        button_primary_background_fill_dark="*primary_300",
        button_primary_background_fill_hover="*primary_700",
        button_primary_background_fill_hover_dark="*primary_200",
        button_primary_text_color="white",
        button_primary_text_color_dark="*neutral_950",
        button_secondary_background_fill="*background_fill_primary",
        button_secondary_background_fill_dark="*background_fill_primary",
        button_secondary_background_fill_hover="*primary_50",
        button_secondary_background_fill_hover_dark="*neutral_800",
        button_secondary_border_color="*neutral_300",
        button_secondary_border_color_dark="*neutral_600",
        button_secondary_text_color="*body_text_color",
        button_secondary_text_color_dark="*body_text_color",
        button_border_width="1px",
    )


def colours() -> str:
    """Return the theme's colours and fonts as CSS variables, for the pages that Gradio does not style."""
    values = arena_theme().to_dict()["theme"]
    variables = {name: value for name, value in values.items() if isinstance(value, str) and not name.startswith("_")}
    dark = {name.removesuffix("_dark"): value for name, value in variables.items() if name.endswith("_dark")}
    light = {name: value for name, value in variables.items() if not name.endswith("_dark")}
    return (
        f":root {{ color-scheme: light dark; {_declarations(light)} }}\n"
        f"@media (prefers-color-scheme: dark) {{ :root {{ {_declarations(dark)} }} }}\n"
    )


def _declarations(values: Mapping[str, str]) -> str:
    def reference(value: str) -> str:
        return f"var(--{value[1:].replace('_', '-')})" if value.startswith("*") else value

    return " ".join(f"--{name.replace('_', '-')}: {reference(value)};" for name, value in values.items())
