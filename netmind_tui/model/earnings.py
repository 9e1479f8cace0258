"""What was earned, as documents tell it: three figures side by side that are never added, and what work cost."""

from dataclasses import dataclass, field
from datetime import datetime

from netmind_tui.model.money import AmountText

NO_PAYER = "no payer is connected"


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyFigure:
    """Energy over a time, in kWh.

    ``marginal_kwh`` is what work added, ``full_kwh`` includes what the device would have drawn anyway; both include the
    host's share. ``uncertainty_pct`` is of the full one. ``known_pct`` of the time has a known energy. ``method`` is
    the least sure one that any part was got at by; ``None`` where nothing is known, and ``absent`` says why.
    """

    marginal_kwh: float | None = None
    full_kwh: float | None = None
    host_kwh: float | None = None
    uncertainty_pct: float | None = None
    known_pct: float = 0.0
    method: str | None = None
    absent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EarningsLine:
    """One device, payer or workload, or all together where these are ``None``.

    ``metered`` is what the rate card makes of the work (your books), ``accepted`` what payers accepted of it, before
    fees, ``settled`` what they paid; each an amount an asset, and none is part of another. ``fees`` and ``burnt`` were
    kept of what was accepted. ``net`` is accepted − fees − burnt − ``energy_cost``, in one currency; where it cannot be
    told ``net_absent`` says why. ``energy_cost`` is of the marginal energy, ``energy_cost_full`` of all.
    ``unpriced_pct`` of the work's time no price of power was known. ``unrated`` are the reasons why some work has no
    rate, with the hours of each.
    """

    device: str | None = None
    payer: str | None = None
    workload: str | None = None
    entries: int = 0
    device_hours: float = 0.0
    ready_hours: float = 0.0
    metered: tuple[AmountText, ...] = ()
    accepted: tuple[AmountText, ...] = ()
    settled: tuple[AmountText, ...] = ()
    rejected: tuple[AmountText, ...] = ()
    open: tuple[AmountText, ...] = ()
    fees: tuple[AmountText, ...] = ()
    burnt: tuple[AmountText, ...] = ()
    energy_cost: tuple[AmountText, ...] = ()
    energy_cost_full: tuple[AmountText, ...] = ()
    energy: EnergyFigure = field(default_factory=EnergyFigure)
    net: AmountText | None = None
    net_absent: str | None = None
    unpriced_pct: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Online:
    """How far the day has come to what a card asks for: hours online, in the last ``of_hours``, of ``needed_hours``."""

    card: str
    hours: float
    needed_hours: float
    of_hours: float = 24.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Earnings:
    """``netmind earnings``: a period of the owner's calendar; ``total`` and ``lines`` of it.

    ``card`` is the rate card in force now, ``payers`` those who may pay, ``online`` the progress toward the hours that
    the card asks for. ``warnings`` are sentences: what is not published, not listed, or not known.
    """

    schema: str = "netmind.earnings/1"
    period: str
    start: datetime
    end: datetime
    zone: str
    by: str | None = None
    currency: str | None = None
    card: str | None = None
    payers: tuple[str, ...] = ()
    total: EarningsLine = field(default_factory=EarningsLine)
    lines: tuple[EarningsLine, ...] = ()
    online: Online | None = None
    warnings: tuple[str, ...] = ()
