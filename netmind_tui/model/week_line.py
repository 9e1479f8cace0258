"""The week of one device, in wall time without a zone: what holds when the wall shows so much, and where that may end.

Wall times are whole microseconds since 1970 on that wall.
"""

from bisect import bisect_right
from collections.abc import Iterator

from netmind_tui.model.naming import covers
from netmind_tui.model.offset import DAY_US, MINUTE_US, day_of, wall_us
from netmind_tui.model.policy import MINUTES_A_DAY, Exception_, Policy, Window

_THURSDAY = 3  # the first of January 1970
_NONE = -1


class Even:
    """A stretch of time in which nothing changes, so that it need not be looked through once more."""

    def __init__(self) -> None:
        self._start = self._until = 0

    def until(self, moment: int) -> int:
        """Up to when it is known that nothing changes after a moment: the moment itself, if nothing is known."""
        return self._until if self._start <= moment < self._until else moment

    def keep(self, start: int, until: int) -> None:
        """Remember that from start on, and before ``until``, nothing changes."""
        if not self._start <= start < self._until:
            self._start = start
        self._until = until


class Line:
    """The week of one device."""

    def __init__(self, policy: Policy, device: str) -> None:
        self._policy = policy
        self._windows = [each for each in policy.windows if covers(_devices(policy, each.profile), device)]
        self._exceptions = [
            each
            for each in policy.exceptions
            if covers(each.devices, device) and not (each.allows and not covers(_devices(policy, each.profile), device))
        ]
        names = {name: number for number, name in enumerate(dict.fromkeys(each.profile for each in self._windows))}
        self._keys = [names[each.profile] for each in self._windows]
        self._patterns: dict[tuple[int, int], tuple[list[int], list[int]]] = {}
        self._dated = {(each.year, each.month, each.day): each.as_day for each in reversed(policy.holidays)}
        self._weekdays: dict[int, int] = {}
        self._edges, self._rulers = _flat(self._exceptions)
        days = range(7)
        is_even = len({code for day in days for code in self._pattern(day, (day + 1) % 7)[1]}) == 1
        self.even = (Even(), Even())
        self.steady = Even()
        self.is_constant = not self._edges and is_even and not policy.holidays

    def key(self, wall: int, painted: bool) -> tuple[int, int]:
        """What tells one standing from another."""
        ruler, window = self._ruler(wall), self._window(wall)
        if ruler != _NONE and not painted:
            return ruler, _NONE
        return ruler, self._keys[window] if window != _NONE else _NONE

    def allows(self, wall: int) -> bool:
        """Whether work is allowed when the wall shows that."""
        ruler = self._ruler(wall)
        return self._window(wall) != _NONE if ruler == _NONE else self._exceptions[ruler].allows

    def held(self, wall: int) -> tuple[Exception_ | None, Window | None]:
        """The exception that rules at a wall time, and the window that is painted there."""
        ruler, number = self._ruler(wall), self._window(wall)
        exception = self._exceptions[ruler] if ruler != _NONE else None
        return exception, self._windows[number] if number != _NONE else None

    def edges(self, start: int, end: int) -> list[int]:
        """Where something may begin or end, strictly between two wall times."""
        found = []
        for day in range(start // DAY_US, (end - 1) // DAY_US + 1):
            midnight = day * DAY_US
            found += [midnight + minute * MINUTE_US for minute in self._day(day)[0]]
        first = bisect_right(self._edges, start)
        while first < len(self._edges) and self._edges[first] < end:
            found.append(self._edges[first])
            first += 1
        return sorted(edge for edge in found if start < edge < end)

    def _ruler(self, wall: int) -> int:
        place = bisect_right(self._edges, wall) - 1
        return self._rulers[place] if place >= 0 else _NONE

    def _window(self, wall: int) -> int:
        day, rest = divmod(wall, DAY_US)
        starts, codes = self._day(day)
        return codes[bisect_right(starts, rest // MINUTE_US) - 1]

    def _day(self, day: int) -> tuple[list[int], list[int]]:
        return self._pattern(self._weekday(day - 1), self._weekday(day))

    def _weekday(self, day: int) -> int:
        """The weekday that a day counts as."""
        plain = (day + _THURSDAY) % 7
        if not self._dated:
            return plain
        found = self._weekdays.get(day)
        if found is None:
            date = day_of(day)
            yearly = self._dated.get((None, date.month, date.day), plain)
            found = self._weekdays[day] = self._dated.get((date.year, date.month, date.day), yearly)
        return found

    def _pattern(self, yesterday: int, today: int) -> tuple[list[int], list[int]]:
        """The minutes of a day at which a window begins or ends, and which one holds from there; the first named wins.

        What began on the day before and goes on past midnight belongs to that day's weekday.
        """
        found = self._patterns.get((yesterday, today))
        if found is None:
            spans = [
                span for number, window in enumerate(self._windows) for span in _spans(window, number, yesterday, today)
            ]
            points = sorted({0, *(point for start, end, _ in spans for point in (start, end) if point < MINUTES_A_DAY)})
            starts: list[int] = []
            codes: list[int] = []
            for point in points:
                code = min((number for start, end, number in spans if start <= point < end), default=_NONE)
                if not codes or code != codes[-1]:
                    starts.append(point)
                    codes.append(code)
            found = self._patterns[yesterday, today] = (starts, codes)
        return found


def _spans(window: Window, number: int, yesterday: int, today: int) -> Iterator[tuple[int, int, int]]:
    crosses = window.end_minute <= window.start_minute
    if today in window.days:
        yield window.start_minute, MINUTES_A_DAY if crosses else window.end_minute, number
    if crosses and yesterday in window.days:
        yield 0, window.end_minute, number


def _flat(exceptions: list[Exception_]) -> tuple[list[int], list[int]]:
    """The wall times at which another exception rules, and its number: one that denies wins, then the first named."""
    spans = sorted((wall_us(each.start), wall_us(each.end), number) for number, each in enumerate(exceptions))
    points = sorted({point for start, end, _ in spans for point in (start, end)})
    edges: list[int] = []
    rulers: list[int] = []
    active: list[tuple[int, int]] = []
    begun = 0
    for point in points:
        while begun < len(spans) and spans[begun][0] <= point:
            active.append(spans[begun][1:])
            begun += 1
        active = [each for each in active if each[0] > point]
        ruler = min((number for _, number in active), key=lambda each: (exceptions[each].allows, each), default=_NONE)
        if not rulers or ruler != rulers[-1]:
            edges.append(point)
            rulers.append(ruler)
    return edges, rulers


def _devices(policy: Policy, profile: str | None) -> tuple[str, ...]:
    return policy.profile(profile).limits.devices
