"""What a period came to and what power costs, as the socket tells it; it reads files, and blocks."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from netmind_tui.ledger import report
from netmind_tui.ledger.energy import report as energy_report
from netmind_tui.ledger.net import Money
from netmind_tui.ledger.rate.kept import hour_on, kept_pct
from netmind_tui.ledger.reader import Reader
from netmind_tui.ledger.tariff.told import prices_of
from netmind_tui.model.control import PeriodQuery
from netmind_tui.model.earnings import Earnings
from netmind_tui.model.energy import Energy
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.period import Period, PeriodName, period_of
from netmind_tui.model.problem import Problem
from netmind_tui.model.worth import Prices, Worth
from netmind_tui.node.money.accounting import Accounting
from netmind_tui.node.money.hour import work_on
from netmind_tui.node.money.rulebook import Rulebook

_AHEAD = timedelta(days=2)


class Statements:
    """Every method may be called by any thread; where it says nothing else it blocks.

    Args:
        accounting: knows what besides the ledger is to be told.
    """

    def __init__(self, accounting: Accounting) -> None:
        self._accounting = accounting

    def worth(self, at: datetime) -> Worth:
        """What work is worth and costs now, and how the books stand; at once."""
        return self._accounting.worth(at)

    def troubles(self) -> tuple[str, ...]:
        """What keeps the books from being kept, in sentences; at once."""
        return self._accounting.troubles()

    def earnings(self, query: PeriodQuery, zone: str, now: datetime) -> Earnings:
        """What a period of a zone's calendar came to.

        Raises:
            Problem: the ledger cannot be read.
        """
        here = ZoneInfo(zone)
        by = next((each for each in report.BY if each == query.by), None)
        with self._reader() as reader:
            return report.earnings(reader, _period(query, here, now), here, by=by, terms=self._terms(now))

    def energy(self, query: PeriodQuery, zone: str, now: datetime) -> Energy:
        """The energy of a period of a zone's calendar.

        Raises:
            Problem: the ledger, or a file about money, cannot be read.
        """
        here, book, workers = ZoneInfo(zone), self._book(), self._accounting.quotes.workers
        by_owner = {each.device.uuid or each.device.id: each for each in workers}

        def kept(device: str, uuid: str | None, power_mw: int) -> Decimal:
            worker = by_owner.get(uuid or device)
            gone = hour_on(device, uuid, now, power_mw, book.config.payer)
            found = kept_pct(book.rates, gone if worker is None else work_on(worker, book, now))
            return book.fee_pct if found is None else found

        terms = energy_report.Terms(
            power=book.power([each.device for each in workers]),
            tariff=book.tariff,
            fee_pct=book.fee_pct,
            kept_pct=kept,
            warnings=(*filter(None, [book.trouble]), *book.tariff.warnings),
        )
        by = next((each for each in energy_report.BY if each == query.by), energy_report.BY[0])
        with self._reader() as reader:
            return energy_report.energy(reader, _period(query, here, now), here, now, terms, by=by)

    def prices(self, start: datetime, end: datetime | None) -> Prices:
        """What power costs between two moments; two days on where there is no end.

        Raises:
            Problem: a file about money cannot be read.
        """
        tariff = self._book().tariff
        return prices_of(tariff, start, end or start + _AHEAD, tariff.words, tariff.warnings)

    def _terms(self, now: datetime) -> report.Terms:
        book = self._accounting.rulebooks.current
        worth = self._accounting.worth(now)
        if book is None:
            return report.Terms(warnings=worth.warnings)
        currency = None if book.currency is None else book.assets.asset(book.currency)
        return report.Terms(
            money=Money(currency=currency, exchange=book.exchange),
            card=worth.card,
            online=worth.online,
            warnings=worth.warnings,
        )

    def _book(self) -> Rulebook:
        found = self._accounting.rulebooks.current
        if found is None:
            raise Problem(self._accounting.rulebooks.refused or "nothing was read yet: ask again", ExitCode.UNMEASURED)
        return found

    @contextmanager
    def _reader(self) -> Iterator[Reader | None]:
        """The ledger; ``None`` where nothing was ever booked."""
        if not self._accounting.path.exists():
            yield None
            return
        with closing(Reader(self._accounting.path)) as reader:
            yield reader


def _period(query: PeriodQuery, zone: ZoneInfo, now: datetime) -> Period:
    if query.period is not PeriodName.BETWEEN:
        return period_of(query.period, now, zone)
    if query.start is None or query.end is None or query.end <= query.start:
        raise Problem("start and end: expected an end after the start", ExitCode.USAGE)
    return Period(name=PeriodName.BETWEEN, start=query.start, end=query.end)
