"""A palette as the library's theme: what its own parts, such as the ground behind a dialogue, are drawn in."""

from textual.theme import Theme

from netmind_tui.tui.skin import Palette


def theme_of(palette: Palette) -> Theme:
    """The theme of that name."""
    styles = palette.styles
    return Theme(
        name=palette.name,
        primary=palette.accent,
        background=palette.background,
        foreground=palette.foreground,
        surface=palette.background,
        panel=palette.background,
        warning=styles["warn"],
        error=styles["bad"].split()[-1],
        success=styles["good"],
        dark=palette.is_dark,
    )
