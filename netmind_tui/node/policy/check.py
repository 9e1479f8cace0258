"""What several parts of a policy can have wrong together: windows in each other's way, names of nothing."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import combinations

from netmind_tui.model.naming import reach as reach_of
from netmind_tui.model.policy import DAYS, MINUTES_A_DAY, Exception_, Holiday, Policy, Profile, Window
from netmind_tui.model.problem import nearest

_WEEK = 7 * MINUTES_A_DAY
_MOST_PAIRS = 20
_LEAP_YEAR = 2024
_DAY = timedelta(days=1)
_Row = tuple[int, Window]
_Shared = tuple[_Row, _Row, int, int]


def contradictions(
    profiles: Mapping[str, Profile],
    windows: Sequence[tuple[int, Window]],
    exceptions: Sequence[tuple[int, Exception_]],
    holidays: Sequence[Holiday],
    known: Sequence[str],
) -> Iterator[str]:
    """A sentence for each; windows and exceptions with their numbers, ``known`` are the profiles' names."""
    named = [(f"window {number}", each.profile) for number, each in windows]
    named += [(f"exception {number}", each.profile) for number, each in exceptions]
    unknown = [(row, profile) for row, profile in named if profile is not None and profile not in set(known)]
    for row, profile in unknown[:_MOST_PAIRS]:
        yield f"{row}.profile: {profile!r} is not defined; {_offer(profile, known)}"
    if len(unknown) > _MOST_PAIRS:
        yield f"profile: {len(unknown) - _MOST_PAIRS} more are not defined"
    yield from _ends(windows, exceptions)
    yield from _dates(holidays)
    yield from _overlaps(profiles, [row for row in windows if row[1].start_minute != row[1].end_minute])


def _ends(windows: Sequence[tuple[int, Window]], exceptions: Sequence[tuple[int, Exception_]]) -> Iterator[str]:
    for number, window in windows:
        if window.start_minute == window.end_minute:
            clock = _clock(window.start_minute)
            yield (
                f"window {number}.to: it ends at {clock}, when it begins: it has no length; "
                'the whole day is from = "00:00", to = "24:00"'
            )
    for number, each in exceptions:
        if each.end <= each.start:
            yield f"exception {number}.to: it ends {each.end} and begins {each.start}: the end must be after the start"
        if each.profile is not None and not each.allows:
            yield f"exception {number}.profile: nothing runs during it; add allow = true, or take the profile out"


def _dates(holidays: Sequence[Holiday]) -> Iterator[str]:
    dates: dict[tuple[int, int, int | None], Holiday] = {}
    for number, each in enumerate(holidays, start=1):
        first = dates.setdefault((each.month, each.day, each.year), each)
        if first.as_day != each.as_day:
            yield (
                f"holiday {number}.as: {each.month:02d}-{each.day:02d} counts as {DAYS[first.as_day]} already, "
                f"and as {DAYS[each.as_day]} here: keep one"
            )


def doubts(policy: Policy) -> Iterator[str]:
    """What can be, and is hardly meant."""
    used = {each.profile for each in policy.windows} | {each.profile for each in policy.exceptions}
    for profile in policy.profiles:
        if profile.name not in used:
            yield f"profile.{profile.name}: no window and no exception names it"
    for guard in policy.guards:
        for name in (*guard.programs, *guard.ignore):
            if len(name.split()) > 1:
                yield f"guard.{guard.kind}: {name!r} is compared as one name: the arguments of a program do not count"
    yield from _on_holidays(policy)
    allowing = [each for each in policy.exceptions if each.allows]
    for one, other in combinations(allowing[:200], 2):
        if one.start < other.end and other.start < one.end and one.profile != other.profile:
            yield f"exception {one.name!r} and {other.name!r} overlap with different profiles: the first holds"


def _overlaps(profiles: Mapping[str, Profile], windows: Sequence[tuple[int, Window]]) -> Iterator[str]:
    spans = [(start, end, row) for row in windows for start, end in _spans(row[1])]
    pairs = _shared(profiles, spans)
    for found, ((number, one), (other_number, other), start, end) in enumerate(pairs):
        if found == _MOST_PAIRS:
            yield "window: more of them overlap with different profiles"
            return
        yield (
            f"window {number} and window {other_number}: they overlap with different profiles ({_both(one, other)}) "
            f"on {DAYS[start // MINUTES_A_DAY % 7].capitalize()} {_clock(start % MINUTES_A_DAY)}–"
            f"{_clock((end - 1) % MINUTES_A_DAY + 1)}; move one, or give both one profile"
        )


def _on_holidays(policy: Policy) -> Iterator[str]:
    """The windows that overlap only because a date counts as another weekday; the first named holds then."""
    profiles = {each.name: each for each in policy.profiles}
    windows = list(enumerate(policy.windows, start=1))
    said: set[tuple[int, int]] = set()
    for (yesterday, today), holiday in _odd_nights(policy.holidays).items():
        spans = [(start, end, row) for row in windows for start, end in _of_day(row[1], yesterday, today)]
        for (number, one), (other_number, other), start, end in _shared(profiles, spans):
            if (number, other_number) in said:
                continue
            said.add((number, other_number))
            if len(said) > _MOST_PAIRS:
                return
            name = f"{holiday.month:02d}-{holiday.day:02d}" + (f" ({holiday.name})" if holiday.name else "")
            yield (
                f"window {number} and window {other_number}: they overlap with different profiles "
                f"({_both(one, other)}) {_clock(start)}–{_clock(end)} at the holiday {name}: the first holds"
            )


def _odd_nights(holidays: Sequence[Holiday]) -> dict[tuple[int, int], Holiday]:
    """The weekdays that a day and the one before it can count as where no plain week has them so, and a holiday's."""
    found: dict[tuple[int, int], Holiday] = {}
    dated = {(each.year, each.month, each.day): each.as_day for each in reversed(holidays)}

    def counts_as(day: date) -> int:
        yearly = dated.get((None, day.month, day.day), day.weekday())
        return dated.get((day.year, day.month, day.day), yearly)

    for holiday in holidays:
        # Within 28 years a date falls on each weekday.
        for year in range(_LEAP_YEAR, _LEAP_YEAR + 28) if holiday.year is None else (holiday.year,):
            try:
                day = date(year, holiday.month, holiday.day)
            except ValueError:
                continue
            for today in (day, day + _DAY):
                pair = counts_as(today - _DAY), counts_as(today)
                if (pair[0] + 1) % 7 != pair[1]:
                    found.setdefault(pair, holiday)
    return found


def _of_day(window: Window, yesterday: int, today: int) -> Iterator[tuple[int, int]]:
    """The minutes of a day in which a window is open, that of the evening before included."""
    crosses = window.end_minute <= window.start_minute
    if today in window.days:
        yield window.start_minute, MINUTES_A_DAY if crosses else window.end_minute
    if crosses and yesterday in window.days:
        yield 0, window.end_minute


def _shared(profiles: Mapping[str, Profile], spans: Sequence[tuple[int, int, _Row]]) -> Iterator[_Shared]:
    """The windows of different profiles that are open together, each two once, with the first time they share."""
    reach = {name: reach_of(_devices(profiles, name)) for name in {row[1].profile for _, _, row in spans}}
    seen: set[tuple[int, int]] = set()
    open_ones: list[tuple[int, _Row]] = []
    for start, end, row in sorted(spans, key=lambda each: each[:2]):
        open_ones = [each for each in open_ones if each[0] > start]
        for stop, other in open_ones:
            one, two = sorted((row, other), key=lambda each: each[0])
            if other[1].profile == row[1].profile or (one[0], two[0]) in seen:
                continue
            first, second = reach[one[1].profile], reach[two[1].profile]
            if not first or not second or not first.isdisjoint(second):
                seen.add((one[0], two[0]))
                yield one, two, start, min(end, stop)
        open_ones.append((end, row))


def _both(one: Window, other: Window) -> str:
    return " and ".join(repr(each.profile) if each.profile else "none" for each in (one, other))


def _spans(window: Window) -> Iterator[tuple[int, int]]:
    length = (window.end_minute - window.start_minute) % MINUTES_A_DAY or MINUTES_A_DAY
    for day in window.days:
        start = day * MINUTES_A_DAY + window.start_minute
        yield start, min(start + length, _WEEK)
        if start + length > _WEEK:
            yield 0, start + length - _WEEK


def _devices(profiles: Mapping[str, Profile], name: str | None) -> tuple[str, ...]:
    profile = profiles.get(name or "")
    return profile.limits.devices if profile else ()


def _offer(name: str, known: Sequence[str]) -> str:
    return nearest(name, list(known)) if known else f"add [profile.{name}]"


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
