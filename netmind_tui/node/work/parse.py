"""Workloads out of the table in their file: every key known, every value possible, every fault found at once."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from netmind_tui.model.problem import nearest
from netmind_tui.model.workload import LONGEST_GRACE_S, Instances, Restart, WorkKind, Workload
from netmind_tui.node.policy import value as terms
from netmind_tui.node.policy.guard import shown_key
from netmind_tui.node.work import value

_Read = Callable[[object], object]
_HEAD = "workload"
_MOST = 100
_WEEK_S = 7 * 86_400.0
_TIB = 1 << 40

KEYS: Mapping[str, tuple[str, _Read]] = {
    "command": ("command", value.words),
    "container": ("runtime", terms.choice("docker", "podman")),
    "image": ("image", value.image),
    "options": ("options", value.run_options),
    "unit": ("unit", value.unit),
    "manager": ("is_user_unit", lambda given: terms.choice("system", "user")(given) == "user"),
    "devices": ("devices", terms.devices),
    "instances": ("instances", lambda given: Instances(terms.choice(*(each.value for each in Instances))(given))),
    "folder": ("folder", value.folder),
    "environment": ("environment", value.environment),
    "grace": ("grace_s", value.length(0, LONGEST_GRACE_S, f"of at most {LONGEST_GRACE_S / 60:g}m")),
    "longest": ("longest_s", value.length(1, _WEEK_S, "from 1s to 7d")),
    "lead": ("lead_s", value.length(0, _WEEK_S, "of at most 7d")),
    "nice": ("nice", terms.whole(0, 19, "the niceness")),
    "memory": ("memory_bytes", value.size(1 << 20, _TIB * 64, "of at least 1 MiB")),
    "restart": ("restart", lambda given: Restart(terms.choice(*(each.value for each in Restart))(given))),
    "on": ("is_on", terms.switch),
    "suspend": ("suspend", value.words),
    "resume": ("resume", value.words),
    "finish": ("finish", value.words),
    "stop": ("stop", value.words),
    "health": ("health", value.words),
    "health_every": ("health_every_s", value.length(1, 86_400, "from 1s to 1d")),
    "health_timeout": ("health_timeout_s", value.length(1, 600, "from 1s to 10m")),
    "log": ("log_bytes", value.size(4096, 1 << 30, "from 4 KiB to 1 GiB")),
    "logs": ("logs", terms.whole(1, 100, "of files")),
}
"""What the file may say of a workload: what it is called in ``Workload``, and how it is read."""

_OF_OTHERS: Mapping[WorkKind, Mapping[str, str]] = {
    WorkKind.PROGRAM: {
        "image": "is a container's: add container = 'podman' or 'docker'",
        "options": "are a container's: add container = 'podman' or 'docker'; a program's go into command",
        "manager": "is a unit's: add unit = 'NAME.service'",
    },
    WorkKind.CONTAINER: {"manager": "is a unit's, and this is a container"},
    WorkKind.UNIT: {
        **dict.fromkeys(
            ("command", "image", "options", "folder", "environment"),
            "is a program's or a container's, and this is a unit: systemd knows it from the unit's own file",
        ),
        **dict.fromkeys(
            ("nice", "memory"),
            "is the unit's own affair: systemctl edit UNIT, with Nice= or MemoryMax=",
        ),
        **dict.fromkeys(("log", "logs"), "is a program's or a container's: systemd keeps what a unit says"),
    },
}


def parse_workloads(table: Mapping[str, Any]) -> tuple[tuple[Workload, ...], list[str]]:
    """The workloads of a table in its order, and what cannot be: nothing of it holds where there is a fault."""
    terms.forget()
    faults = [f"{shown_key(key)}: is not a key; {nearest(key, [_HEAD])}" for key in table if key != _HEAD]
    rows = table.get(_HEAD, {})
    if not isinstance(rows, dict):
        what = f"one in double brackets, [[{_HEAD}]]" if isinstance(rows, list) else terms.shown(rows)
        return (), [*faults, f"{_HEAD}: expected a table with a name such as [{_HEAD}.boinc], found {what}"]
    if len(rows) > _MOST:
        return (), [*faults, f"{_HEAD}: {_MOST} are read at most, found {len(rows)}"]
    found = []
    for name, row in rows.items():
        key = f"{_HEAD}.{shown_key(name)}"
        if not isinstance(row, dict):
            hint = f": a name is missing, as in [{_HEAD}.boinc]" if name in KEYS else ""
            faults.append(f"{key}: expected a table, found {terms.shown(row)}{hint}")
            continue
        workload, wrong = parse_workload(name, row)
        faults += [f"{key}{each}" for each in wrong]
        found.append(workload)
    faults += _twins(list(rows))
    return (() if faults else tuple(each for each in found if each is not None)), faults


def parse_workload(name: str, row: Mapping[str, Any]) -> tuple[Workload | None, list[str]]:
    """One of them, and what cannot be: ``.KEY: sentence`` each."""
    faults: list[str] = []
    members: dict[str, Any] = {}
    try:
        value.name(name)
    except ValueError as error:
        faults.append(f": {error}")
    for key, given in row.items():
        if key not in KEYS:
            faults.append(f".{shown_key(key)}: is not a key; {nearest(key, list(KEYS))}")
            continue
        member, read = KEYS[key]
        try:
            members[member] = read(given)
        except ValueError as error:
            faults.append(f".{key}: {error}")
    kind = WorkKind.CONTAINER if "container" in row else WorkKind.UNIT if "unit" in row else WorkKind.PROGRAM
    faults += _against(kind, row)
    if kind is WorkKind.UNIT:
        members.setdefault("instances", Instances.PER_DEVICE if "{" in str(members.get("unit", "")) else Instances.ONE)
    if faults:
        return None, faults
    return Workload(name=name, kind=kind, **members), []


def _against(kind: WorkKind, row: Mapping[str, Any]) -> Iterator[str]:
    """What is missing, and what stands against something else."""
    if "container" in row and "unit" in row:
        yield ".unit: this is a container already: keep container or unit"
        return
    if kind is WorkKind.CONTAINER and "image" not in row:
        yield ".image: is missing: a container is made of one"
    if kind is WorkKind.PROGRAM and "command" not in row:
        yield ".command: is missing: a program, or container or unit in its place"
    for key, sentence in _OF_OTHERS[kind].items():
        if key in row:
            yield f".{key}: {sentence}"
    yield from _in_pairs(kind, row)


def _in_pairs(kind: WorkKind, row: Mapping[str, Any]) -> Iterator[str]:
    """What means nothing without something else."""
    for key in ("suspend", "finish"):
        if key in row and "resume" not in row:
            yield f".resume: is missing: without it nothing goes on after {key}"
            break
    if "resume" in row and "suspend" not in row and "finish" not in row:
        yield ".resume: there is neither suspend nor finish that it would end"
    for key in ("health_every", "health_timeout"):
        if key in row and "health" not in row:
            yield f".health: is missing: {key} says when it is asked"
    if kind is WorkKind.UNIT and row.get("instances") == Instances.PER_DEVICE and "{" not in str(row.get("unit")):
        yield (
            ".instances: a unit runs once: one for each device has a name such as 'work@{index}.service'; "
            "or take instances out"
        )


def _twins(names: list[str]) -> Iterator[str]:
    """Names that a person, or a disk that knows no case, would take for one another."""
    first: dict[str, str] = {}
    for name in names:
        other = first.setdefault(name.casefold(), name)
        if other != name:
            yield f"{_HEAD}.{shown_key(name)}: is told from {other!r} by capitals alone: give one another name"
