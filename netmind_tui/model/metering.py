"""What was worked, in pieces that are never changed: the raw material of every figure about money."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Activity(StrEnum):
    """What a device did: it worked, its work stood still, was told to end and had not yet, or it was ready for some."""

    WORK = "work"
    SUSPENDED = "suspended"
    ENDING = "ending"
    READY = "ready"


RUNS = frozenset({Activity.WORK, Activity.ENDING})
"""In these the processes of an instance run."""


class EnergyMethod(StrEnum):
    """How energy was got at."""

    NVML_ENERGY = "nvml_energy"
    NVML_POWER = "nvml_power"
    RAPL = "rapl"
    USER = "user"
    ESTIMATE = "estimate"


CERTAINTY = (
    EnergyMethod.NVML_ENERGY,
    EnergyMethod.RAPL,
    EnergyMethod.NVML_POWER,
    EnergyMethod.USER,
    EnergyMethod.ESTIMATE,
)
"""From the surest on; of what has several, the least sure that any part of it has is told."""


class CutBy(StrEnum):
    """Why an interval ended where it did.

    What the device did changed, a quarter of an hour was over, the machine slept or its clock was set, the agent ended,
    or an agent was killed and the next one found it (``found``: up to the last moment that is known for sure).
    """

    CHANGE = "change"
    SLOT = "slot"
    CLOCK = "clock"
    AGENT_ENDED = "agent-ended"
    FOUND = "found"


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A device did one thing, without a break, within one quarter of an hour (UTC).

    ``id`` is unique for ever: whoever reads an interval twice can tell. ``instance`` is the one start of a workload
    that it is of. ``duration_ms`` is by the monotonic clock, in which a sleeping machine takes no time; device-seconds
    are its thousandth. ``cpu_s`` is the processor time of the whole instance, and stands on the first of its devices
    alone. ``energy_j`` is the device's whole energy over ``energy_ms`` of the interval; where that is not all of it
    ``energy_absent`` says why.
    """

    id: str
    device: str
    uuid: str | None = None
    activity: Activity
    workload: str | None = None
    instance: str | None = None
    start: datetime
    end: datetime
    duration_ms: int
    cpu_s: float | None = None
    energy_j: float | None = None
    energy_ms: int = 0
    energy_method: EnergyMethod | None = None
    energy_absent: str | None = None
    cut_by: CutBy = CutBy.CHANGE


@dataclass(frozen=True, slots=True, kw_only=True)
class Intervals:
    """``GET /v1/intervals``: oldest first; ``next`` is the number to go on after."""

    schema: str = "netmind.intervals/1"
    intervals: tuple[Interval, ...] = ()
    next: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """What intervals come to, by what they have in common; what they were not told apart by is ``None``.

    ``day`` is a date of the owner's calendar. ``energy_j`` is over ``energy_ms`` of ``duration_ms``. Where they are
    known, ``energy_method`` is the least sure that any part of it was got at by, ``energy_absent`` why the rest is
    missing.
    """

    device: str | None = None
    workload: str | None = None
    activity: Activity | None = None
    day: date | None = None
    intervals: int = 0
    duration_ms: int = 0
    cpu_s: float | None = None
    energy_j: float | None = None
    energy_ms: int = 0
    energy_method: EnergyMethod | None = None
    energy_absent: str | None = None
