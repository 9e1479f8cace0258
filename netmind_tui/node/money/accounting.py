"""The agent's accounting beside its looks and acts: reads the owner's files, asks for prices, books, and learns.

One thread does what waits for the disk, another what waits for the network; the agent's own waits for neither.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Coroutine, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from netmind_tui.ledger.asset import AssetBook
from netmind_tui.ledger.energy.draw import Draw, draw_of
from netmind_tui.ledger.rate.online import online, online_since, spans_of
from netmind_tui.ledger.reader import Reader
from netmind_tui.ledger.tariff.keeper import TariffKeeper
from netmind_tui.model.earnings import Online
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.metering import Interval, Intervals
from netmind_tui.model.problem import Problem
from netmind_tui.model.worth import Worth
from netmind_tui.node.money.booking import Basis
from netmind_tui.node.money.bookkeeper import Bookkeeper
from netmind_tui.node.money.hour import Worker
from netmind_tui.node.money.known import KnownDevices
from netmind_tui.node.money.quotes import Quotes
from netmind_tui.node.money.rulebook import Rulebook

_log = logging.getLogger(__name__)

EVERY_S = 60.0
_FIRST_S = 20.0
"""So long the first booking waits for the tariff: what is booked without a price stays so."""
_LEARNT_OF = timedelta(days=1)
_PAGE = 1000


class Seen(Protocol):
    """What was metered, by when it was (``node/meter/store.py``)."""

    def intervals(self, *, after: int = 0, since: datetime | None = None, limit: int = 1000) -> Intervals:
        """Intervals, in the order in which they were written."""


class Accounting:
    """Keeps everything about money going.

    Args:
        bookkeeper: books what was metered.
        quotes: answers those who ask now, by the rulebook that is kept in force here.
        worked: what was metered.
        path: the ledger.
        workers: the devices as they stand; asked on the agent's loop.
        now: the wall clock.
        ready: waits until all is known that the first booking should know.
    """

    def __init__(
        self,
        *,
        bookkeeper: Bookkeeper,
        quotes: Quotes,
        worked: Seen,
        path: Path,
        workers: Callable[[], Iterable[Worker]],
        now: Callable[[], datetime],
        ready: Callable[[], Coroutine[None, None, None]],
    ) -> None:
        self.quotes = quotes
        self.rulebooks = quotes.books
        self._ready = ready
        self.path = path
        self._bookkeeper = bookkeeper
        self._worked = worked
        self._workers = workers
        self._now = now
        self._thread = ThreadPoolExecutor(1, "book")
        self._asking: tuple[TariffKeeper, asyncio.Future[None]] | None = None
        self._woken = asyncio.Event()
        self._is_ready = False
        self._has_ended = False
        self._known = KnownDevices()
        self._online: Online | None = None

    async def keep_on(self) -> None:
        """Go on until this is cancelled: a round each minute, and whenever it is woken."""
        ready = asyncio.ensure_future(self._ready())
        await asyncio.wait({ready}, timeout=_FIRST_S)
        ready.cancel()
        self._is_ready = True
        while True:
            self._woken.clear()
            try:
                await self._round()
            except Exception:  # noqa: BLE001 - the next round may do, and the agent goes on in any case
                _log.exception("a round of the books failed")
            with suppress(TimeoutError):
                async with asyncio.timeout(EVERY_S):
                    await self._woken.wait()

    def reread(self) -> None:
        """Have the owner's files read again, and what follows from them told, at once."""
        self.rulebooks.anew()
        self._woken.set()

    def see(self) -> None:
        """The devices were described anew."""
        workers = tuple(self._workers())
        self._known.see(workers, self._now())
        self.quotes.see(workers)

    async def finish(self) -> None:
        """The agent ends, and has closed what it metered: book that, and let go of the ledger."""
        if not self._has_ended:
            self._has_ended = True
            await asyncio.get_running_loop().run_in_executor(self._thread, self._last)

    def close(self) -> None:
        """Wait for what is being booked, if anything is."""
        self._thread.shutdown(wait=True, cancel_futures=True)
        self._bookkeeper.close()

    def worth(self, at: datetime) -> Worth:
        """What work is worth and costs now, and how the books stand."""
        book = self.rulebooks.current
        power, unknown = self.quotes.power_now(at)
        card = None if book is None else book.rates.card_at(at)
        return Worth(
            card=None if card is None else card.words,
            power=power,
            price_unknown=unknown,
            devices=self.quotes.worth(at),
            online=self._online,
            books=self._bookkeeper.standing,
            warnings=self.warnings(at),
        )

    def warnings(self, at: datetime) -> tuple[str, ...]:
        """What of the owner's files is not in force, what is only held, and what the card leaves open."""
        book, refused = self.rulebooks.current, self.rulebooks.refused
        found = [] if refused is None else [refused]
        if book is not None:
            found += [*filter(None, [book.trouble]), *book.tariff.warnings, *book.rates.warnings(at)]
        kept = self._bookkeeper.standing.warning
        return tuple(found if kept is None else (*found, kept))

    def troubles(self) -> tuple[str, ...]:
        """What keeps the books from being kept, for the agent's own warnings."""
        standing, refused = self._bookkeeper.standing, self.rulebooks.refused
        found = [] if standing.problem is None else [f"nothing is booked: {standing.problem}"]
        if refused is not None and (standing.problem is None or refused not in standing.problem):
            found.append(f"a file about money is not in force: {refused}")
        return tuple(found)

    def basis(self, node: Callable[[], str]) -> Basis:
        """By what intervals are booked now.

        Raises:
            Problem: a file of the owner's never was in order or says otherwise of a token than the ledger, or the
                node's key cannot be used.
        """
        book = self._in_force()
        workers = self.quotes.workers
        return Basis(
            node=node(),
            rates=book.rates,
            tariff=book.tariff,
            power=book.power([each.device for each in workers]),
            asset_of=AssetBook(book.config.decimals, self._decimals()).asset,
            known=self._known.of,
            payer=book.config.payer or "",
        )

    def _in_force(self) -> Rulebook:
        found = self.rulebooks.current
        if found is None:
            raise Problem(self.rulebooks.refused or "the files about money were not read yet", ExitCode.UNMEASURED)
        return found

    def _decimals(self) -> Mapping[str, int]:
        """Those of what stands in the ledger."""
        if not self.path.exists():
            return {}
        with closing(Reader(self.path)) as reader:
            return {each.code: each.exponent for each in reader.assets()}

    async def _round(self) -> None:
        loop = asyncio.get_running_loop()
        book = await loop.run_in_executor(self._thread, self.rulebooks.look)
        if book is not None:
            asking = self._ask(book.tariff)
            if self.quotes.asked is not book.tariff:
                await asyncio.wait({asking}, timeout=_FIRST_S)
        self.see()
        await loop.run_in_executor(self._thread, self._work, book)

    def _work(self, book: Rulebook | None) -> None:
        """Book, and learn from the books, in the thread that does."""
        self._bookkeeper.book()
        if book is None:
            return
        now = self._now()
        try:
            self.quotes.learn(self._draws(book, now))
            self._online = self._progress(book, now)
        except Problem as problem:
            _log.warning("what devices draw cannot be learnt from the ledger: %s", problem.sentence)

    def _last(self) -> None:
        book = self.rulebooks.look()
        # What is booked without its price stays so: where nobody was asked for one yet, the next agent books it.
        if self._is_ready and book is not None and (book.terms.tariff is None or self.quotes.asked is book.tariff):
            self._bookkeeper.book()
        self._bookkeeper.close()

    def _draws(self, book: Rulebook, now: datetime) -> Mapping[str, Draw]:
        """What each device drew under load, as its work of the last day was metered."""
        workers = self.quotes.workers
        if not self.path.exists():
            return {}
        with closing(Reader(self.path)) as reader:
            figures = {
                each.group.uuid or each.group.device: each for each in reader.figures(now - _LEARNT_OF, None, "device")
            }
        power = book.power([each.device for each in workers])
        found = {}
        for device in (each.device for each in workers):
            worked = figures.get(device.uuid or device.id)
            draw = None if worked is None else draw_of(worked, power.of(device.id, device.uuid, now))
            if draw is not None:
                found[device.id] = draw
        return found

    def _progress(self, book: Rulebook, now: datetime) -> Online | None:
        """How far the day has come to the hours that the card asks for."""
        card = book.rates.card_at(now)
        since = None if card is None else online_since(card, now)
        if card is None or since is None:
            return None
        found: list[Interval] = []
        after, begin = 0, since - timedelta(minutes=15)
        while page := (answer := self._worked.intervals(after=after, since=begin, limit=_PAGE)).intervals:
            found += page
            after = answer.next
        return online(card, spans_of(found), now)

    def _ask(self, tariff: TariffKeeper) -> "asyncio.Future[None]":
        """Have a tariff's source asked, beside everything; the end of that, which nobody need wait for."""
        if self._asking is None or self._asking[0] is not tariff or self._asking[1].done():
            loop = asyncio.get_running_loop()
            self._asking = tariff, loop.create_future()
            # A thread that ends with the process: a server may take a minute to answer, and the agent has not got that.
            threading.Thread(target=self._refresh, args=(loop, *self._asking), name="tariff", daemon=True).start()
        return self._asking[1]

    def _refresh(self, loop: asyncio.AbstractEventLoop, tariff: TariffKeeper, done: "asyncio.Future[None]") -> None:
        try:
            tariff.refresh(self._now())
            self.quotes.asked = tariff
        except Exception:  # noqa: BLE001 - the prices of before are held, whatever is wrong here
            _log.exception("the tariff could not be read")
        finally:
            with suppress(RuntimeError):  # the agent has ended meanwhile
                loop.call_soon_threadsafe(_settle, done)


def _settle(done: "asyncio.Future[None]") -> None:
    if not done.done():
        done.set_result(None)
