"""A period's energy as the books have it: by device or by day, with how it is known and what it costs."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo

from netmind_tui.ledger.booked_day import booked_days
from netmind_tui.ledger.energy.draw import draw_of
from netmind_tui.ledger.energy.floor import floors
from netmind_tui.ledger.energy.power import PowerBook
from netmind_tui.ledger.reader import Reader
from netmind_tui.ledger.report import energy_of
from netmind_tui.ledger.total import Figures, Group, together
from netmind_tui.model.energy import Energy, EnergyLine, Floor, Idle
from netmind_tui.model.ledger import Account
from netmind_tui.model.metering import RUNS, Activity
from netmind_tui.model.period import Period
from netmind_tui.model.tariff import PowerPrice, PriceSlot

By = Literal["device", "day"]
BY: tuple[By, ...] = ("device", "day")

_OF_WORK = (Account.ENERGY_MARGINAL, Account.ENERGY_HOST)
_AHEAD = timedelta(days=1)
_MS_PER_HOUR = 3_600_000
_WHOLE = 100
_DAY_S = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What the report is told by, besides the books: the power that is known, the tariff, and what is kept of a rate.

    ``fee_pct`` is what is kept and burnt together; ``kept_pct`` says it of an hour on one device (its name, its UUID,
    its milliwatts) where a card does.
    """

    power: PowerBook
    tariff: PowerPrice | None = None
    fee_pct: Decimal = Decimal(0)
    kept_pct: Callable[[str, str | None, int], Decimal] | None = None
    warnings: tuple[str, ...] = ()


def energy(
    reader: Reader | None, period: Period, zone: ZoneInfo, now: datetime, terms: Terms, *, by: By = "device"
) -> Energy:
    """What the books say of a period's energy; without any, it is nothing.

    Args:
        reader: of the ledger; ``None`` where nothing was ever booked.
        period: which one.
        zone: of the owner's calendar.
        now: floors are of the day that begins then.
        terms: what else is known.
        by: what to tell its lines apart by.

    Raises:
        Problem: the ledger cannot be read.
    """
    devices = () if reader is None else reader.figures(period.start, period.end, "device")
    lines: Iterator[EnergyLine]
    if by == "device":
        lines = (replace(_line(each), device=each.group.device) for each in devices)
    else:
        lines = (replace(_line(figures), day=day) for day, figures in _days(reader, period, zone))
    idle = tuple(_idle(group, terms.power, now) for group in _groups(devices, terms.power))
    return Energy(
        period=period.name,
        start=period.start,
        end=period.end,
        zone=zone.key,
        by=by,
        total=_line(together(devices)),
        lines=tuple(lines),
        idle=idle,
        floors=tuple(_floors(devices, terms, now)),
        warnings=(*_uncalibrated(devices, idle), *terms.warnings),
    )


def _days(reader: Reader | None, period: Period, zone: ZoneInfo) -> Iterator[tuple[date, Figures]]:
    """The days on which anything was metered."""
    if reader is None:
        return
    for day, start, end in booked_days(reader, period, zone):
        (figures,) = reader.figures(start, end)
        if figures.entries:
            yield day, figures


def _line(figures: Figures) -> EnergyLine:
    worked_ms = figures.duration_ms(RUNS)
    unpriced_ms = sum(figures.unpriced.values())
    return EnergyLine(
        work_hours=worked_ms / _MS_PER_HOUR,
        ready_hours=figures.duration_ms((Activity.READY,)) / _MS_PER_HOUR,
        energy=energy_of(figures),
        cost=figures.told(*_OF_WORK),
        cost_full=figures.told(*_OF_WORK, Account.ENERGY_IDLE),
        unpriced_pct=min(100.0, 100 * unpriced_ms / worked_ms) if worked_ms else None,
    )


def _groups(devices: Sequence[Figures], power: PowerBook) -> list[Group]:
    """The devices that were metered, and those with a baseline."""
    found = {each.group.uuid or each.group.device or "": each.group for each in devices}
    for baseline in power.latest():
        found.setdefault(baseline.uuid or baseline.device, Group(device=baseline.device, uuid=baseline.uuid or ""))
    return sorted(found.values(), key=lambda each: each.device or "")


def _idle(group: Group, power: PowerBook, now: datetime) -> Idle:
    device = group.device or ""
    known = power.of(device, group.uuid or None, now)
    if known.idle_mw is None:
        return Idle(device=device, origin="unknown")
    if known.baseline is None:
        return Idle(device=device, origin="declared", watts=known.idle_mw / 1000)
    return Idle(
        device=device,
        origin="calibrated",
        watts=known.idle_mw / 1000,
        spread_w=known.spread_mw / 1000,
        made_at=known.baseline.made_at,
        age_days=max(0.0, (now - known.baseline.made_at).total_seconds() / _DAY_S),
    )


def _uncalibrated(devices: Sequence[Figures], idle: Sequence[Idle]) -> Iterator[str]:
    """The devices whose work was booked without a baseline; what is known of them now does not change that."""
    unknown = {each.device for each in idle if each.origin == "unknown"}
    for each in devices:
        worked = each.metered(RUNS)
        if any(part.energy_mj for part in worked) and not any(part.idle_mj for part in worked):
            words = "what it drew idle was not known, and all it drew counts as the work's"
            more = ": netmind energy calibrate" if each.group.device in unknown else "; from now on it is"
            yield f"{each.group.device}: {words}{more}"


def _floors(devices: Sequence[Figures], terms: Terms, now: datetime) -> Iterator[Floor]:
    if terms.tariff is None:
        return
    slots = _joined(terms.tariff.slots(now, now + _AHEAD))
    for each in devices:
        device = each.group.device or ""
        uuid = each.group.uuid or None
        draw = draw_of(each, terms.power.of(device, uuid, now))
        if draw is None:
            continue
        kept = terms.fee_pct if terms.kept_pct is None else terms.kept_pct(device, uuid, draw.power_mw)
        # Where all of it is kept no rate pays.
        for found in floors(draw.power_mw, slots, kept) if kept < _WHOLE else ():
            yield Floor(
                device=device,
                start=found.start,
                end=found.end,
                power_w=draw.power_mw / 1000,
                price_per_kwh=f"{found.price:f}",
                per_hour=f"{found.per_hour:f}",
                currency=found.currency,
            )


def _joined(slots: Sequence[PriceSlot]) -> list[PriceSlot]:
    """Slots of one price that follow on each other as one."""
    found: list[PriceSlot] = []
    for slot in slots:
        last = found[-1] if found else None
        if last is not None and (last.end, last.price, last.currency) == (slot.start, slot.price, slot.currency):
            found[-1] = replace(last, end=slot.end)
        else:
            found.append(slot)
    return found
