"""Prices and profits for an owner who asks while no agent runs: by their files, without asking any server."""

from collections.abc import Sequence
from datetime import datetime

from netmind_tui.model.device import Device
from netmind_tui.model.metering import Sum
from netmind_tui.node.money.booking import Known
from netmind_tui.node.money.hour import Worker
from netmind_tui.node.money.quotes import Quotes
from netmind_tui.node.money.rulebook import Rulebooks


def quotes_without_agent(devices: Sequence[Device], now: datetime) -> Quotes:
    """What guards would be told of prices and profits now; of a tariff at a URL, what was read last."""
    books = Rulebooks()
    book = books.look()
    if book is not None and book.terms.tariff is not None and "://" not in book.terms.tariff:
        book.tariff.refresh(now)
    found = Quotes(books, lambda _device, _activity: Sum())
    found.asked = None if book is None else book.tariff
    found.see(
        Worker(device=each, known=Known(name=each.name, memory_bytes=each.memory_total_bytes)) for each in devices
    )
    return found
