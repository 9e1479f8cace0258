"""What several parts of a policy can have wrong together: windows in each other's way, names of nothing."""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import combinations

from netmind_tui.model.naming import covers
from netmind_tui.model.policy import DAYS, MINUTES_A_DAY, Exception_, Holiday, Policy, Profile, Window
from netmind_tui.model.problem import nearest

_WEEK = 7 * MINUTES_A_DAY
_STAND_INS = ("cpu", *(f"gpu:{number}" for number in range(64)), "gpu:1023", "mig:0.0", "mig:0.1", "mig:1023.1023")
_MOST_PAIRS = 20


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
    for row, profile in named:
        if profile is not None and profile not in known:
            yield f"{row}.profile: {profile!r} is not defined; {_offer(profile, known)}"
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
    allowing = [each for each in policy.exceptions if each.allows]
    for one, other in combinations(allowing[:200], 2):
        if one.start < other.end and other.start < one.end and one.profile != other.profile:
            yield f"exception {one.name!r} and {other.name!r} overlap with different profiles: the first holds"


def _overlaps(profiles: Mapping[str, Profile], windows: Sequence[tuple[int, Window]]) -> Iterator[str]:
    found = 0
    for (number, one), (other_number, other) in combinations(windows, 2):
        if one.profile == other.profile or not _may_share(_devices(profiles, one), _devices(profiles, other)):
            continue
        common = _common(one, other)
        if common is None:
            continue
        found += 1
        if found > _MOST_PAIRS:
            yield "window: more of them overlap with different profiles"
            return
        day, start, end = common
        names = " and ".join(repr(each.profile) if each.profile else "none" for each in (one, other))
        yield (
            f"window {number} and window {other_number}: they overlap with different profiles ({names}) "
            f"on {DAYS[day].capitalize()} {_clock(start)}–{_clock(end)}; move one, or give both one profile"
        )


def _common(one: Window, other: Window) -> tuple[int, int, int] | None:
    """The first time of the week that two windows share: the day, its first minute, and the end."""
    shared = sorted(
        (max(start, begin), min(end, stop))
        for start, end in _spans(one)
        for begin, stop in _spans(other)
        if max(start, begin) < min(end, stop)
    )
    if not shared:
        return None
    start, end = shared[0]
    return start // MINUTES_A_DAY % 7, start % MINUTES_A_DAY, (end - 1) % MINUTES_A_DAY + 1


def _spans(window: Window) -> Iterator[tuple[int, int]]:
    length = (window.end_minute - window.start_minute) % MINUTES_A_DAY or MINUTES_A_DAY
    for day in window.days:
        start = day * MINUTES_A_DAY + window.start_minute
        yield start, min(start + length, _WEEK)
        if start + length > _WEEK:
            yield 0, start + length - _WEEK


def _devices(profiles: Mapping[str, Profile], window: Window) -> tuple[str, ...]:
    profile = profiles.get(window.profile or "")
    return profile.limits.devices if profile else ()


@lru_cache(maxsize=256)
def _may_share(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether there can be a device that both are about; UUIDs, slots and aliases only where they are the same."""
    if not one or not other or set(one) & set(other):
        return True
    return any(covers(one, each) and covers(other, each) for each in _STAND_INS)


def _offer(name: str, known: Sequence[str]) -> str:
    return nearest(name, list(known)) if known else f"add [profile.{name}]"


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
