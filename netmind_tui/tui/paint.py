"""A line of spans in the styles of a skin, as both the first picture and all later ones draw it."""

from rich.style import Style

from netmind_tui.tui.picture import Line
from netmind_tui.tui.skin import Skin


def styled(line: Line, skin: Skin) -> list[tuple[str, Style]]:
    """Texts and their styles. What looks the same is one text: each costs fifty bytes on the wire."""
    # What has no ground of its own stands on the theme's: the terminal's may be of another.
    ground, parts = skin.ground, list[tuple[str, Style]]()
    for span in line:
        if not span.text:
            continue
        style = ground + skin.style(span.role)
        if parts and (style == parts[-1][1] or (span.text.isspace() and _same_blanks(style, parts[-1][1]))):
            parts[-1] = (parts[-1][0] + span.text, parts[-1][1])
        else:
            parts.append((span.text, style))
    return parts


def _same_blanks(one: Style, other: Style) -> bool:
    """Whether blanks look the same in both styles."""
    return one.bgcolor == other.bgcolor and not one.reverse and not other.reverse
