"""The owner's terms: when this machine works for others, within which limits, and before what it gives way.

Times are minutes of the owner's wall clock in an IANA zone; which of them a moment falls into is asked of the moment
(``model/week.py``), so that no rule has to say what happens in a night of 23 or 25 hours.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from netmind_tui.model.contribution import Rung

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""The weekdays, Monday is 0 as in ``datetime.weekday``."""
MINUTES_A_DAY = 1440


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much of a machine may be used; ``None`` is no limit. ``devices`` are names as everywhere; empty means all."""

    devices: tuple[str, ...] = ()
    cpu_share_pct: int | None = None
    gpu_memory_share_pct: int | None = None
    power_cap_w: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Limits under a name that a window refers to: night, weekend, away."""

    name: str
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A span of the week in which work is allowed.

    It begins on each of ``days`` (Monday is 0) at ``start_minute`` (0 to 1439) and ends at ``end_minute`` (1 to
    1440); an end that is not after the start is on the next day. ``profile`` names the limits; without one there are
    none.
    """

    days: tuple[int, ...]
    start_minute: int
    end_minute: int
    profile: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Exception_:  # noqa: N801 - the owner's word for it; ``Exception`` is taken
    """A dated span that comes before the weekly windows: never, or with a profile although no window is there.

    ``start`` and ``end`` are wall time without a zone (that of the policy), the end not included. ``devices`` empty
    means all. ``source`` says where it came from: the policy, or the calendar file that was imported.
    """

    name: str
    start: datetime
    end: datetime
    allows: bool = False
    profile: str | None = None
    devices: tuple[str, ...] = ()
    source: str = "policy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Holiday:
    """A date that counts as another weekday: once (``year``) or every year."""

    name: str
    month: int
    day: int
    year: int | None = None
    as_day: int = 6

    def is_on(self, day: date) -> bool:
        """Whether it falls on a date."""
        return (self.month, self.day) == (day.month, day.day) and self.year in (None, day.year)


class GuardKind(StrEnum):
    """What a guard watches."""

    BATTERY = "battery"
    TEMPERATURE = "temperature"
    USER_ACTIVE = "user-active"
    GPU_IN_USE = "gpu-in-use"
    EXCLUSIVE = "exclusive"
    PRICE = "price"
    PROFIT = "profit"
    CPU_BUSY = "cpu-busy"
    DISK = "disk"
    ENERGY = "energy"


class OnUnknown(StrEnum):
    """What holds while a guard cannot see what it watches."""

    PAUSE = "pause"
    RUN = "run"


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """One rule that takes a device away for as long as something holds.

    It denies once the value has been beyond ``limit`` for ``enter_s``, and lets go once it has been on the other side
    of ``limit`` and ``margin`` for ``leave_s``. Units of ``limit`` and ``margin`` by kind: per cent (battery charge,
    CPU), °C, seconds without input (user-active), bytes (GPU memory of others, free disk), joules a day (energy), the
    currency's major unit per kWh (price, profit; as a decimal string in ``amount``, never a float). ``programs`` are
    the exclusive ones; ``util_pct`` and ``ignore`` are of gpu-in-use: from which utilisation by others it denies too,
    and which programs do not count (compositors never do). ``give_way`` is the rung; ``on_unknown`` is ``None`` until
    the owner has answered, and ``run`` only answers for what this machine never had: what was seen here once and no
    longer is pauses. ``devices`` empty means all.
    """

    kind: GuardKind
    limit: float | None = None
    amount: str | None = None
    currency: str | None = None
    margin: float = 0.0
    enter_s: float = 0.0
    leave_s: float = 0.0
    programs: tuple[str, ...] = ()
    util_pct: float | None = None
    ignore: tuple[str, ...] = ()
    counts_remote_logins: bool = False
    devices: tuple[str, ...] = ()
    give_way: Rung = Rung.STOP
    on_unknown: OnUnknown | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """All of it.

    ``lead_s``: nothing starts that near to the end of a window. ``horizon_days`` of imported calendars.
    """

    zone: str = "UTC"
    windows: tuple[Window, ...] = ()
    profiles: tuple[Profile, ...] = ()
    exceptions: tuple[Exception_, ...] = ()
    holidays: tuple[Holiday, ...] = ()
    guards: tuple[Guard, ...] = ()
    lead_s: float = 600.0

    def profile(self, name: str | None) -> Profile:
        """The profile of that name; one without limits where none is named.

        Raises:
            KeyError: there is no such profile.
        """
        if name is None:
            return Profile(name="")
        return {each.name: each for each in self.profiles}[name]


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyDocument:
    """A policy as programs read it; ``schema`` is ``netmind.policy/1``. ``text`` is the file as the owner wrote it."""

    schema: str = "netmind.policy/1"
    policy: Policy = field(default_factory=Policy)
    path: str | None = None
    sha256: str | None = None
    text: str | None = None
