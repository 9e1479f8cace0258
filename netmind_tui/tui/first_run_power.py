"""What the devices draw under load, how that is known, and what an hour of it costs."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from netmind_tui.model.cost import Cost, Money, Tariff, cost_under, read_price
from netmind_tui.model.device import Device
from netmind_tui.model.measurement import Run
from netmind_tui.model.problem import Problem
from netmind_tui.model.selector import select


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """What a device draws under load, and how that is known; ``cost`` is of an hour of it, where a price is known."""

    device: str
    name: str
    watts: float | None
    known: str
    cost: Cost | None = None


def draws(
    devices: Sequence[Device], run: Run | None, declared: dict[str, float], price: str | None, fee: str | None
) -> tuple[Draw, ...]:
    """The power of each device: declared by its owner, else measured, else at most what its limit lets through."""
    tariff = tariff_of(price, fee)
    found = []
    for device in devices:
        watts, known = _power(device, devices, run, declared)
        cost = cost_under(watts, tariff) if tariff is not None and watts is not None else None
        found.append(Draw(device=device.id, name=device.name or device.id, watts=watts, known=known, cost=cost))
    return tuple(found)


def tariff_of(price: str | None, fee: str | None) -> Tariff | None:
    """What was said about the price; ``None`` where nothing was."""
    money: Money | None = read_price(price) if price else None
    return Tariff(price_per_kwh=money, fee_pct=Decimal(fee or 0)) if money is not None else None


def _power(
    device: Device, devices: Sequence[Device], run: Run | None, declared: dict[str, float]
) -> tuple[float | None, str]:
    for name, watts in declared.items():
        try:
            is_meant = device in select([name], devices).devices
        except Problem:  # the beginning of several UUIDs
            is_meant = False
        if is_meant:
            return watts, "declared"
    summaries = run.summaries if run is not None else ()
    same = {each.id for each in (run.devices if run is not None else ()) if _is_same(each, device)}
    power = next((each.power for each in summaries if each.device in same and each.power is not None), None)
    if power is not None:
        return power.draw_w, "measured"
    if device.power_limit_w is not None:
        return device.power_limit_w, "at most, its limit"
    return None, "known once measured"


def _is_same(before: Device, now: Device) -> bool:
    """Whether a run's device is the one that is here now."""
    return (before.uuid, before.name, before.id if before.uuid is None else "") == (
        now.uuid,
        now.name,
        now.id if now.uuid is None else "",
    )
