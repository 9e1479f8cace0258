"""The week as it is painted, whatever the date: which window holds at each minute, and how many hours that makes."""

from collections.abc import Sequence
from dataclasses import dataclass

from netmind_tui.model.policy import MINUTES_A_DAY, Policy, Window

WEEK_MINUTES = 7 * MINUTES_A_DAY
CELL_MINUTES = 30
CELLS_A_DAY = MINUTES_A_DAY // CELL_MINUTES


@dataclass(frozen=True, slots=True)
class Cell:
    """Half an hour: the profile that holds in it (``None``: no window; an empty name: one without a profile).

    ``is_whole`` says that it does so from end to end.
    """

    profile: str | None = None
    is_whole: bool = True


def painted(windows: Sequence[Window]) -> list[str | None]:
    """The profile of each minute of the week, Monday first; ``None`` where there is no window. The first named wins."""
    minutes: list[str | None] = [None] * WEEK_MINUTES
    for window in reversed(windows):
        length = (window.end_minute - window.start_minute) % MINUTES_A_DAY or MINUTES_A_DAY
        for day in window.days:
            start = day * MINUTES_A_DAY + window.start_minute
            stop = min(start + length, WEEK_MINUTES)
            minutes[start:stop] = [window.profile or ""] * (stop - start)
            if over := start + length - stop:
                minutes[:over] = [window.profile or ""] * over
    return minutes


def week_cells(windows: Sequence[Window]) -> list[list[Cell]]:
    """Seven days of 48 half hours."""
    minutes = painted(windows)
    cells = []
    for start in range(0, WEEK_MINUTES, CELL_MINUTES):
        found = minutes[start : start + CELL_MINUTES]
        profile = next((each for each in found if each is not None), None)
        cells.append(Cell(profile, is_whole=len(set(found)) == 1))
    return [cells[day * CELLS_A_DAY : (day + 1) * CELLS_A_DAY] for day in range(7)]


def hours_a_week(policy: Policy) -> dict[str, float]:
    """Hours of a week by profile; one without a name is the empty one."""
    found: dict[str, float] = {}
    for name in dict.fromkeys(each.profile or "" for each in policy.windows):
        mine = [each for each in policy.windows if (each.profile or "") == name]
        found[name] = sum(each is not None for each in painted(mine)) / 60
    return found


def any_hours_a_week(policy: Policy) -> float:
    """Hours of a week in which some window is painted."""
    return sum(each is not None for each in painted(policy.windows)) / 60


def layers(policy: Policy) -> list[tuple[tuple[str, ...], tuple[Window, ...]]]:
    """The windows in as few layers as show every one: one, or one for each set of devices where they lie over another.

    Each layer has the devices that it is about; empty means all, or whatever its profiles say.
    """
    minutes = painted(policy.windows)
    total = sum(hours_a_week(policy).values())
    if not policy.windows or round(total * 60) == sum(each is not None for each in minutes):
        return [((), policy.windows)]
    found: dict[tuple[str, ...], list[Window]] = {}
    for window in policy.windows:
        found.setdefault(policy.profile(window.profile).limits.devices, []).append(window)
    return [(devices, tuple(windows)) for devices, windows in found.items()]
