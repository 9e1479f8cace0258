"""What the owner's files say of money where no agent runs: read beside the interface."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from netmind_tui.ledger import report
from netmind_tui.ledger.energy import report as energy_report
from netmind_tui.ledger.energy.draw import Draw, draw_of
from netmind_tui.ledger.net import Money as Reckoning
from netmind_tui.ledger.reader import Reader
from netmind_tui.ledger.tariff.told import prices_of
from netmind_tui.model.device import Device
from netmind_tui.model.metering import Sum
from netmind_tui.model.period import PeriodName, period_of
from netmind_tui.model.problem import Problem
from netmind_tui.model.worth import Prices, Worth
from netmind_tui.node.money.booking import Known
from netmind_tui.node.money.hour import Worker
from netmind_tui.node.money.quotes import Quotes
from netmind_tui.node.money.rulebook import Rulebook, Rulebooks
from netmind_tui.node.policy.file import own_zone, read_policy
from netmind_tui.paths import ledger_path, policy_path
from netmind_tui.tui.money_page import Money
from netmind_tui.tui.money_state import Reckoned

BEFORE, AHEAD = timedelta(days=1), timedelta(days=8)
_LEARNT_OF = timedelta(days=1)


class MoneyDesk:
    """Remembers between two readings what need not be read again.

    Args:
        now: the wall clock.
    """

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._now = now
        self._books = Rulebooks()

    def read(self, devices: Sequence[Device]) -> Reckoned:
        """What they say; takes as long as the disk. No server is asked: an agent does that, and keeps what it read."""
        try:
            return Reckoned(self._reckoned(devices))
        except Problem as problem:
            return Reckoned(Money(trouble=problem.sentence))

    def _reckoned(self, devices: Sequence[Device]) -> Money:
        book, now = self._books.look(), self._now()
        if book is None or self._books.refused is not None:
            return Money(trouble=self._books.refused or "")
        if "://" not in (book.config.tariff or ""):
            book.tariff.refresh(now)
        quotes = Quotes(self._books, lambda _device, _activity: Sum())
        quotes.see([Worker(device=each, known=_known(each)) for each in devices])
        if not ledger_path().exists():
            return Money(prices=_prices(book, now), worth=_worth(book, quotes, now))
        zone = _zone()
        period = period_of(PeriodName.TODAY, now, zone)
        with closing(Reader(ledger_path())) as reader:
            quotes.learn(_draws(reader, book, devices, now))
            terms = energy_report.Terms(power=book.power(devices), tariff=book.tariff, fee_pct=book.fee_pct)
            energy = energy_report.energy(reader, period, zone, now, terms)
            earned = report.earnings(reader, period, zone, terms=_terms(book, now))
        return Money(prices=_prices(book, now), worth=_worth(book, quotes, now), energy=energy, earned=earned)


def _worth(book: Rulebook, quotes: Quotes, now: datetime) -> Worth:
    power, unknown = quotes.power_now(now)
    return Worth(
        card=_card(book, now),
        power=power,
        price_unknown=unknown,
        devices=quotes.worth(now),
        warnings=(*book.tariff.warnings, *book.rates.warnings(now)),
    )


def _prices(book: Rulebook, now: datetime) -> Prices:
    return prices_of(book.tariff, now - BEFORE, now + AHEAD, book.tariff.words, book.tariff.warnings)


def _draws(reader: Reader, book: Rulebook, devices: Sequence[Device], now: datetime) -> Mapping[str, Draw]:
    """What each device draws under load, as its work of the last day was metered, else as declared."""
    power = book.power(devices)
    figures = {each.group.uuid or each.group.device: each for each in reader.figures(now - _LEARNT_OF, None, "device")}
    found = {}
    for each in devices:
        of = power.of(each.id, each.uuid, now)
        told = figures.get(each.uuid or each.id)
        draw = draw_of(told, of) if told is not None else None
        if draw is None and of.load_mw is not None:
            draw = Draw(power_mw=of.load_mw, known_from="declared")
        if draw is not None:
            found[each.id] = draw
    return found


def _terms(book: Rulebook, now: datetime) -> report.Terms:
    currency = None if book.currency is None else book.assets.asset(book.currency)
    return report.Terms(
        money=Reckoning(currency=currency, exchange=book.exchange),
        card=_card(book, now),
        warnings=book.rates.warnings(now),
    )


def _card(book: Rulebook, now: datetime) -> str | None:
    card = book.rates.card_at(now)
    return None if card is None else card.words


def _known(device: Device) -> Known:
    return Known(name=device.name, memory_bytes=device.memory_total_bytes, capacity={})


def _zone() -> ZoneInfo:
    """The zone of the owner's calendar; the machine's where the policy cannot be in force."""
    try:
        return ZoneInfo(read_policy(policy_path()).zone)
    except Problem:
        return ZoneInfo(own_zone())
