"""Energy for people: a period by device or day, what devices draw idle, and the rate above which an hour pays."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import ROUND_CEILING, Decimal
from zoneinfo import ZoneInfo

from rich.console import RenderableType
from rich.text import Text

from netmind_tui.cli.figure_table import Column, figure_table
from netmind_tui.cli.harmless import harmless
from netmind_tui.cli.page import Page, printed
from netmind_tui.cli.period_title import title
from netmind_tui.model.amount_word import amount_word
from netmind_tui.model.energy import Baseline, Calibration, Energy, EnergyLine, Floor, Idle
from netmind_tui.model.money import AmountText
from netmind_tui.model.quantity import significant

_NOTHING = "—"
_MANY_KWH = 100
_ALL_PCT = 100
_LEAST_PCT = 0.1
_OLD_DAYS = 30
_STEP = Decimal("0.0001")


def table(energy: Energy, page: Page, now: datetime) -> str:
    """The period on a page of any width."""
    return printed(_blocks(harmless(energy), page.width, now), page)


def calibration_table(found: Calibration, before: Sequence[Baseline], page: Page) -> str:
    """The baselines that were measured, each beside the one before."""
    shown = harmless(found)
    if not shown.baselines:
        return printed([Text("nothing was measured: the baselines of before hold")], page)
    last = {each.uuid or each.device: each for each in sorted(before, key=lambda each: each.made_at)}
    columns = [
        Column("device", ([each.device for each in shown.baselines],)),
        Column("idle", ([_watts(each.idle_w, each.spread_w) for each in shown.baselines],), right=True),
        Column("busy", ([_busy(each) for each in shown.baselines],), 2, right=True),
        Column("by", ([each.method for each in shown.baselines],), 3),
        Column("readings", ([str(each.readings) for each in shown.baselines],), 4, right=True),
        # Devices are told apart as they were found: what is shown may have no UUID.
        Column("before", ([_before(last.get(each.uuid or each.device)) for each in found.baselines],), 1),
    ]
    return printed([figure_table(columns, page.width)], page)


def _blocks(energy: Energy, width: int, now: datetime) -> Iterator[RenderableType]:
    zone = ZoneInfo(energy.zone)
    name = title(energy.period, energy.start, energy.end, zone, now)
    yield Text.assemble((name, "bold"), (f" · {energy.zone}", "dim"))
    yield Text()
    yield from _total(energy.total)
    if energy.lines:
        yield Text()
        yield _lines(energy, width)
    if energy.idle:
        yield Text()
        yield _idle(energy.idle, width)
    if energy.floors:
        yield Text()
        yield _floors(energy.floors, zone, width)
    for warning in energy.warnings:
        yield Text.assemble(("▲ ", "yellow"), warning)


def _total(total: EnergyLine) -> Iterator[Text]:
    figure = total.energy
    if figure.full_kwh is None:
        yield Text(figure.absent or "no energy is known")
        if figure.host_kwh is not None:
            yield Text(f"the host's share was {_kwh(figure.host_kwh)}, {_money(total.cost)}")
        return
    sure = f" ± {significant(figure.uncertainty_pct, 2)} %" if figure.uncertainty_pct is not None else ""
    yield Text.assemble(
        ("for work  ", "dim"),
        (_kwh(figure.marginal_kwh), "bold"),
        f"  {_money(total.cost)}",
        (f"  of it by the host {_kwh(figure.host_kwh)}" if figure.host_kwh else "", "dim"),
    )
    yield Text.assemble(
        ("in all    ", "dim"),
        (_kwh(figure.full_kwh), "bold"),
        f"  {_money(total.cost_full)}",
        (f"  {figure.method or ''}{sure}", "dim"),
    )
    if figure.known_pct < _ALL_PCT:
        yield Text(f"for {_pct(100 - figure.known_pct)} of the time no energy is known: it counts as none")
    if total.unpriced_pct:
        yield Text(f"for {_pct(total.unpriced_pct)} of the work no price of power was known: it costs nothing here")


def _lines(energy: Energy, width: int) -> RenderableType:
    lines = energy.lines
    names = [each.device or "" if energy.by == "device" else str(each.day) for each in lines]

    def sure(line: EnergyLine) -> str:
        pct = line.energy.uncertainty_pct
        return _NOTHING if pct is None else f"{significant(pct, 2)} %"

    return figure_table(
        [
            Column(energy.by, (names,)),
            Column("work", ([_hours(each.work_hours) for each in lines],), 3, right=True),
            Column("ready", ([_hours(each.ready_hours) for each in lines],), 5, right=True),
            Column("for work", ([_kwh(each.energy.marginal_kwh) for each in lines],), right=True),
            Column("in all", ([_kwh(each.energy.full_kwh) for each in lines],), 4, right=True),
            Column("±", ([sure(each) for each in lines],), 6, right=True),
            Column("by", ([each.energy.method or _NOTHING for each in lines],), 7),
            Column("costs", ([_money(each.cost) for each in lines],), right=True),
            Column("costs in all", ([_money(each.cost_full) for each in lines],), 2, right=True),
        ],
        width,
    )


def _idle(idle: Sequence[Idle], width: int) -> RenderableType:
    def origin(each: Idle) -> Text:
        if each.age_days is None:
            return Text("declared by you" if each.origin == "declared" else "not known: netmind energy calibrate")
        return Text(_age(each.age_days), style="yellow" if each.age_days > _OLD_DAYS else "")

    return figure_table(
        [
            Column("device", ([each.device for each in idle],)),
            Column("idle", ([_watts(each.watts, each.spread_w) for each in idle],), right=True),
            Column("calibrated", ([origin(each) for each in idle],)),
        ],
        width,
    )


def _floors(floors: Sequence[Floor], zone: ZoneInfo, width: int) -> RenderableType:
    """Of each device the floor of now, and the lowest and highest of the day ahead."""
    by_device: dict[str, list[Floor]] = {}
    for each in floors:
        by_device.setdefault(each.device, []).append(each)

    def at(each: Floor) -> str:
        return f"{_rate(each)} from {each.start.astimezone(zone):%H:%M}"

    rows = list(by_device.values())
    lowest = [min(each, key=lambda floor: Decimal(floor.per_hour)) for each in rows]
    highest = [max(each, key=lambda floor: Decimal(floor.per_hour)) for each in rows]
    return figure_table(
        [
            Column("device", (list(by_device),)),
            Column("under load", ([f"{each[0].power_w:.0f} W" for each in rows],), 3, right=True),
            Column("pays above, now", ([_rate(each[0]) for each in rows],), right=True),
            Column("lowest", ([at(each) for each in lowest],), 1, right=True),
            Column("highest", ([at(each) for each in highest],), 2, right=True),
        ],
        width,
    )


def _rate(floor: Floor) -> str:
    """Rounded up, as the floor itself: whoever earns that loses nothing."""
    return f"{Decimal(floor.per_hour).quantize(_STEP, ROUND_CEILING):f} {floor.currency}/h"


def _before(baseline: Baseline | None) -> str:
    if baseline is None:
        return _NOTHING
    return f"{_watts(baseline.idle_w, baseline.spread_w)}, {baseline.made_at.astimezone():%Y-%m-%d}"


def _busy(baseline: Baseline) -> str:
    return _NOTHING if baseline.busy_w is None else f"{baseline.busy_w:.1f} W on {baseline.logical_cpus}"


def _age(days: float) -> str:
    if days < 1:
        return "today"
    return f"{days:.0f} day{'' if round(days) == 1 else 's'} ago"


def _watts(watts: float | None, spread_w: float | None) -> str:
    if watts is None:
        return _NOTHING
    return f"{watts:.1f} W" if not spread_w else f"{watts:.1f} ± {spread_w:.1f} W"


def _money(amounts: Sequence[AmountText]) -> str:
    return " + ".join(amount_word(each) for each in amounts) or _NOTHING


def _hours(hours: float) -> str:
    return f"{hours:,.1f} h"


def _kwh(kwh: float | None) -> str:
    if kwh is None:
        return _NOTHING
    return f"{kwh:,.1f} kWh" if abs(kwh) >= _MANY_KWH else f"{significant(kwh)} kWh"


def _pct(share: float) -> str:
    """Never 100 % of what is not all of it, nor 0 % of what is some."""
    if share < _LEAST_PCT:
        return f"less than {_LEAST_PCT} %"
    return f"{min(share, 99.9):.1f} %" if share < _ALL_PCT else "100 %"
