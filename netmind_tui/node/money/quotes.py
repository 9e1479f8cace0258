"""What guards, forecasts and the status ask about money now; any thread may ask, and nobody waits."""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from netmind_tui.ledger.energy.draw import Draw
from netmind_tui.model.assumption import PriceAt
from netmind_tui.model.device import Device
from netmind_tui.model.metering import RUNS, Activity, Sum
from netmind_tui.model.tariff import PriceSlot
from netmind_tui.model.worth import DeviceWorth, PowerNow
from netmind_tui.node.money.hour import NO_PRICE, Hour, Worker, hour_of, rounded
from netmind_tui.node.money.rulebook import Rulebook, Rulebooks
from netmind_tui.node.sense.money import NO_INCOME, NO_TARIFF, Quote

if TYPE_CHECKING:
    from netmind_tui.ledger.tariff.keeper import TariffKeeper

_REUSED = timedelta(seconds=30)
_AHEAD = timedelta(days=2)
_ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)
_NOT_YET = "the tariff was not read yet"
_LIMIT = "limit"
"""How the power of a device under load is known that has none but its limit: it draws no more."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """An hour as it was reckoned, by which book, and until when it holds."""

    hour: Hour
    book: Rulebook
    since: datetime
    until: datetime


class Quotes:
    """Answers by the rulebook in force and the devices as they were last seen.

    Args:
        books: keep the rulebook.
        today: what was metered today, of a device and an activity.
    """

    name = "meter"

    def __init__(self, books: Rulebooks, today: Callable[[str, Activity], Sum]) -> None:
        self.books = books
        self._today = today
        self._lock = threading.Lock()
        self._workers: Mapping[str, Worker] = {}
        self._draws: Mapping[str, Draw] = {}
        self._kept: dict[tuple[str, str | None], _Kept] = {}
        self.asked: TariffKeeper | None = None
        """The tariff whose source was asked; until then what one says is only not known yet."""

    @property
    def workers(self) -> tuple[Worker, ...]:
        """The devices."""
        return tuple(self._workers.values())

    def see(self, workers: Iterable[Worker]) -> None:
        """These are the devices."""
        with self._lock:
            self._settle(tuple(workers))

    def learn(self, draws: Mapping[str, Draw]) -> None:
        """So much did devices draw under load, by their ids, as their work was metered."""
        with self._lock:
            self._draws = draws
            self._settle(self.workers)

    def price_at(self, moment: datetime, currency: str | None) -> Quote:
        """The price of a kWh at a moment."""
        book = self.books.current
        if book is None:
            return Quote(unknown=self.books.refused or NO_TARIFF)
        if self._waits(book):
            return Quote(unknown=_NOT_YET, source="tariff", is_passing=True)
        slot = book.tariff.slot_at(moment)
        if slot is None:
            has_some = book.terms.tariff is not None or book.terms.static is not None
            return Quote(unknown=book.tariff.words if has_some else NO_TARIFF, source="tariff")
        source = f"tariff, {slot.basis}"
        price = book.tariff.price_at(moment, currency)
        if price is None:
            return Quote(unknown=f"no price of {slot.currency} in {currency} is known", source=source)
        return Quote(price, source)

    def profit_at(self, device: str, moment: datetime, currency: str | None) -> Quote:
        """What an hour of work on a device brings at a moment, after fees and power."""
        book, worker = self.books.current, self._workers.get(device)
        if book is None:
            return Quote(unknown=self.books.refused or NO_INCOME)
        if worker is None:
            return Quote(unknown=f"{device} was not described yet", source=book.rates.name, is_passing=True)
        hour = self._hour(worker, book, moment, currency)
        source = hour.source or book.rates.name
        if hour.net is not None:
            return Quote(rounded(hour.net), source)
        is_passing = hour.no_gross is None and self._waits(book)
        return Quote(unknown=hour.no_gross or hour.no_cost or NO_INCOME, source=source, is_passing=is_passing)

    def used_today_j(self, moment: datetime) -> float | None:  # noqa: ARG002 - the meter knows which day it is
        """What work has used today: as it was metered, and by the power under load where nothing was read."""
        used = 0.0
        for name, worker in self._workers.items():
            for activity in RUNS:
                found = self._today(name, activity)
                used += found.energy_j or 0.0
                unread_ms = found.duration_ms - found.energy_ms
                if unread_ms and worker.draw is not None:
                    used += worker.draw.power_mw * unread_ms / 1e6
                elif unread_ms and not found.energy_ms:
                    return None
        return used

    def prices(self, currency: str | None) -> PriceAt | None:
        """What power will cost, for a forecast; ``None`` where nothing at all is known of it."""
        book = self.books.current
        if book is None or (book.terms.tariff is None and book.terms.static is None):
            return None
        tariff = book.tariff

        def at(moment: datetime) -> Decimal | None:
            return tariff.price_at(moment, currency)

        return at

    def power_now(self, at: datetime) -> tuple[PowerNow | None, str | None]:
        """The price of now, or why none is known."""
        book = self.books.current
        if book is None:
            return None, self.books.refused
        slots = book.tariff.slots(at, at + _AHEAD)
        if not slots or slots[0].start > at:
            return None, book.tariff.words
        first = slots[0]
        return (
            PowerNow(
                price_per_kwh=f"{first.price:f}",
                currency=first.currency,
                until=first.end if first.end < at + _AHEAD else None,
                basis=first.basis,
                source=first.source,
            ),
            None,
        )

    def worth(self, at: datetime) -> tuple[DeviceWorth, ...]:
        """An hour of each device, in the owner's currency."""
        book = self.books.current
        if book is None:
            return ()
        return tuple(_told(each, self._hour(each, book, at, None)) for each in self.workers)

    def _waits(self, book: Rulebook) -> bool:
        return book.terms.tariff is not None and book.tariff.plan is None and self.asked is not book.tariff

    def _hour(self, worker: Worker, book: Rulebook, at: datetime, currency: str | None) -> Hour:
        """What was reckoned a moment ago for this price holds still."""
        key = (worker.device.id, currency)
        kept = self._kept.get(key)
        if kept is not None and kept.book is book and kept.since <= at < kept.until:
            return kept.hour
        hour = hour_of(worker, book, at, currency)
        slots = book.tariff.slots(at, at + _REUSED)
        until = _first_end(slots, at + _REUSED) if hour.no_cost != NO_PRICE else at
        with self._lock:
            self._kept[key] = _Kept(hour, book, at, until)
        return hour

    def _settle(self, workers: Sequence[Worker]) -> None:
        """Have these workers, each with what it draws: as metered, else as its owner says, else at most."""
        declared = self._declared([each.device for each in workers])
        self._workers = {
            each.device.id: replace(
                each, draw=self._draws.get(each.device.id) or declared.get(each.device.id) or _at_most(each.device)
            )
            for each in workers
        }
        self._kept.clear()

    def _declared(self, devices: Sequence[Device]) -> dict[str, Draw]:
        book = self.books.current
        if book is None:
            return {}
        power = book.power(devices)
        # What the owner declared holds for any time.
        found = {each.id: power.of(each.id, each.uuid, _ANY_TIME).load_mw for each in devices}
        return {name: Draw(power_mw=mw, known_from="declared") for name, mw in found.items() if mw is not None}


def _at_most(device: Device) -> Draw | None:
    limit_w = device.power_limit_w
    return None if limit_w is None else Draw(power_mw=round(limit_w * 1000), known_from=_LIMIT)


def _first_end(slots: Iterable[PriceSlot], otherwise: datetime) -> datetime:
    return min((each.end for each in slots), default=otherwise)


def _told(worker: Worker, hour: Hour) -> DeviceWorth:
    def text(amount: Fraction | None, *, up: bool = False) -> str | None:
        return None if amount is None else f"{rounded(amount, up=up):f}"

    draw = worker.draw
    return DeviceWorth(
        device=worker.device.id,
        power_w=None if draw is None else draw.power_mw / 1000,
        power_from=None if draw is None else draw.known_from,
        currency=hour.currency,
        cost=text(hour.cost),
        floor=text(hour.floor, up=True),
        gross=text(hour.gross),
        net=text(hour.net),
        unknown=hour.no_cost or hour.no_gross,
    )
