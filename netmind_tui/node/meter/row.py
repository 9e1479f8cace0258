"""An interval as the file holds it, and back."""

from typing import Any

from netmind_tui.model.metering import Activity, CutBy, EnergyMethod, Interval
from netmind_tui.node.meter.dial import moment_of, wall_ms

COLUMNS = (
    "interval.number, word, place, device, uuid, activity, workload, instance, start_ms, wall_ms, duration_ms, cpu_ms,"
    " energy_mj, energy_ms, cut_by, method, absent"
)
JOINED = (
    "interval JOIN run ON run.number = interval.run JOIN subject ON subject.number = interval.subject"
    " JOIN manner ON manner.number = interval.manner"
)

Subject = tuple[str, str, str, str, str]
Manner = tuple[str, str, str]


def name_of(word: str, place: int) -> str:
    """The id of an interval: which opening of the file it is of, and which of that it was."""
    return f"{word}-{place}"


def parts_of(name: str) -> tuple[str, int]:
    """The reverse."""
    word, _, place = name.rpartition("-")
    return word, int(place)


def subject_of(interval: Interval) -> Subject:
    """What many intervals have in common."""
    return (
        interval.device,
        interval.uuid or "",
        interval.activity.value,
        interval.workload or "",
        interval.instance or "",
    )


def manner_of(interval: Interval) -> Manner:
    """How it was cut, and its energy got at."""
    return (
        interval.cut_by.value,
        "" if interval.energy_method is None else interval.energy_method.value,
        interval.energy_absent or "",
    )


def figures_of(interval: Interval) -> tuple[int | None, ...]:
    """Its own numbers, as the columns from ``start_ms`` to ``energy_ms``."""
    start_ms = wall_ms(interval.start)
    return (
        start_ms,
        wall_ms(interval.end) - start_ms,
        interval.duration_ms,
        None if interval.cpu_s is None else round(interval.cpu_s * 1000),
        None if interval.energy_j is None else round(interval.energy_j * 1000),
        interval.energy_ms,
    )


def interval_of(row: tuple[Any, ...]) -> Interval:
    """The interval of a row of ``COLUMNS``."""
    (_, word, place, device, uuid, activity, workload, instance, start_ms, wall, duration_ms, cpu_ms, *rest) = row
    energy_mj, energy_ms, cut_by, method, absent = rest
    return Interval(
        id=name_of(word, place),
        device=device,
        uuid=uuid or None,
        activity=Activity(activity),
        workload=workload or None,
        instance=instance or None,
        start=moment_of(start_ms),
        end=moment_of(start_ms + wall),
        duration_ms=duration_ms,
        cpu_s=None if cpu_ms is None else cpu_ms / 1000,
        energy_j=None if energy_mj is None else energy_mj / 1000,
        energy_ms=energy_ms,
        energy_method=EnergyMethod(method) if method else None,
        energy_absent=absent or None,
        cut_by=CutBy(cut_by),
    )
