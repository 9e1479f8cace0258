"""What may be earned: estimates, each with its interval and what it assumes; never a balance."""

from dataclasses import dataclass
from datetime import date, datetime

from netmind_tui.model.money import AmountText
from netmind_tui.model.tariff import PriceBasis


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """An amount not known yet: most likely ``mid``, in ``level_pct`` of such cases within ``low`` to ``high``."""

    low: AmountText
    mid: AmountText
    high: AmountText
    level_pct: float


@dataclass(frozen=True, slots=True, kw_only=True)
class OutlookDay:
    """A day of the owner's calendar: device-hours the schedule allows, and what may come of them."""

    day: date
    hours: float
    gross: Estimate | None = None
    energy_cost: Estimate | None = None
    net: Estimate | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """``netmind earnings forecast``: from ``start`` to ``end``, by the schedule, recent work, the card and the tariff.

    ``booked_net`` is what the period already came to before ``start``, where it began before. ``hours`` are the
    device-hours that the schedule allows, ``utilisation_pct`` the share of such hours that had work lately, as it was
    seen over ``history_days`` days. Each of ``absent`` is a sentence on what is missing for a figure that is ``None``.
    """

    schema: str = "netmind.outlook/1"
    made_at: datetime
    period: str
    start: datetime
    end: datetime
    zone: str
    currency: str | None = None
    hours: float = 0.0
    history_days: int = 0
    utilisation_pct: float | None = None
    gross: Estimate | None = None
    energy_cost: Estimate | None = None
    net: Estimate | None = None
    booked_net: AmountText | None = None
    total_net: Estimate | None = None
    days: tuple[OutlookDay, ...] = ()
    assumptions: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HourWorth:
    """An hour, or a shorter slot, of work on a device, all amounts decimals in whole units a device-hour.

    ``floor`` is what an hour must bring before fees not to lose; ``gross`` what the card makes of it, ``net`` what is
    left. ``pays`` is whether that is more than nothing, ``None`` where it cannot be told. ``runs`` is whether the
    schedule and its rules let it run then.
    """

    start: datetime
    end: datetime
    device: str
    price_per_kwh: str | None = None
    basis: PriceBasis | None = None
    cost: str | None = None
    floor: str | None = None
    gross: str | None = None
    net: str | None = None
    pays: bool | None = None
    runs: bool | None = None
    held_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BestHours:
    """``netmind earnings best-hours``: when it pays to run, slot by slot; ``best`` are the ones worth most, in order.

    ``changes`` are sentences on what to change: hours that pay and are not run, and hours that are run at a loss.
    """

    schema: str = "netmind.best-hours/1"
    made_at: datetime
    start: datetime
    end: datetime
    zone: str
    currency: str | None = None
    slots: tuple[HourWorth, ...] = ()
    best: tuple[HourWorth, ...] = ()
    changes: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
