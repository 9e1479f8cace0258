"""Roles become colours here, and only here: three palettes, and one that uses no colour at all."""

from dataclasses import dataclass

from rich.style import Style

from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem, nearest
from netmind_tui.tui.glyph import ASCII, UNICODE, Glyphs

ROLES = (
    "text",
    "dim",
    "strong",
    "title",
    "key",
    "border",
    "border-focus",
    "chosen",
    "field",
    "cursor",
    "tab",
    "tab-here",
    "contributing",
    "idle",
    "gave-way",
    "yours",
    "lost",
    "measuring",
    "good",
    "warn",
    "bad",
    "bar",
    "chart",
    "figure",
    "estimate",
)
"""Every role a span may have. ``bar`` and ``chart`` are neutral; they take ``warn`` or ``bad`` beyond a threshold."""


@dataclass(frozen=True, slots=True)
class Palette:
    """A theme: its name, whether it is dark, its ground, and a style for each role."""

    name: str
    title: str
    is_dark: bool
    background: str
    foreground: str
    accent: str
    styles: dict[str, str]


def _palette(
    name: str, title: str, background: str, foreground: str, accent: str, *, is_dark: bool, **colours: str
) -> Palette:
    grey, faint = colours["grey"], colours["faint"]
    styles = {
        "text": foreground,
        "dim": grey,
        "strong": f"bold {foreground}",
        "title": f"bold {accent}",
        "key": f"bold {foreground}",
        "border": faint,
        "border-focus": accent,
        "chosen": f"bold {foreground} on {colours['raised']}",
        "field": f"{foreground} on {colours['raised']}",
        "cursor": f"{background} on {foreground}",
        "tab": grey,
        "tab-here": f"bold {background} on {accent}",
        "contributing": colours["teal"],
        "idle": grey,
        "gave-way": colours["amber"],
        "yours": colours["violet"],
        "lost": f"bold {colours['red']}",
        "measuring": f"bold {colours['blue']}",
        "good": colours["teal"],
        "warn": colours["amber"],
        "bad": f"bold {colours['red']}",
        "bar": colours["bar"],
        "chart": colours["bar"],
        "figure": f"bold {foreground}",
        "estimate": f"italic {grey}",
    }
    return Palette(name, title, is_dark, background, foreground, accent, styles)


PALETTES = {
    palette.name: palette
    for palette in (
        _palette(
            "dark",
            "dark",
            "#11151c",
            "#d6dde6",
            "#a8c3e6",
            is_dark=True,
            grey="#8a95a5",
            faint="#465263",
            raised="#243040",
            teal="#3fc1a5",
            amber="#e0a743",
            violet="#b18cf2",
            red="#f0616d",
            blue="#6aa9f7",
            bar="#7f9fc4",
        ),
        _palette(
            "light",
            "light",
            "#fbfbf8",
            "#22282f",
            "#2c4d75",
            is_dark=False,
            grey="#5f6975",
            faint="#a3acb6",
            raised="#dfe7ee",
            teal="#00765f",
            amber="#8f5f00",
            violet="#6a3fc0",
            red="#b3202f",
            blue="#1f5fb8",
            bar="#4d6e96",
        ),
        # After M. Okabe and K. Ito, "Color Universal Design" (2008): told apart with any kind of colour vision.
        _palette(
            "colour-blind",
            "safe for colour-blind eyes",
            "#101418",
            "#e6e6e6",
            "#bcd0e2",
            is_dark=True,
            grey="#9aa0a6",
            faint="#4c5763",
            raised="#25313d",
            teal="#56b4e9",
            amber="#f0e442",
            violet="#cc79a7",
            red="#d55e00",
            blue="#56b4e9",
            bar="#8fa9bf",
        ),
    )
}
DEFAULT = "dark"

# Without colours a role is told by weight; words and shapes say the rest.
_COLOURLESS = {
    "strong": "bold",
    "title": "bold",
    "key": "bold",
    "border-focus": "bold",
    "chosen": "reverse",
    "field": "underline",
    "cursor": "bold underline reverse",
    "tab-here": "reverse",
    "lost": "bold",
    "bad": "bold",
    "figure": "bold",
    "measuring": "bold",
    "estimate": "italic",
}


@dataclass(frozen=True, slots=True)
class Skin:
    """How this terminal is drawn on: signs, and a style for each role."""

    glyphs: Glyphs
    palette: Palette
    has_colours: bool

    @property
    def ground(self) -> Style:
        """What everything stands on; without colours that is the terminal's own."""
        return Style(bgcolor=self.palette.background) if self.has_colours else Style.null()

    def style(self, role: str) -> Style:
        """The style of a role.

        Raises:
            KeyError: there is no such role.
        """
        if role not in ROLES:
            raise KeyError(role)
        words = self.palette.styles[role] if self.has_colours else _COLOURLESS.get(role, "")
        return Style.parse(words) if words else Style.null()


def choose_skin(theme: str | None, *, ascii_only: bool, has_colours: bool) -> Skin:
    """The skin of that theme.

    Raises:
        Problem: there is no such theme; the nearest is offered.
    """
    name = (theme or DEFAULT).lower()
    if name not in PALETTES:
        raise Problem(f"--theme {theme}: no such theme; {nearest(name, list(PALETTES))}", ExitCode.USAGE)
    return Skin(ASCII if ascii_only else UNICODE, PALETTES[name], has_colours)
