"""Which price holds: the plan's where it says one, else the static price; and in words how it is known."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from netmind_tui.ledger.currency import Exchange
from netmind_tui.ledger.tariff.plan import Flat, Plan
from netmind_tui.ledger.tariff.source import FileSource, Known, Source
from netmind_tui.model.cost import Money, read_price
from netmind_tui.model.tariff import PriceBasis, PriceSlot

if TYPE_CHECKING:
    from netmind_tui.config import Config
    from netmind_tui.ledger.tariff.fetch import Fetch

STATIC = "electricity.price_per_kwh"
_INSTANT = timedelta(microseconds=1)
_DECIMALS = 9
_NOTHING = 'no price of power is known: netmind config set electricity.price_per_kwh "0.30 EUR"'
_NO_CURRENCY = f'{STATIC} names no currency, so nothing can be booked by it: write "0.30 EUR"'


@dataclass(frozen=True, slots=True, kw_only=True)
class TariffTerms:
    """What the owner set: the place of a tariff, the static price, and the currency of the owner's books."""

    tariff: str | None = None
    static: Money | None = None
    currency: str | None = None

    @property
    def assumed_currency(self) -> str | None:
        """What prices are in that do not say it themselves."""
        return self.currency or (self.static.currency if self.static else None)


def terms_of(config: "Config") -> TariffTerms:
    """What a configuration says of prices of power."""
    return TariffTerms(
        tariff=config.tariff,
        static=None if config.price_per_kwh is None else read_price(config.price_per_kwh),
        currency=config.currency,
    )


class TariffKeeper:
    """The tariff of one machine. What it knows is one value that ``refresh`` replaces: readers wait for nobody.

    Args:
        terms: What the owner set.
        folder: Where plans that were fetched are kept; nowhere if ``None``.
        exchange: Prices of currencies, for a price that is asked for in another one.
        ask: What fetches a URL, instead of ``fetch``.
    """

    def __init__(
        self,
        terms: TariffTerms,
        *,
        folder: Path | None = None,
        exchange: Exchange | None = None,
        ask: "Fetch | None" = None,
    ) -> None:
        self.exchange = exchange or Exchange()
        self._terms = terms
        self._source = _source(terms, folder, ask)
        self._known = self._source.begin() if self._source else Known()

    @property
    def currency(self) -> str:
        """The currency of the plan, or of the static price; empty where no price is known at all."""
        plan = self._known.plan
        static = self._static()
        return plan.currency if plan else static.currency if static else self._terms.currency or ""

    @property
    def plan(self) -> Plan | None:
        """The plan as it was read last."""
        return self._known.plan

    @property
    def words(self) -> str:
        """How prices are known, in a sentence."""
        known, source = self._known, self._source
        static = self._static()
        instead = f"{static.price} {static.currency} per kWh ({STATIC})" if static else "nothing, and stays unpriced"
        if source is None:
            return _NOTHING if static is None else f"static: {instead}"
        if known.plan is None:
            why = known.fault or f"{source.name} was not read yet"
            return f"static: {instead}; {why}" if static else f"not known: {why}"
        read = f"read {known.read_at:%Y-%m-%d %H:%M} UTC" if known.read_at else "read before"
        if known.fault:
            return f"held: the plan of {source.name}, {read}; {known.fault}"
        return f"held: the plan of {source.name}, {read}" if known.is_held else f"published: {source.name}, {read}"

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the owner should know, a sentence each."""
        found = [self._known.fault] if self._known.fault else []
        if self._known.plan is not None:
            found += [f"{self._known.plan.source}: {each}" for each in self._known.plan.warnings]
        if self._terms.static is not None and self._static() is None:
            found.append(_NO_CURRENCY)
        return tuple(found)

    def refresh(self, now: datetime) -> bool:
        """Look at the source, which may take a minute where it is far off; whether anything is known otherwise now.

        To be called each minute, off the loop, by one thread at a time: it asks no more often than it should.
        """
        if self._source is None:
            return False
        before, self._known = self._known, self._source.look(self._known, now)
        return self._known is not before

    def slots(self, start: datetime, end: datetime) -> Sequence[PriceSlot]:
        """The prices between two moments, without overlaps; where neither a plan nor the static price is, a gap."""
        known, static = self._known, self._static()
        found = list(known.plan.slots(start, end)) if known.plan else []
        if known.is_held:
            found = [replace(slot, basis=PriceBasis.HELD) for slot in found]
        return found if static is None else _filled(found, static, start, end)

    def slot_at(self, moment: datetime) -> PriceSlot | None:
        """The price at a moment, which is the whole of what is known of its slot from then on."""
        found = self.slots(moment, moment + _INSTANT)
        return found[0] if found else None

    def price_at(self, moment: datetime, currency: str | None = None) -> Decimal | None:
        """What a kWh costs at a moment, in a currency; ``None`` where no price is known, or none of the currency."""
        slot = self.slot_at(moment)
        if slot is None or currency in (None, slot.currency):
            return None if slot is None else slot.price
        factor = self.exchange.find(slot.currency, str(currency), moment.astimezone(UTC).date()).price
        if factor is None:
            return None
        return Decimal(round(Fraction(slot.price) * factor * 10**_DECIMALS)).scaleb(-_DECIMALS)

    def _static(self) -> Flat | None:
        """The static price; ``None`` where there is none, or nobody says of which currency."""
        static, plan = self._terms.static, self._known.plan
        if static is None:
            return None
        currency = static.currency or self._terms.currency or (plan.currency if plan else None)
        if currency is None:
            return None
        return Flat(price=static.amount, currency=currency, source=STATIC, basis=PriceBasis.STATIC)


def _source(terms: TariffTerms, folder: Path | None, ask: "Fetch | None") -> Source | None:
    if terms.tariff is None:
        return None
    if "://" in terms.tariff:
        # Imported here: TLS costs 10 ms and some megabytes that a file does without.
        from netmind_tui.ledger.tariff.fetch import fetch  # noqa: PLC0415 - see above
        from netmind_tui.ledger.tariff.url_source import UrlSource  # noqa: PLC0415 - see above

        return UrlSource(terms.tariff, folder, terms.assumed_currency, ask or fetch)
    return FileSource(Path(terms.tariff), terms.assumed_currency)


def _filled(slots: Sequence[PriceSlot], static: Flat, start: datetime, end: datetime) -> list[PriceSlot]:
    """Slots, and the static price wherever there is none."""
    found: list[PriceSlot] = []
    at = start
    for slot in slots:
        found += [*static.slots(at, slot.start), slot]
        at = slot.end
    return [*found, *static.slots(at, end)]
