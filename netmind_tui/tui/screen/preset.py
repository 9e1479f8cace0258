"""The ready schedules, and the day of each as a row of hours."""

from collections.abc import Mapping

from netmind_tui.model.contribution import Contribution
from netmind_tui.tui.glyph import Beyond, Glyphs
from netmind_tui.tui.picture import Line, Span, line

PRESETS: Mapping[str, tuple[str, str]] = {
    "never": ("not yet", "nothing runs for others"),
    "nights": ("nights", "from 22:00 to 07:00, local time"),
    "away": ("while I am away", "once nobody used it for a while"),
    "always": ("always", "until somebody needs the machine"),
}
"""By their name in the configuration: how people call them, and when that is."""

_DAY_H, _MARK_H = 24, 3
_NIGHT_FROM_H, _NIGHT_TO_H = 22, 7
_WIDE = 2 * _DAY_H


def day_of(preset: str, cells: int, glyphs: Glyphs) -> list[Line]:
    """The hours of a day over what runs in them; none where the clock does not decide."""
    if preset == "away":
        return []
    each = 2 if cells >= _WIDE else 1
    marks = "".join(f"{hour:<{_MARK_H * each}}" for hour in range(0, _DAY_H, _MARK_H))
    spans = [(hour, may_work(preset, hour)) for hour in range(_DAY_H)]
    will, idle = glyphs.states[Beyond.WILL], glyphs.states[Contribution.IDLE]
    drawn = [Span((will if works else idle) * each, "contributing" if works else "idle") for _, works in spans]
    return [line(Span(marks, "dim")), tuple(drawn)]


def may_work(preset: str, hour: int) -> bool:
    """Whether the machine may work for others in an hour of the day."""
    return preset == "always" or (preset == "nights" and (hour >= _NIGHT_FROM_H or hour < _NIGHT_TO_H))
