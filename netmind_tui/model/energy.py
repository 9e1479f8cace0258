"""Energy as documents tell it: what devices draw when they do nothing, and what work, and being ready for it, took."""

from dataclasses import dataclass, field
from datetime import date, datetime

from netmind_tui.model.earnings import EnergyFigure
from netmind_tui.model.metering import EnergyMethod
from netmind_tui.model.money import AmountText


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """What a device draws when nothing works on it: the median of its power over a time, and when that was.

    ``spread_w`` is half of how far the middle eight tenths of the readings lie apart. ``uuid`` tells a card from the
    next one in its slot. Of the processor, ``busy_w`` is what it draws with all its ``logical_cpus`` busy: what one of
    them draws for somebody's work follows from both.
    """

    device: str
    made_at: datetime
    idle_w: float
    spread_w: float
    readings: int
    duration_s: float
    method: EnergyMethod
    uuid: str | None = None
    name: str | None = None
    busy_w: float | None = None
    logical_cpus: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncalibrated:
    """A device whose baseline could not be measured, and why."""

    device: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """``netmind energy calibrate``: the baselines that were measured now, and the devices without one."""

    schema: str = "netmind.energy-calibration/1"
    baselines: tuple[Baseline, ...] = ()
    failed: tuple[Uncalibrated, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """The rate above which an hour of a device pays, before the fee, from one moment up to another.

    ``per_hour`` is a decimal in a string, rounded up; ``price_per_kwh`` is the price of the tariff's slot.
    """

    device: str
    start: datetime
    end: datetime
    power_w: float
    price_per_kwh: str
    per_hour: str
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyLine:
    """One device, one day, or all together where these are ``None``.

    ``cost`` is of the marginal energy with the host's share, ``cost_full`` of all; each an amount an asset.
    ``unpriced_pct`` of the metered time no price of power was known.
    """

    device: str | None = None
    day: date | None = None
    work_hours: float = 0.0
    ready_hours: float = 0.0
    energy: EnergyFigure = field(default_factory=EnergyFigure)
    cost: tuple[AmountText, ...] = ()
    cost_full: tuple[AmountText, ...] = ()
    unpriced_pct: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Idle:
    """What is known of a device's power when it does nothing.

    ``origin`` is ``calibrated``, ``declared`` or ``unknown``; ``age_days`` is since it was calibrated.
    """

    device: str
    origin: str
    watts: float | None = None
    spread_w: float | None = None
    made_at: datetime | None = None
    age_days: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Energy:
    """``netmind energy``: a period of the owner's calendar; ``total``, and ``lines`` by device or day.

    ``idle`` are the baselines in force now. ``warnings`` are sentences: what is not calibrated, not known, not
    priced.
    """

    schema: str = "netmind.energy/1"
    period: str
    start: datetime
    end: datetime
    zone: str
    by: str
    total: EnergyLine = field(default_factory=EnergyLine)
    lines: tuple[EnergyLine, ...] = ()
    idle: tuple[Idle, ...] = ()
    floors: tuple[Floor, ...] = ()
    warnings: tuple[str, ...] = ()
