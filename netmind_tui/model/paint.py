"""The week as a sheet that is painted: 336 half hours over the minutes of windows; from windows to cells, and back.

A cell that is painted holds one profile for all of its thirty minutes. One that is not painted keeps its minutes, also
where a window begins or ends within it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from netmind_tui.model.naming import may_meet
from netmind_tui.model.policy import MINUTES_A_DAY, Policy, Window
from netmind_tui.model.weekplan import CELL_MINUTES, CELLS_A_DAY, WEEK_MINUTES
from netmind_tui.model.weekplan import painted as minutes_of

WEEK_CELLS = 7 * CELLS_A_DAY
Minutes = list[str | None]
"""The profile of each minute of the week, Monday first: ``None`` where there is no window, empty for one without."""
Devices = tuple[str, ...]
_ALL_MINUTES = (1 << WEEK_MINUTES) - 1


@dataclass(frozen=True, slots=True)
class Brush:
    """What is painted: a profile, an empty name for a window without one, or ``None``, which is never."""

    profile: str | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """A cell as it is painted: the profiles in it, the first one first, and whether it is one of them from end to end.

    ``is_apart`` says that devices have different profiles there.
    """

    profiles: tuple[str, ...] = ()
    is_whole: bool = True
    is_apart: bool = False


def devices_of(policy: Policy, profile: str | None) -> Devices:
    """The devices that a window with that profile is about; none named: all."""
    return policy.profile(profile or None).limits.devices


def sheets(policy: Policy) -> dict[Devices, Minutes]:
    """A sheet for each set of devices that windows are about."""
    found: dict[Devices, list[Window]] = {}
    for window in policy.windows:
        found.setdefault(devices_of(policy, window.profile), []).append(window)
    return {devices: minutes_of(windows) for devices, windows in found.items()}


def fields(policy: Policy, windows: Sequence[Window] | None = None) -> tuple[Field, ...]:
    """The cells of the week; of some windows only, where these are given."""
    shown = policy if windows is None else replace(policy, windows=tuple(windows))
    layers = tuple(sheets(shown).values())
    found = []
    for start in range(0, WEEK_MINUTES, CELL_MINUTES):
        parts = [each[start : start + CELL_MINUTES] for each in layers]
        held = dict.fromkeys(name for part in parts for name in part if name is not None)
        there = [part for part in parts if any(name is not None for name in part)]
        whole = all(len(set(part)) == 1 for part in there)
        found.append(Field(tuple(held), is_whole=whole, is_apart=len(there) > 1))
    return tuple(found)


def brushes(policy: Policy, devices: Devices = ()) -> tuple[Brush, ...]:
    """What can be painted with, never last; with devices named only what is about these and no others."""
    names = [each.name for each in policy.profiles if not devices or each.limits.devices == devices]
    has_plain = not policy.profiles or any(each.profile is None for each in policy.windows)
    plain = [""] if has_plain and not devices else []
    return (*(Brush(name) for name in (*names, *plain)), Brush())


def painted(policy: Policy, cells: Iterable[int], brush: Brush, devices: Devices = ()) -> Policy:
    """The same terms with cells painted.

    What else was there for a device that the brush is about goes. With devices named only what is about these and no
    others is changed: cells in which one of them has a profile that is about more stay (``held_by_others``).
    """
    wanted = set(cells)
    if devices:
        wanted -= set(held_by_others(policy, wanted, devices))
    mine = devices if brush.profile is None else devices_of(policy, brush.profile)
    found = sheets(policy)
    if brush.profile is not None:
        found.setdefault(mine, [None] * WEEK_MINUTES)
    for own, minutes in found.items():
        is_own = own == mine and (brush.profile is not None or bool(devices))
        if not (is_own or (may_meet(own, mine) and not devices)):
            continue
        put = brush.profile if is_own else None
        for cell in wanted:
            minutes[cell * CELL_MINUTES : (cell + 1) * CELL_MINUTES] = [put] * CELL_MINUTES
    return with_sheets(policy, found)


def held_by_others(policy: Policy, cells: Iterable[int], devices: Devices) -> dict[int, str]:
    """The cells in which one of these devices has a profile that is about others too, and that profile."""
    others = [minutes for own, minutes in sheets(policy).items() if own != devices and may_meet(own, devices)]
    found = {}
    for cell in cells:
        part = (name for minutes in others for name in minutes[cell * CELL_MINUTES : (cell + 1) * CELL_MINUTES] if name)
        first = next(part, None)
        if first is not None:
            found[cell] = first
    return found


def copied(policy: Policy, day: int, days: Iterable[int], devices: Devices = ()) -> Policy:
    """The same terms with days as one of them is, to the minute; of the sheet of some devices only, where named."""
    found = sheets(policy)
    if devices:
        cells = {each * CELLS_A_DAY + cell for each in days for cell in range(CELLS_A_DAY)}
        found = {devices: found[devices]} if devices in found else {devices: [None] * WEEK_MINUTES}
        held = held_by_others(policy, cells, devices)
        return _moved(policy, found, day, [cell for cell in cells if cell not in held])
    cells = {each * CELLS_A_DAY + cell for each in days for cell in range(CELLS_A_DAY)}
    return _moved(policy, found, day, cells)


def _moved(policy: Policy, found: dict[Devices, Minutes], day: int, cells: Iterable[int]) -> Policy:
    for minutes in found.values():
        model = minutes[day * MINUTES_A_DAY : (day + 1) * MINUTES_A_DAY]
        for cell in cells:
            start = cell % CELLS_A_DAY * CELL_MINUTES
            minutes[cell * CELL_MINUTES : (cell + 1) * CELL_MINUTES] = model[start : start + CELL_MINUTES]
    return with_sheets(policy, {**sheets(policy), **found})


def with_sheets(policy: Policy, found: dict[Devices, Minutes]) -> Policy:
    """The same terms with windows that come to these sheets, few of them; windows that still hold stay as they are."""
    wanted: dict[str, int] = {}
    for minutes in found.values():
        for name in dict.fromkeys(each for each in minutes if each is not None):
            wanted[name] = _bits(minutes, name)
    before: dict[str, list[Window]] = {}
    for window in policy.windows:
        before.setdefault(window.profile or "", []).append(window)
    after: list[Window] = []
    for name in dict.fromkeys((*before, *wanted)):
        own, bits = before.get(name, []), wanted.get(name, 0)
        after += own if _union(own) == bits else _windows(bits, name, own)
    kept = [each for each in policy.windows if each in after]
    return replace(policy, windows=(*kept, *(each for each in after if each not in kept)))


def differing(before: Policy, after: Policy) -> frozenset[int]:
    """The cells in which two policies have not the same minutes."""
    one, other = sheets(before), sheets(after)
    blank: Minutes = [None] * WEEK_MINUTES
    found: set[int] = set()
    for devices in {*one, *other}:
        left, right = one.get(devices, blank), other.get(devices, blank)
        if left != right:
            found |= {at // CELL_MINUTES for at in range(WEEK_MINUTES) if left[at] != right[at]}
    return frozenset(found)


# From minutes to windows. A sheet is a number whose bits are the minutes of the week.


def _bits(minutes: Minutes, name: str) -> int:
    return int("".join("1" if each == name else "0" for each in reversed(minutes)) or "0", 2)


def _mask(day: int, start: int, end: int) -> int:
    """The minutes of a window on one day; what goes on past Sunday is Monday's."""
    length = (end - start) % MINUTES_A_DAY or MINUTES_A_DAY
    found = ((1 << length) - 1) << (day * MINUTES_A_DAY + start)
    return (found & _ALL_MINUTES) | (found >> WEEK_MINUTES)


def _union(windows: Iterable[Window]) -> int:
    found = 0
    for window in windows:
        for day in window.days:
            found |= _mask(day, window.start_minute, window.end_minute)
    return found


def _windows(bits: int, name: str, own: Sequence[Window]) -> list[Window]:
    """Few windows that come to these minutes; no more of them are new than must be."""
    anew = _covered(bits, bits, name)
    kept = [each for each in own if not _union([each]) & ~bits]
    new = _covered(bits, bits & ~_union(kept), name)
    for window in tuple(kept):
        rest = [each for each in kept if each is not window]
        if not _union([window]) & ~_union([*rest, *new]):
            kept = rest
    with_kept = [*kept, *new]
    return with_kept if len(with_kept) <= len(anew) else anew


def _covered(bits: int, left: int, name: str) -> list[Window]:
    """Windows within ``bits`` that cover what is ``left``: the one that covers most first, and none in vain."""
    must, shapes = left, _shapes(bits)
    chosen: dict[tuple[int, int], dict[int, int]] = {}
    while left:
        # Of those that cover as much, the one that covers least twice, then the earliest.
        start, end = max(
            shapes,
            key=lambda each: ((shapes[each][1] & left).bit_count(), -shapes[each][1].bit_count(), -each[0], -each[1]),
        )
        masks, union = shapes[start, end]
        chosen[start, end] = masks
        left &= ~union
    return _spared(must, chosen, name)


def _spared(must: int, chosen: dict[tuple[int, int], dict[int, int]], name: str) -> list[Window]:
    """The same without the windows, and the days of windows, that others cover already."""
    for shape in sorted(chosen, key=lambda each: sum(mask.bit_count() for mask in chosen[each].values())):
        own = chosen.pop(shape)
        others = 0
        for masks in chosen.values():
            for mask in masks.values():
                others |= mask
        days: dict[int, int] = dict(own)
        for day, mask in own.items():
            rest = others
            for other, theirs in days.items():
                rest |= theirs if other != day else 0
            if not mask & must & ~rest:
                del days[day]
        if days:
            chosen[shape] = days
    return [
        Window(days=tuple(sorted(days)), start_minute=start, end_minute=end, profile=name or None)
        for (start, end), days in sorted(chosen.items(), key=lambda each: (min(each[1]), each[0]))
    ]


def _shapes(bits: int) -> dict[tuple[int, int], tuple[dict[int, int], int]]:
    """Every window that begins and ends where something does, and lies within: its minutes by day, and together."""
    before = ((bits << 1) & _ALL_MINUTES) | (bits >> (WEEK_MINUTES - 1))
    starts = sorted({0, *(at % MINUTES_A_DAY for at in _ones(bits & ~before))})
    ends = sorted({MINUTES_A_DAY, *(at % MINUTES_A_DAY or MINUTES_A_DAY for at in _ones(before & ~bits))})
    found: dict[tuple[int, int], tuple[dict[int, int], int]] = {}
    for start in starts:
        for end in ends:
            if start == end:  # it would have no length
                continue
            masks = {day: mask for day in range(7) if not (mask := _mask(day, start, end)) & ~bits}
            if masks:
                union = 0
                for mask in masks.values():
                    union |= mask
                found[start, end] = masks, union
    return found


def _ones(bits: int) -> list[int]:
    found = []
    while bits:
        low = bits & -bits
        found.append(low.bit_length() - 1)
        bits ^= low
    return found
