"""What the guards are assumed to say at another moment, from what they say now and from the price of each quarter.

Nobody knows when a game will start. What denies now goes on for another hour, or until it says that it lifts; what is
blind stays blind; what is silent stays silent. Prices are taken as they are told. There will be work, but where only
the owner can see to that.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from netmind_tui.model.offset import MINUTE_US, as_moment, moment_us
from netmind_tui.model.policy import Guard, GuardKind, Policy
from netmind_tui.model.situation import DeviceFact, GuardFact

PriceAt = Callable[[datetime], Decimal | None]
"""What a kilowatt-hour costs at a moment, in the price guard's currency; ``None``: not known."""
GOES_ON = timedelta(hours=1)
"""How long what is so now is assumed to stay so, where nothing says how long."""
SLOT = timedelta(minutes=15)
_SLOT_US = 15 * MINUTE_US
ASSUMED = "assumed to go on"


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceRun:
    """A stretch of quarters of an hour on one side of the limit; ``highest`` is ``None`` where no price is known."""

    start: datetime
    end: datetime
    denies: bool
    highest: Decimal | None
    varies: bool = False


def price_runs(guard: Guard, prices: PriceAt, start: datetime, end: datetime) -> list[PriceRun]:
    """The price against the guard's limit from start to end, quarters on one side of it taken together."""
    limit = Decimal(guard.amount or 0)
    found: list[PriceRun] = []
    at = as_moment(moment_us(start) // _SLOT_US * _SLOT_US)
    while at < end:
        price = prices(at)
        denies = price is not None and price > limit
        last = found[-1] if found else None
        if last is not None and last.denies is denies and (last.highest is None) is (price is None):
            highest = None if price is None or last.highest is None else max(price, last.highest)
            found[-1] = replace(last, end=at + SLOT, highest=highest, varies=last.varies or price != last.highest)
        else:
            found.append(PriceRun(start=at, end=at + SLOT, denies=denies, highest=price))
        at += SLOT
    return found


@dataclass(frozen=True, slots=True)
class Assumption:
    """What is known now, and what follows for other moments. ``price`` is told instead of the highest of its run."""

    policy: Policy
    now: datetime
    facts: tuple[GuardFact, ...]
    runs: Sequence[PriceRun]
    price: Decimal | None = None

    def facts_at(self, at: datetime) -> tuple[GuardFact, ...]:
        """What every guard says at a moment: before ``now`` only the price counts; what is not known says nothing."""
        return tuple(fact for guard in self.policy.guards for fact in self._facts(guard, at))

    def device_at(self, device: DeviceFact, at: datetime) -> DeviceFact:
        """A device at a moment: with work, if nothing is known to the contrary; what it lost it has not got back."""
        if at < self.now:
            return DeviceFact(device=device.device, works=True)
        then = device if at < self.now + GOES_ON else replace(device, is_measuring=False, wants_measuring=False)
        return replace(then, works=not _waits(device, at))

    def edges(self) -> list[datetime]:
        """The moments at which what is assumed changes."""
        found = [self.now, self.now + GOES_ON, *(run.start for run in self.runs)]
        return found + [fact.lifts_at for fact in self.facts if fact.denies and fact.lifts_at is not None]

    def _facts(self, guard: Guard, at: datetime) -> list[GuardFact]:
        live = [fact for fact in self.facts if fact.kind is guard.kind]
        run = next((run for run in self.runs if run.start <= at < run.end), None)
        # One for the machine, so that no device is without a word.
        silent = GuardFact(kind=guard.kind)
        if at == self.now and live:
            return [*live, silent]
        if guard.kind is GuardKind.PRICE and run is not None and run.highest is not None:
            return [_priced(guard, run, self.price)]
        return [*(self._assumed(fact, at) for fact in live if at >= self.now), silent]

    def _assumed(self, fact: GuardFact, at: datetime) -> GuardFact:
        ends = fact.lifts_at or self.now + GOES_ON
        if fact.unknown is None and not (fact.denies and at < ends):
            return GuardFact(kind=fact.kind, device=fact.device)
        return replace(fact, source=f"{fact.source}, {ASSUMED}" if fact.source else ASSUMED)


def _waits(device: DeviceFact, at: datetime) -> bool:
    """Whether there will be no work: it is tried again later, or begins only once the owner does something."""
    return device.waits is not None and (
        device.waits_lift is not None if device.waits_until is None else at < device.waits_until
    )


def _priced(guard: Guard, run: PriceRun, price: Decimal | None) -> GuardFact:
    unit = f"{guard.currency or ''} per kWh".strip()
    return GuardFact(
        kind=guard.kind,
        denies=run.denies,
        lifts_at=run.end,
        value=f"{'up to ' if run.varies and price is None else ''}{run.highest if price is None else price} {unit}",
        limit=f"{guard.amount} {unit}",
        source="tariff",
    )
