"""A period of the books as documents tell it: what was metered, accepted and settled, its cost, and what is left."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal
from zoneinfo import ZoneInfo

from netmind_tui.ledger.net import ENERGY, Money, Net, nets
from netmind_tui.ledger.reader import Reader
from netmind_tui.ledger.total import Figures, together
from netmind_tui.model.earnings import Earnings, EarningsLine, EnergyFigure, Online, UnratedHours
from netmind_tui.model.ledger import Account
from netmind_tui.model.metering import RUNS, Activity
from netmind_tui.model.period import Period
from netmind_tui.model.rate import Unrated

By = Literal["device", "payer", "workload"]
BY: tuple[By, ...] = ("device", "payer", "workload")

_MJ_PER_KWH = 3.6e9
_MS_PER_HOUR = 3.6e6
_BUSY = frozenset(Activity) - {Activity.READY}
_FULL = (*ENERGY, Account.ENERGY_IDLE)
_ALL_PCT = 100.0
_NO_PRICE = "no price of power is known: netmind config set electricity.price_per_kwh 0.30EUR"
_NO_ENERGY = "what its work drew is not known, and so not what it cost: netmind config set device.<id>.watts 300"
_WHY = {
    Unrated.NO_CARD: "no rate card is chosen: netmind config set earnings.rate_card manual",
    Unrated.UNLISTED: "the rate card does not list the device, and the rate of another one is not its own",
    Unrated.UNPUBLISHED: "the rate card leaves the rate to you: netmind earnings card says how to enter it",
    Unrated.NOT_IN_FORCE: "no version of the rate card was in force then",
    Unrated.UNMEASURED: "what the rate is paid for was not known of the work",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What is known besides the books: what to reckon in, and what is said as it is."""

    money: Money = field(default_factory=Money)
    card: str | None = None
    payers: tuple[str, ...] = ()
    online: Online | None = None
    warnings: tuple[str, ...] = ()


ALONE = Terms()


def earnings(
    reader: Reader | None, period: Period, zone: ZoneInfo, *, by: By | None = None, terms: Terms = ALONE
) -> Earnings:
    """What the books say of a period; where nothing was ever booked, everything is nothing.

    Args:
        reader: of the ledger; ``None`` where there is none.
        period: which one.
        zone: of the owner's calendar.
        by: what its lines are told apart by; without, there are none.
        terms: what else is known.

    Raises:
        Problem: the ledger cannot be read.
    """
    found = () if reader is None else reader.figures(period.start, period.end, by or ())
    whole, parts = together(found), found if by is not None else ()
    money = terms.money.at_least(whole)
    net, *rest = nets((whole, *parts), money, reader, period, zone, (by,) if by is not None else ())
    return Earnings(
        period=period.name,
        start=period.start,
        end=period.end,
        zone=zone.key,
        by=by,
        currency=None if money.currency is None else money.currency.code,
        card=terms.card,
        payers=terms.payers,
        total=line_of(whole, net),
        lines=tuple(line_of(part, left) for part, left in zip(parts, rest, strict=True)),
        online=terms.online,
        warnings=terms.warnings,
    )


def line_of(figures: Figures, net: Net) -> EarningsLine:
    """Figures as a line of a document."""
    group, worked_ms = figures.group, figures.duration_ms(RUNS)
    unpriced_pct = _ALL_PCT * min(1.0, sum(figures.unpriced.values()) / worked_ms) if worked_ms else None
    if worked_ms and not any(each.energy_ms for each in figures.metered(RUNS)):
        net = Net(absent=_NO_ENERGY)
    elif unpriced_pct == _ALL_PCT:
        net = Net(absent=_NO_PRICE)
    return EarningsLine(
        device=group.device,
        uuid=group.uuid or None,
        payer=group.payer,
        workload=group.workload,
        entries=figures.entries,
        device_hours=worked_ms / _MS_PER_HOUR,
        ready_hours=figures.duration_ms((Activity.READY,)) / _MS_PER_HOUR,
        metered=figures.told(Account.CLAIM_METERED, credit=True),
        accepted=figures.told(Account.INCOME, credit=True),
        settled=figures.told(Account.SETTLED),
        rejected=figures.told(Account.CLAIM_REJECTED),
        open=figures.told(Account.CLAIM_OPEN),
        fees=figures.told(Account.FEES),
        burnt=figures.told(Account.BURNT),
        energy_cost=figures.told(*ENERGY),
        energy_cost_full=figures.told(*_FULL),
        energy=energy_of(figures),
        net=net.amount,
        net_absent=net.absent,
        unpriced_pct=unpriced_pct,
        unrated=tuple(_unrated(figures)),
    )


def energy_of(figures: Figures) -> EnergyFigure:
    """What work took, and what was drawn with that anyway; both with the host's share."""
    used = figures.metered(Activity)
    duration_ms, energy_ms = sum(each.duration_ms for each in used), sum(each.energy_ms for each in used)
    host = sum(each.host_mj for each in used)
    if not energy_ms:
        why = "no device told what it drew, and no watts are declared" if duration_ms else "nothing was metered"
        return EnergyFigure(host_kwh=host / _MJ_PER_KWH if host else None, absent=why)
    full = sum(each.energy_mj for each in used) + host
    return EnergyFigure(
        marginal_kwh=(sum(each.energy_mj - each.idle_mj for each in figures.metered(_BUSY)) + host) / _MJ_PER_KWH,
        full_kwh=full / _MJ_PER_KWH,
        host_kwh=host / _MJ_PER_KWH,
        uncertainty_pct=_ALL_PCT * sum(each.uncertain_mj for each in used) / full if full > 0 else None,
        known_pct=_ALL_PCT * min(1.0, energy_ms / duration_ms) if duration_ms else _ALL_PCT,
        method=figures.method(Activity),
    )


def _unrated(figures: Figures) -> Iterator[UnratedHours]:
    for reason, duration_ms in sorted(figures.unrated.items(), key=lambda each: (-each[1], each[0])):
        why = _WHY[Unrated(reason)] if reason in set(Unrated) else None
        yield UnratedHours(reason=reason, hours=duration_ms / _MS_PER_HOUR, why=why)
