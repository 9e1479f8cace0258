"""A policy as the text of a file: for one that was never written by hand. What is read from it is that policy."""

from collections.abc import Iterable, Iterator
from datetime import datetime, time

from netmind_tui.model.contribution import Rung
from netmind_tui.model.policy import DAYS, MINUTES_A_DAY, Exception_, Guard, Limits, Policy, Profile, Window
from netmind_tui.node.policy.guard import KINDS

_GROUPS = {tuple(range(7)): "daily", (5, 6): "weekend"}
_SIZES = ((2**40, "TiB"), (2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB"), (1, "B"))
_LENGTHS = ((3600, "h"), (60, "m"), (1, "s"))
_JOULES_PER_KWH = 3.6e6
_IN_BYTES = ("memory", "min_free", "margin")


def render(policy: Policy, heading: str = "") -> str:
    """The text; ``heading`` are lines of comment above it."""
    blocks = [
        _comment(heading),
        [f"zone = {_text(policy.zone)}", f"lead = {_text(length(policy.lead_s))}"],
        *(_profile(each) for each in policy.profiles),
        *(window_lines(each) for each in policy.windows),
        *(["[[exception]]", *exception_lines(each)] for each in policy.exceptions),
        *(_holiday(each.name, each.month, each.day, each.year, each.as_day) for each in policy.holidays),
        *(guard_lines(each) for each in policy.guards),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def exception_lines(exception: Exception_) -> list[str]:
    """The keys of one exception."""
    is_whole = exception.start.time() == exception.end.time() == time() and exception.end > exception.start
    last = exception.end.fromordinal(exception.end.toordinal() - 1) if is_whole else exception.end
    lines = [
        f"name = {_text(exception.name)}",
        f"from = {_wall(exception.start, is_whole=is_whole)}",
        f"to = {_wall(last, is_whole=is_whole)}",
    ]
    if exception.allows:
        lines.append("allow = true")
    if exception.profile is not None:
        lines.append(f"profile = {_text(exception.profile)}")
    if exception.devices:
        lines.append(f"devices = {_list(exception.devices)}")
    if exception.source != "policy":
        lines.append(f"source = {_text(exception.source)}")
    return lines


def length(seconds: float) -> str:
    """A length of time as the file has it: ``10m``."""
    size, unit = next(((size, unit) for size, unit in _LENGTHS if seconds and seconds % size == 0), (1, "s"))
    return f"{seconds / size:.0f}{unit}"


def clock(minute: int) -> str:
    """A minute of the day: ``22:00``."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _comment(heading: str) -> list[str]:
    return [f"# {line}".rstrip() for line in heading.splitlines()]


def _profile(profile: Profile) -> list[str]:
    return [f"[profile.{_key(profile.name)}]", *_limits(profile.limits)]


def _limits(limits: Limits) -> Iterator[str]:
    if limits.devices:
        yield f"devices = {_list(limits.devices)}"
    for name in ("cpu_share_pct", "gpu_memory_share_pct", "power_cap_w"):
        found = getattr(limits, name)
        if found is not None:
            yield f"{name} = {found:g}"


def window_lines(window: Window) -> list[str]:
    """The table of one window, its head first."""
    group = _GROUPS.get(window.days)
    lines = [
        "[[window]]",
        f"days = {_text(group) if group else _list(DAYS[day] for day in window.days)}",
        f"from = {_text(clock(window.start_minute))}",
        f"to = {_text(clock(window.end_minute or MINUTES_A_DAY))}",
    ]
    return lines if window.profile is None else [*lines, f"profile = {_text(window.profile)}"]


def _holiday(name: str, month: int, day: int, year: int | None, as_day: int) -> list[str]:
    yearly = f'"{month:02d}-{day:02d}"'
    named = [f"name = {_text(name)}"] if name else []
    date = yearly if year is None else f"{year:04d}-{month:02d}-{day:02d}"
    return ["[[holiday]]", *named, f"date = {date}", f"as = {_text(DAYS[as_day])}"]


def guard_lines(guard: Guard) -> list[str]:
    """The table of one guard, its head first."""
    known = KINDS[guard.kind]
    lines = [f"[guard.{guard.kind}]"]
    usual = {"give_way": Rung.STOP.value, **known.usual}
    for name, (member, _) in known.keys.items():
        if member == "price":
            lines.append(f"{name} = {_text(f'{guard.amount} {guard.currency}')}")
            continue
        found = getattr(guard, member)
        default = usual.get(member, getattr(Guard(kind=guard.kind), member))
        if found is None or (name not in known.needs and found == default):
            continue
        lines.append(f"{name} = {_value(name, found)}")
    if guard.devices:
        lines.append(f"devices = {_list(guard.devices)}")
    if guard.give_way.value != usual["give_way"]:
        lines.append(f"give_way = {_text(guard.give_way.value)}")
    if guard.on_unknown is not None:
        lines.append(f"on_unknown = {_text(guard.on_unknown.value)}")
    return lines


def _value(name: str, found: object) -> str:
    if isinstance(found, bool):
        return "true" if found else "false"
    if isinstance(found, tuple):
        return _list(found)
    number = float(found)  # type: ignore[arg-type] # the only other members are numbers
    if name in ("idle", "for", "leave_after"):
        return _text(length(number))
    if name in _IN_BYTES:
        size, unit = next((size, unit) for size, unit in _SIZES if number % size == 0)
        return _text(f"{number / size:.0f} {unit}")
    return f"{number / _JOULES_PER_KWH:g}" if name == "max_kwh_per_day" else f"{number:g}"


def _wall(moment: datetime, *, is_whole: bool) -> str:
    return moment.date().isoformat() if is_whole else moment.isoformat(timespec="seconds")


def _list(words: Iterable[str]) -> str:
    return "[" + ", ".join(_text(word) for word in words) + "]"


def _key(name: str) -> str:
    is_bare = name and all(sign.isascii() and (sign.isalnum() or sign in "-_") for sign in name)
    return name if is_bare else _text(name)


def _text(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(sign if sign.isprintable() else f"\\U{ord(sign):08x}" for sign in escaped) + '"'
