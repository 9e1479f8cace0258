"""The guards of a policy: which keys each has, what holds without them, and what it cannot do without."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from netmind_tui.model.contribution import Rung
from netmind_tui.model.policy import Guard, GuardKind, OnUnknown
from netmind_tui.model.problem import nearest
from netmind_tui.node.policy import time as policy_time
from netmind_tui.node.policy import value

_JOULES_PER_KWH = 3.6e6
_GIB = 2.0**30
_Read = Callable[[object], object]
_PERCENT = value.number(0, 100, "a number of per cent")
_ABOVE_0_PCT = value.number(1, 100, "a number of per cent")


_COLDEST_C = 10.0
"""No device in use gets as cool as that."""


def _some_time(found: object) -> float:
    return _some(policy_time.length_s(found), '"3m"', found)


def _some_room(found: object) -> float:
    return _some(value.size_bytes(found), '"10 GiB"', found)


def _some(read: float, example: str, found: object) -> float:
    if not read:
        raise value.expected(f"more than nothing, such as {example}", found)
    return read


def _kwh(found: object) -> float:
    return value.number(0.001, 100_000, "a number of kWh")(found) * _JOULES_PER_KWH


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What can be said of one kind of guard.

    ``keys`` are its own in the file with the member of ``Guard`` that each sets and its reader; one of ``needs`` must
    be there. ``usual`` holds without them.
    """

    needs: tuple[str, ...]
    keys: Mapping[str, tuple[str, _Read]]
    usual: Mapping[str, Any] = field(default_factory=dict)


_LASTING: Mapping[str, tuple[str, _Read]] = {
    "for": ("enter_s", policy_time.length_s),
    "leave_after": ("leave_s", policy_time.length_s),
}
_COMMON: Mapping[str, tuple[str, _Read]] = {
    "devices": ("devices", value.devices),
    "give_way": ("give_way", value.choice("stop", "suspend")),
    "on_unknown": ("on_unknown", value.choice("pause", "run")),
}
_NOT_NOW = {"give_way": "suspend"}
"""What is only for a while may keep its memory; where somebody needs the device, it is freed."""

KINDS: Mapping[GuardKind, Kind] = {
    GuardKind.USER_ACTIVE: Kind(
        needs=("idle",),
        keys={"idle": ("limit", _some_time), "remote_logins": ("counts_remote_logins", value.switch)},
    ),
    GuardKind.BATTERY: Kind(
        needs=("min_charge_pct",),
        keys={"min_charge_pct": ("limit", _ABOVE_0_PCT), "margin_pct": ("margin", _PERCENT), **_LASTING},
        usual={"margin": 5.0},
    ),
    GuardKind.TEMPERATURE: Kind(
        needs=("max_c",),
        keys={
            "max_c": ("limit", value.number(20, 120, "a number of °C")),
            "margin_c": ("margin", value.number(0, 60, "a number of °C")),
            **_LASTING,
        },
        usual={"margin": 5.0, **_NOT_NOW},
    ),
    GuardKind.GPU_IN_USE: Kind(
        needs=("memory", "util_pct"),
        keys={
            "memory": ("limit", value.size_bytes),
            "util_pct": ("util_pct", _ABOVE_0_PCT),
            "ignore": ("ignore", value.names),
            **_LASTING,
        },
        usual={"leave_s": 60.0},
    ),
    GuardKind.CPU_BUSY: Kind(
        needs=("max_pct",),
        keys={"max_pct": ("limit", _ABOVE_0_PCT), "margin_pct": ("margin", _PERCENT), **_LASTING},
        usual={"margin": 5.0, "enter_s": 10.0, "leave_s": 60.0, **_NOT_NOW},
    ),
    GuardKind.EXCLUSIVE: Kind(
        needs=("programs",), keys={"programs": ("programs", value.names), **_LASTING}, usual={"leave_s": 60.0}
    ),
    GuardKind.DISK: Kind(
        needs=("min_free",),
        keys={"min_free": ("limit", _some_room), "margin": ("margin", value.size_bytes), **_LASTING},
        usual={"margin": _GIB},
    ),
    GuardKind.ENERGY: Kind(needs=("max_kwh_per_day",), keys={"max_kwh_per_day": ("limit", _kwh)}),
    GuardKind.PRICE: Kind(needs=("max_per_kwh",), keys={"max_per_kwh": ("price", value.price)}, usual=_NOT_NOW),
    GuardKind.PROFIT: Kind(needs=("min_per_hour",), keys={"min_per_hour": ("price", value.price)}, usual=_NOT_NOW),
}
EXAMPLES = {
    "idle": '"3m"',
    "min_charge_pct": "90",
    "max_c": "80",
    "memory": '"1 GiB"',
    "util_pct": "10",
    "max_pct": "30",
    "programs": '["steam"]',
    "min_free": '"10 GiB"',
    "max_kwh_per_day": "5",
    "max_per_kwh": '"0.35 EUR"',
    "min_per_hour": '"0.01 EUR"',
}


def read_guards(table: object, fault: Callable[[str, str], None]) -> Iterator[Guard]:
    """The guards of the table ``guard``; ``fault`` is told the key and the sentence of each that cannot be."""
    if not isinstance(table, dict):
        fault("guard", f"expected tables such as [guard.battery], found {value.shown(table)}")
        return
    for name, inner in table.items():
        key = f"guard.{shown_key(name)}"
        if name not in set(GuardKind):
            fault(key, f"is no guard; {nearest(name, list(GuardKind))}")
        elif isinstance(inner, list):
            fault(key, f"expected one table [guard.{name}], found a list: there is one guard of a kind")
        elif not isinstance(inner, dict):
            fault(key, f"expected a table, found {value.shown(inner)}")
        else:
            found = _guard(GuardKind(name), inner, key, fault)
            if found is not None:
                yield found


def _guard(kind: GuardKind, table: Mapping[str, Any], key: str, fault: Callable[[str, str], None]) -> Guard | None:
    known = KINDS[kind]
    readers = {**known.keys, **_COMMON}
    members: dict[str, Any] = dict(known.usual)
    is_right = True
    for name, given in table.items():
        if name not in readers:
            fault(f"{key}.{shown_key(name)}", f"is not a key; {nearest(name, list(readers))}")
            is_right = False
            continue
        member, read = readers[name]
        try:
            members[member] = read(given)
        except ValueError as error:
            fault(f"{key}.{name}", str(error))
            is_right = False
    if not any(name in table for name in known.needs):
        wanted = " or ".join(f"{name} = {EXAMPLES[name]}" for name in known.needs)
        fault(key, f"has no threshold; add {wanted}")
        is_right = False
    if is_right and (why := _never_lets_go(kind, members)) is not None:
        fault(key, why)
        is_right = False
    if not is_right:
        return None
    if "price" in members:
        members["amount"], members["currency"] = members.pop("price")
    members["give_way"] = Rung(members.get("give_way", Rung.STOP))
    if "on_unknown" in members:
        members["on_unknown"] = OnUnknown(members["on_unknown"])
    return Guard(kind=kind, **members)


def _never_lets_go(kind: GuardKind, members: Mapping[str, Any]) -> str | None:
    """Why it would deny for ever once it has denied."""
    margin, lowest = members.get("margin", 0.0), {GuardKind.TEMPERATURE: _COLDEST_C, GuardKind.CPU_BUSY: 0.0}.get(kind)
    if lowest is None or members["limit"] - margin > lowest:
        return None
    limit, key, unit = ("max_c", "margin_c", "°C") if kind is GuardKind.TEMPERATURE else ("max_pct", "margin_pct", "%")
    back = f"{members['limit'] - margin:g} {unit}"
    return (
        f"it would never let go: {limit} = {members['limit']:g} less {key} = {margin:g} is {back}; "
        f"give a smaller {key}, or a larger {limit}"
    )


def shown_key(name: str) -> str:
    """A key as a sentence can hold it."""
    return name if name and name.isprintable() else repr(name)
