"""The accounting of this machine: everything that it needs, put together."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Mapping
from datetime import datetime

from netmind_tui.model.metering import Activity, Sum
from netmind_tui.node.agent.agent import Agent
from netmind_tui.node.agent.looked import Told
from netmind_tui.node.agent.news import News
from netmind_tui.node.meter.store import Store
from netmind_tui.node.money.accounting import Accounting
from netmind_tui.node.money.booking import Known
from netmind_tui.node.money.bookkeeper import Bookkeeper
from netmind_tui.node.money.hour import Worker
from netmind_tui.node.money.node_id import NodeId
from netmind_tui.node.money.quotes import Quotes
from netmind_tui.node.money.rulebook import Rulebooks
from netmind_tui.node.work.activity import Meter
from netmind_tui.paths import identity_dir, ledger_path

Capacity = Callable[[str, datetime], Mapping[str, float]]
"""The certified rates of a device at a moment, by kernel."""
Ready = Callable[[], Coroutine[None, None, None]]


def quotes_of_this_machine(news: News, meter: Meter | None) -> Quotes:
    """What answers guards and forecasts, by the owner's files as they stand now; later rounds see to their changes.

    Args:
        news: where things are told.
        meter: what was metered today.
    """

    def today(device: str, activity: Activity) -> Sum:
        return Sum() if meter is None else meter.today(device, activity=activity)

    books = Rulebooks(tell=_teller(news))
    books.look()
    return Quotes(books, today)


def accounting_of_this_machine(
    agent: Agent, quotes: Quotes, news: News, metered: Store, capacity: Capacity, ready: Ready
) -> Accounting:
    """It.

    Args:
        agent: whose devices and work it is about.
        quotes: what answers those who ask now.
        news: where things are told.
        metered: what was metered.
        capacity: what is certified.
        ready: waits until that is known.
    """

    def now() -> datetime:
        return agent.clock.moment().at

    node = NodeId(identity_dir())
    accounting: Accounting
    bookkeeper = Bookkeeper(ledger_path(), metered, lambda: accounting.basis(node), now, _teller(news))
    accounting = Accounting(
        bookkeeper=bookkeeper,
        quotes=quotes,
        worked=metered,
        path=ledger_path(),
        workers=lambda: tuple(_workers(agent, capacity)),
        now=now,
        ready=ready,
    )
    return accounting


def _teller(news: News) -> Callable[[Told], None]:
    """Tells what a thread found out; it lasts without waiting for the next look."""
    loop = asyncio.get_running_loop()

    async def tell(found: Told) -> None:
        news.tell(found.kind, found.sentence, device=found.device, data=found.data)
        await news.write(0.0)

    def from_any_thread(found: Told) -> None:
        loop.call_soon_threadsafe(lambda: asyncio.ensure_future(tell(found)))

    return from_any_thread


def _workers(agent: Agent, capacity: Capacity) -> Iterator[Worker]:
    """The devices as they stand, with whose work is there, or would be first."""
    now = agent.clock.moment().at
    next_ones = agent.crew.next_on(tuple(agent.roster.present))
    for device in agent.roster.devices:
        known = Known(name=device.name, memory_bytes=device.memory_total_bytes, capacity=capacity(device.id, now))
        yield Worker(device=device, known=known, workload=next_ones.get(device.id))
