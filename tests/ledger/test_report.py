"""A period of the books as a document: sums of accounts, side by side and never added."""

import json
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import jsonschema
import pytest

from netmind_tui.document import decode, encode, schema
from netmind_tui.ledger.currency import Exchange, Quote
from netmind_tui.ledger.net import Money
from netmind_tui.ledger.reader import Reader
from netmind_tui.ledger.report import Terms, earnings
from netmind_tui.model.earnings import Earnings
from netmind_tui.model.ledger import Account
from netmind_tui.model.metering import Activity
from netmind_tui.model.money import AmountText, Asset, AssetKind
from netmind_tui.model.period import Period, PeriodName, period_of

BERLIN = ZoneInfo("Europe/Berlin")
MARCH = period_of(PeriodName.MONTH, datetime(2026, 3, 15, tzinfo=UTC), BERLIN)
"""With a day of 23 hours."""
HOUR = timedelta(hours=1)


def eur(text: str) -> AmountText:
    return AmountText(asset="EUR", amount=text)


def told(books, **options) -> Earnings:
    period = options.pop("period", MARCH)
    with closing(Reader(books.path)) as reader:
        return earnings(reader, period, BERLIN, **options)


def test_metered_accepted_and_settled_stand_apart_and_only_what_was_accepted_is_left(books, booked):
    claim, energy, whom = booked.claim, booked.energy, booked.subject
    paid, accepted, refused, expired, open_ = (
        books.work(booked.START + n * HOUR, whom("gpu:0"), (claim("2.00"), energy("0.25"))) for n in range(5)
    )
    books.accept(paid, 180, fee=18)
    books.settle(paid)
    books.accept(accepted, 100, fee=10)
    books.reject(refused)
    books.expire(expired)
    total = told(books).total
    assert total.metered == (eur("10.00"),)
    assert total.open == (eur("2.00"),)
    assert total.rejected == (eur("2.00"),)
    assert total.accepted == (eur("2.80"),)
    assert total.fees == (eur("0.28"),)
    assert total.settled == (eur("1.62"),)
    assert total.energy_cost == (eur("1.25"),)
    assert total.net == eur("1.27"), open_


def test_energy_of_work_is_apart_from_what_devices_draw_anyway(books, booked):
    books.work(booked.START, moves=(booked.energy("0.20"), booked.energy("0.05", Account.ENERGY_HOST)))
    ready = booked.usage(Activity.READY, energy_mj=45_000_000, idle_mj=40_000_000)
    books.work(booked.START + HOUR, moves=(booked.energy("0.03", Account.ENERGY_IDLE),), used=ready)
    total = told(books).total
    assert (total.device_hours, total.ready_hours) == (0.25, 0.25)
    assert total.energy.marginal_kwh == pytest.approx(0.0625)  # (300 - 50) W for a quarter of an hour
    assert total.energy.full_kwh == pytest.approx(0.075 + 0.0125)
    assert total.energy.uncertainty_pct == pytest.approx(100 * (2 * 13_500_000) / (270_000_000 + 45_000_000))
    assert total.energy.known_pct == 100.0
    assert total.energy_cost == (eur("0.25"),)
    assert total.energy_cost_full == (eur("0.28"),)
    assert total.net == eur("-0.25")


def test_work_without_a_rate_or_a_price_is_said_with_its_hours(books, booked):
    for n in range(3):
        books.work(booked.START + n * HOUR, moves=(booked.energy("0.01"),), unrated="unpublished")
    books.work(booked.START + 3 * HOUR, moves=(booked.claim("1"),), unpriced="no-price")
    total = told(books).total
    (lack,) = total.unrated
    assert (lack.reason, lack.hours) == ("unpublished", 0.75)
    assert "netmind earnings card" in lack.why
    assert total.unpriced_pct == 25.0
    assert total.net == eur("-0.03")


def test_nothing_is_left_over_where_no_price_of_power_is_known_at_all(books, booked):
    books.accept(books.work(booked.START, moves=(booked.claim("1"),), unpriced="no-price"), 100)
    total = told(books).total
    assert total.net is None
    assert "electricity.price_per_kwh" in total.net_absent


def test_nothing_is_left_over_where_nobody_knows_what_work_drew(books, booked):
    unread = booked.usage(energy_ms=0, energy_mj=0, idle_mj=0, uncertain_mj=0)
    books.accept(books.work(booked.START, moves=(booked.claim("1"),), used=unread), 100)
    ready = booked.usage(Activity.READY)
    books.work(booked.START + HOUR, moves=(booked.energy("0.01", Account.ENERGY_IDLE),), used=ready)
    total = told(books).total
    assert total.net is None
    assert "what its work drew is not known" in total.net_absent
    books.work(booked.START + 2 * HOUR, booked.subject("gpu:1"))
    found = told(books, by="device")
    assert [line.net for line in found.lines] == [None, eur("-0.02")]


@pytest.mark.parametrize("by", ["device", "workload", "payer"])
def test_lines_come_to_the_total(books, booked, by):
    for n in range(12):
        whom = booked.subject(f"gpu:{n % 3}", workload=("llm", "boinc")[n % 2], payer=("", "acme")[n % 2])
        entry = books.work(booked.START + n * HOUR, whom)
        if n % 2:
            books.accept(entry, 5, payer="acme", fee=1)
    found = told(books, by=by)
    assert len(found.lines) == {"device": 3, "workload": 2, "payer": 2}[by]
    for name in ("metered", "accepted", "fees", "energy_cost", "open"):
        sums = sum((Fraction(amount.amount) for line in found.lines for amount in getattr(line, name)), Fraction(0))
        assert sums == sum(Fraction(amount.amount) for amount in getattr(found.total, name))
    assert sum(Fraction(line.net.amount) for line in found.lines) == Fraction(found.total.net.amount)
    assert sum(line.device_hours for line in found.lines) == pytest.approx(found.total.device_hours)


def test_a_period_begins_and_ends_with_the_owners_days(books, booked):
    books.work(datetime(2026, 2, 28, 22, 45, tzinfo=UTC), moves=(booked.claim("1"),))
    books.work(datetime(2026, 2, 28, 23, 0, tzinfo=UTC), moves=(booked.claim("10"),))
    books.work(datetime(2026, 3, 31, 21, 45, tzinfo=UTC), moves=(booked.claim("100"),))
    books.work(datetime(2026, 3, 31, 22, 0, tzinfo=UTC), moves=(booked.claim("1000"),))
    assert told(books).total.metered == (eur("110.00"),)


def quotes(*prices: tuple[int, str]) -> Exchange:
    return Exchange(
        Quote(on=date(2026, 3, day), asset="NMT", currency="EUR", price=Decimal(price)) for day, price in prices
    )


def in_tokens(books, booked, *days: int) -> None:
    for day in days:
        entry = books.work(
            datetime(2026, 3, day, 12, tzinfo=UTC), moves=(booked.claim("3", booked.NMT), booked.energy("0.10"))
        )
        books.accept(entry, 3 * 10**18, booked.NMT, fee=10**18)


def test_what_was_accepted_in_tokens_is_left_at_the_prices_of_its_days(books, booked):
    in_tokens(books, booked, 10, 20)
    found = told(
        books, terms=Terms(money=Money(currency=booked.EUR, exchange=quotes((1, "0.4"), (15, "0.5")))), by="device"
    )
    assert found.total.net == eur("1.60")  # 2 × 0.4 + 2 × 0.5 - 2 × 0.10
    assert [line.net for line in found.lines] == [eur("1.60")]
    assert found.total.accepted == (AmountText(asset="NMT", amount="6." + 18 * "0"),)


def test_tokens_are_left_over_by_the_decimals_that_they_are_booked_with(books, booked):
    in_tokens(books, booked, 10)
    entry = books.work(booked.START, moves=())
    books.accept(entry, 5, booked.NMT)
    others = Money(currency=Asset(code="NMT", exponent=8, kind=AssetKind.TOKEN), exchange=quotes((1, "0.5")))
    assert told(books, terms=Terms(money=others)).total.net == AmountText(asset="NMT", amount="1.80000000")
    alone = Period(name=PeriodName.BETWEEN, start=booked.START, end=booked.START + HOUR)
    others = Money(currency=Asset(code="NMT", exponent=17, kind=AssetKind.TOKEN))
    assert told(books, period=alone, terms=Terms(money=others)).total.net.amount == "0.00000000000000001"


def test_more_than_an_entry_can_hold_is_left_over_all_the_same(books, booked):
    for n in range(2):
        entry = books.work(booked.START + n * HOUR, moves=(booked.claim("1", booked.NMT),))
        books.accept(entry, 9 * 10**26, booked.NMT)
    assert told(books).total.net == AmountText(asset="NMT", amount="1800000000." + 18 * "0")


def test_without_a_price_of_the_token_what_is_left_is_not_told(books, booked):
    in_tokens(books, booked, 10, 20)
    found = told(books, terms=Terms(money=Money(currency=booked.EUR, exchange=quotes((15, "0.5")))))
    assert found.total.net is None
    assert "no price of NMT in EUR is known for 2026-03-10" in found.total.net_absent


def test_two_assets_and_no_currency_are_not_added(books, booked):
    in_tokens(books, booked, 10)
    found = told(books)
    assert found.total.net is None
    assert found.total.net_absent.startswith("it is of EUR and NMT: netmind config set earnings.currency")


def test_a_currency_is_taken_from_the_books_where_they_have_one(books, booked):
    books.work(booked.START)
    assert told(books).currency == "EUR"
    assert told(books).total.net == eur("-0.02")


def test_no_books_are_nothing_and_not_an_error():
    period = Period(name=PeriodName.BETWEEN, start=MARCH.start, end=MARCH.end)
    found = earnings(None, period, BERLIN, by="device")
    assert (found.total.entries, found.lines, found.total.metered) == (0, (), ())
    assert found.total.energy.absent == "nothing was metered"
    assert "earnings.currency" in found.total.net_absent


def test_books_without_anything_are_nothing_of_the_owners_currency(books, booked):
    found = told(books, terms=Terms(money=Money(currency=booked.EUR)))
    assert found.total.net == eur("0.00")


def test_the_document_is_what_its_schema_describes_and_comes_back_whole(books, booked):
    books.accept(books.work(booked.START), 4)
    found = told(books, by="device", terms=Terms(card="manual 1", warnings=("so",)))
    jsonschema.validate(json.loads(encode(found)), schema("earnings"))
    assert decode(encode(found), Earnings) == found
