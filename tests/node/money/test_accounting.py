"""Booking beside an agent: in rounds, at once where it is asked to, and once more at the end."""

import asyncio
import threading
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from netmind_tui.ledger.tariff.keeper import TariffKeeper
from netmind_tui.model.metering import Sum
from netmind_tui.node.money import accounting as accounting_module
from netmind_tui.node.money.accounting import Accounting
from netmind_tui.node.money.booking import Known
from netmind_tui.node.money.quotes import Quotes
from netmind_tui.node.money.rulebook import Rulebooks

START, NOW = datetime(2026, 11, 27, 18, 0, tzinfo=UTC), datetime(2026, 11, 28, tzinfo=UTC)
NODE = "ed25519:" + "0" * 64


async def _at_once():
    pass


@pytest.fixture
def accounts(books, worker):
    """An accounting that goes on while a story is told, with the devices that are ``there``."""
    there = [worker()]

    def live(story):
        async def whole():
            rulebooks = Rulebooks(tell=books.told.append)
            rulebooks.look()
            quotes = Quotes(rulebooks, lambda _device, _activity: Sum())
            made: Accounting
            keeper = books.keeper()
            keeper._basis = lambda: made.basis(lambda: NODE)
            made = Accounting(
                bookkeeper=keeper,
                quotes=quotes,
                worked=books.store,
                path=books.path,
                workers=lambda: tuple(there),
                now=lambda: books.now,
                ready=_at_once,
            )
            going = asyncio.ensure_future(made.keep_on())
            try:
                async with asyncio.timeout(20):
                    await story(made)
            finally:
                going.cancel()
                with suppress(asyncio.CancelledError):
                    await going
                await made.finish()
                made.close()

        asyncio.run(whole())

    live.there = there
    return live


async def comes(what):
    while not what():  # noqa: ASYNC110 - what changes it is another thread
        await asyncio.sleep(0.01)


async def booked(made, entries):
    await comes(lambda: made.worth(NOW).books.entries >= entries)


def test_what_was_metered_is_booked_at_the_start_when_asked_and_at_the_end(books, interval, accounts):
    books.worked(interval(0))

    async def story(made):
        await booked(made, 1)
        books.worked(interval(10))
        made.reread()
        await booked(made, 2)
        books.worked(interval(20))

    accounts(story)
    assert len(books.entries) == 3


def test_rates_that_changed_hold_for_what_is_booked_from_then_on(books, interval, accounts, owner):
    books.worked(interval(0))

    async def story(made):
        await booked(made, 1)
        owner.rates('[[rate]]\nper = "device-hour"\namount = "0.50 EUR"\nfrom = 2026-11-01\n')
        books.worked(interval(10))
        made.reread()
        await booked(made, 2)

    accounts(story)
    assert [each.note["rate"][:4] for each in books.entries] == ["0.20", "0.50"]


def test_what_a_device_drew_at_work_is_learnt_from_the_books(books, interval, accounts):
    books.now -= timedelta(hours=20)
    books.worked(interval(0, watts=321.0))

    async def story(made):
        await booked(made, 1)
        await comes(lambda: made.worth(books.now).devices[0].power_w == 321.0)
        (worth,) = made.worth(books.now).devices
        assert (worth.power_from, worth.cost) == ("metered", "0.096300")

    accounts(story)


def test_a_server_of_prices_that_does_not_answer_holds_up_nothing(books, interval, accounts, monkeypatch):
    monkeypatch.setattr(accounting_module, "_FIRST_S", 0.05)
    hangs = threading.Event()
    monkeypatch.setattr(TariffKeeper, "refresh", lambda _keeper, _now: hangs.wait(20))
    books.worked(interval(0))

    async def story(made):
        await booked(made, 1)

    try:
        accounts(story)
    finally:
        hangs.set()
    assert len(books.entries) == 1


def test_an_agent_that_ends_before_it_knows_the_prices_leaves_the_booking_to_the_next(books, interval, accounts, owner):
    owner.tariff("start,end,price,currency\n2026-11-27T00:00:00Z,2026-11-28T00:00:00Z,0.50,EUR\n")
    books.worked(interval(0))

    async def at_once(_made):
        pass

    accounts(at_once)
    assert not books.path.exists()

    async def later(made):
        await booked(made, 1)

    accounts(later)
    (entry,) = books.entries
    assert "0.50 EUR per kWh" in entry.note["price"]


def test_the_last_work_of_a_card_that_was_lost_is_worth_what_it_was(books, interval, accounts, owner):
    owner.rates('[[rate]]\nper = "device-hour"\namount = "2 EUR"\nfrom = 2026-11-01\nmodel = "NVIDIA H100"\n')
    books.now = START
    (had,) = accounts.there

    async def story(made):
        await comes(lambda: made.worth(NOW).books.booked_at is not None)
        books.worked(interval(0))
        books.now = START + timedelta(minutes=11)
        accounts.there[:] = [replace(had, known=Known())]
        made.reread()
        await booked(made, 1)

    accounts(story)
    assert books.entries[0].note["rate"].startswith("2 EUR")


def test_a_token_whose_decimals_were_changed_is_not_booked_until_they_are_those_of_the_ledger(
    books, interval, accounts, owner
):
    owner.rates('[[rate]]\nper = "device-hour"\namount = "2 LAB"\nfrom = 2026-11-01\n')
    owner.config("[asset.LAB]\ndecimals = 6\n")
    books.worked(interval(0))

    async def story(made):
        await booked(made, 1)
        owner.config("[asset.LAB]\ndecimals = 8\n")
        books.worked(interval(10))
        made.reread()
        await comes(lambda: made.worth(NOW).books.problem is not None)
        assert "netmind config set asset.LAB.decimals 6" in made.worth(NOW).books.problem
        owner.config("[asset.LAB]\ndecimals = 6\n")
        made.reread()
        await booked(made, 2)

    accounts(story)
    assert {line.asset.exponent for each in books.entries for line in each.postings} == {6}


def test_a_wrong_file_is_told_and_the_books_go_on_by_what_was_in_force(books, interval, accounts, owner):
    books.worked(interval(0))

    async def story(made):
        await booked(made, 1)
        owner.rates("no toml [")
        books.worked(interval(10))
        made.reread()
        await booked(made, 2)
        (trouble,) = made.troubles()
        assert trouble.startswith("a file about money is not in force: ")
        assert "rates.toml" in made.worth(books.now).warnings[0]

    accounts(story)
    assert "rates-refused" in books.kinds


def test_the_hours_online_that_a_card_asks_for_are_counted_from_what_was_metered(books, interval, accounts, owner):
    owner.config('[earnings]\nrate_card = "netmind-power"\n')
    books.now -= timedelta(hours=20)
    books.worked(*(interval(number * 15, 900) for number in range(6)))

    async def story(made):
        await comes(lambda: made.worth(books.now).online is not None)
        online = made.worth(books.now).online
        assert (online.hours, online.needed_hours) == (1.5, 5.0)

    accounts(story)
