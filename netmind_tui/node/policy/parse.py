"""A policy out of the table in its file: every key known, every value possible, every fault found at once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from netmind_tui.model.policy import Exception_, Holiday, Limits, Policy, Profile, Window
from netmind_tui.model.problem import nearest
from netmind_tui.node.policy import time as policy_time
from netmind_tui.node.policy import value
from netmind_tui.node.policy.check import contradictions, doubts
from netmind_tui.node.policy.guard import read_guards, shown_key

_Read = Callable[[object], object]
_TOP = ("zone", "lead", "profile", "window", "exception", "holiday", "guard")
_MOST_WATTS = 10_000
_PROFILE: Mapping[str, _Read] = {
    "power_cap_w": value.number(1, _MOST_WATTS, "a number of watts"),
    "gpu_memory_share_pct": value.whole(1, 100, "per cent"),
    "cpu_share_pct": value.whole(1, 100, "per cent"),
    "devices": value.devices,
}
_WINDOW: Mapping[str, _Read] = {
    "days": policy_time.days,
    "from": policy_time.minute,
    "to": lambda given: policy_time.minute(given, is_end=True),
    "profile": value.word,
}
_EXCEPTION: Mapping[str, _Read] = {
    "name": value.word,
    "from": policy_time.wall,
    "to": lambda given: policy_time.wall(given, is_end=True),
    "allow": value.switch,
    "profile": value.word,
    "devices": value.devices,
    "source": value.word,
}
_HOLIDAY: Mapping[str, _Read] = {"name": value.word, "date": policy_time.holiday, "as": policy_time.weekday}
_SUNDAY = 6
_MOST = {"window": 200, "exception": 10_000, "holiday": 1000, "profile": 200}
_MOST_NAMES = 100


@dataclass(slots=True)
class Parsed:
    """What came of a table: a policy where there is no fault; what is doubtful is only said."""

    policy: Policy = field(default_factory=Policy)
    faults: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)

    def fault(self, key: str, sentence: str) -> None:
        """Something cannot be."""
        self.faults.append(f"{key}: {sentence}")


def parse_policy(table: Mapping[str, Any], machine_zone: str) -> Parsed:
    """The policy of a table; ``machine_zone`` holds where it names no zone."""
    parsed = Parsed()
    value.forget()
    _count(parsed, table)
    if parsed.faults:
        return parsed
    for name in table:
        if name not in _TOP:
            hint = nearest(name.removesuffix("s"), list(_TOP))
            parsed.fault(shown_key(name), f"is not a key; {hint}")
    zone, lead_s = machine_zone, Policy().lead_s
    zone = _one(parsed, table, "zone", policy_time.zone, machine_zone)
    lead_s = _one(parsed, table, "lead", policy_time.length_s, lead_s)
    profiles = _profiles(parsed, table.get("profile", {}))
    windows = [
        (number, Window(days=row["days"], start_minute=row["from"], end_minute=row["to"], profile=row.get("profile")))
        for number, row in _rows(parsed, table, "window", _WINDOW, ("days", "from", "to"))
    ]
    exceptions = [
        (number, _exception(row))
        for number, row in _rows(parsed, table, "exception", _EXCEPTION, ("name", "from", "to"))
    ]
    holidays = tuple(
        Holiday(
            name=row.get("name", ""),
            month=row["date"][0],
            day=row["date"][1],
            year=row["date"][2],
            as_day=row.get("as", _SUNDAY),
        )
        for _, row in _rows(parsed, table, "holiday", _HOLIDAY, ("date",))
    )
    guards = tuple(read_guards(table["guard"], parsed.fault)) if "guard" in table else ()
    named = table.get("profile", {})
    known = list(named) if isinstance(named, dict) else []
    parsed.faults += contradictions(profiles, windows, exceptions, holidays, known)
    if not parsed.faults and not windows and not any(each.allows for _, each in exceptions):
        words = "there is none, so nothing could ever run; add one, or take the file away if nothing is to run"
        parsed.fault("window", words)
    parsed.policy = Policy(
        zone=zone,
        lead_s=lead_s,
        profiles=tuple(profiles.values()),
        windows=tuple(dict.fromkeys(each for _, each in windows)),
        exceptions=tuple(each for _, each in exceptions),
        holidays=holidays,
        guards=guards,
    )
    if not parsed.faults:
        parsed.doubts += doubts(parsed.policy)
    return parsed


def _exception(row: Mapping[str, Any]) -> Exception_:
    return Exception_(
        name=row["name"],
        start=row["from"],
        end=row["to"],
        allows=row.get("allow", False),
        profile=row.get("profile"),
        devices=row.get("devices", ()),
        source=row.get("source", "policy"),
    )


def _count(parsed: Parsed, table: Mapping[str, Any]) -> None:
    """Refuse more than anybody means, before time is spent on it."""
    for head, most in _MOST.items():
        rows = table.get(head, ())
        if isinstance(rows, list | dict) and len(rows) > most:
            parsed.fault(head, f"{most} are read at most, found {len(rows)}")
    names = _names(table)
    if len(names) > _MOST_NAMES:
        parsed.fault(
            "devices", f"{_MOST_NAMES} different names are read at most, found {len(names)}; ranges are shorter"
        )


def _names(table: Mapping[str, Any]) -> set[str]:
    """Every name in a list of devices, whatever else is right or wrong with the table."""
    rows: list[object] = []
    for head in ("profile", "guard", "exception"):
        found = table.get(head, ())
        rows += found.values() if isinstance(found, dict) else found if isinstance(found, list) else ()
    lists = [row.get("devices", ()) for row in rows if isinstance(row, dict)]
    return {name for each in lists if isinstance(each, list) for name in each if isinstance(name, str)}


def _profiles(parsed: Parsed, table: object) -> dict[str, Profile]:
    if not isinstance(table, dict):
        parsed.fault("profile", f"expected tables such as [profile.night], found {value.shown(table)}")
        return {}
    found = {}
    for name, inner in table.items():
        key = f"profile.{shown_key(name)}"
        if not name.strip() or not name.isprintable():
            parsed.fault(key, "a profile needs a name that can be read")
        elif not isinstance(inner, dict):
            parsed.fault(key, f"expected a table, found {value.shown(inner)}")
        else:
            members = _members(parsed, inner, key, _PROFILE)
            found[name] = Profile(name=name, limits=Limits(**members))
    return found


def _rows(
    parsed: Parsed, table: Mapping[str, Any], head: str, readers: Mapping[str, _Read], needs: Sequence[str]
) -> list[tuple[int, dict[str, Any]]]:
    """The tables of a list that have all they need, each with its number from 1."""
    rows = table.get(head, [])
    if not isinstance(rows, list) or not all(isinstance(each, dict) for each in rows):
        what = "one in single brackets" if isinstance(rows, dict) else value.shown(rows)
        parsed.fault(head, f"expected tables in double brackets, [[{head}]], found {what}")
        return []
    found = []
    for number, row in enumerate(rows, start=1):
        key = f"{head} {number}"
        members = _members(parsed, row, key, readers)
        for need in needs:
            if need not in row:
                parsed.fault(f"{key}.{need}", "is missing")
        if all(need in members for need in needs):
            found.append((number, members))
    return found


def _members(parsed: Parsed, row: Mapping[str, Any], key: str, readers: Mapping[str, _Read]) -> dict[str, Any]:
    found = {}
    for name, given in row.items():
        place = f"{key}.{shown_key(name)}"
        if name not in readers:
            parsed.fault(place, f"is not a key; {nearest(name, list(readers))}")
            continue
        try:
            found[name] = readers[name](given)
        except ValueError as error:
            parsed.fault(place, str(error))
    return found


def _one(parsed: Parsed, table: Mapping[str, Any], key: str, read: _Read, usual: Any) -> Any:  # noqa: ANN401 - any value
    if key not in table:
        return usual
    try:
        return read(table[key])
    except ValueError as error:
        parsed.fault(key, str(error))
        return usual
