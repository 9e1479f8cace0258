"""Pictures of weeks and days: a row of 48 half hours each, a letter for each profile."""

from collections.abc import Mapping, Sequence

from rich.text import Text

from netmind_tui.model.policy import DAYS
from netmind_tui.model.weekplan import CELLS_A_DAY, Cell

STYLES = ("green", "cyan", "magenta", "yellow", "blue", "bright_green", "bright_cyan", "bright_magenta")
NOTHING = "·"
_MARK_H = 3
_LABEL = 12
WHOLE = _LABEL + CELLS_A_DAY
"""So many columns show every half hour; on fewer a sign stands for an hour."""


def styles_of(letters: Mapping[str, str]) -> dict[str, str]:
    """A colour for each letter."""
    return {letter: STYLES[number % len(STYLES)] for number, letter in enumerate(letters.values())}


def heading(width: int) -> Text:
    """The hours above a picture."""
    each = 2 if width >= WHOLE else 1
    hours = "".join(f"{hour:<{each * _MARK_H}}" for hour in range(0, 24, _MARK_H))
    return Text(" " * _LABEL + hours.rstrip(), style="dim")


def row(label: str, cells: Sequence[tuple[str, str]], width: int) -> Text:
    """One day: the signs of its half hours with their styles."""
    found = Text(f"{label:<{_LABEL}}")
    for sign, style in cells if width >= WHOLE else _by_hour(cells):
        found.append(sign, style=style)
    return found


def _by_hour(cells: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Two half hours as one; a small letter where they differ."""
    found = []
    for one, other in zip(cells[::2], cells[1::2], strict=True):
        sign, style = next((each for each in (one, other) if each[0] not in (NOTHING, " ")), one)
        found.append((sign if one[0] == other[0] else sign.lower(), style))
    return found


def week(days: Sequence[Sequence[Cell]], letters: Mapping[str, str], width: int) -> list[Text]:
    """Seven days; a small letter where the window fills only a part of the half hour."""
    styles = styles_of(letters)
    rows = [heading(width)]
    for name, cells in zip(DAYS, days, strict=True):
        signs = []
        for cell in cells:
            letter = letters[cell.profile] if cell.profile is not None else NOTHING
            signs.append((letter if cell.is_whole else letter.lower(), styles.get(letter, "dim")))
        rows.append(row(name.capitalize(), signs, width))
    return rows
