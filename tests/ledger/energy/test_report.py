"""A period's energy as the books have it: the sums of what is booked, told by device or by day."""

from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from netmind_tui.ledger.energy import PowerBook
from netmind_tui.ledger.energy.report import Terms, energy
from netmind_tui.ledger.reader import Reader
from netmind_tui.model.ledger import Account
from netmind_tui.model.metering import Activity
from netmind_tui.model.money import AmountText
from netmind_tui.model.period import Period, PeriodName, period_of
from netmind_tui.model.tariff import PriceSlot

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
UTC_ZONE = ZoneInfo("UTC")
MONTH = period_of(PeriodName.MONTH, NOW, UTC_ZONE)
QUARTER = timedelta(minutes=15)


class TwoPrices:
    """Cheap for six quarters of an hour, then dear."""

    currency = "EUR"

    def slots(self, start, end):
        return [
            PriceSlot(
                start=start + QUARTER * number,
                end=start + QUARTER * (number + 1),
                price=Decimal("0.10") if number < 6 else Decimal("0.40"),
                currency="EUR",
            )
            for number in range((end - start) // QUARTER)
        ]


@pytest.fixture
def told(books):
    def ask(power=None, *, by="device", now=NOW, **more):
        with closing(Reader(books.path)) as reader:
            return energy(reader, MONTH, UTC_ZONE, now, Terms(power=power or PowerBook(), **more), by=by)

    return ask


def test_without_books_or_with_empty_ones_everything_is_nothing(told):
    nowhere = energy(None, MONTH, UTC_ZONE, NOW, Terms(power=PowerBook()))
    assert nowhere == told()
    assert (nowhere.total.energy.full_kwh, nowhere.lines, nowhere.warnings) == (None, (), ())


def test_each_device_has_its_line_and_the_total_is_their_sum(books, booked, told):
    whom = booked.subject("gpu:1")
    books.work(moves=[booked.energy("0.02"), booked.energy("0.01", Account.ENERGY_IDLE)])
    books.work(whom=whom, moves=[booked.energy("0.04"), booked.energy("0.005", Account.ENERGY_HOST)])
    ready = booked.usage(Activity.READY, energy_mj=50 * 900_000, idle_mj=50 * 900_000)
    books.work(at=booked.START + QUARTER, whom=whom, moves=[booked.energy("0.03", Account.ENERGY_IDLE)], used=ready)
    found = told()
    assert [(each.device, each.work_hours, each.ready_hours) for each in found.lines] == [
        ("gpu:0", 0.25, 0.0),
        ("gpu:1", 0.25, 0.25),
    ]
    # 250 W above idle for a quarter of an hour, and 300 W in all; then 50 W.
    assert [each.energy.marginal_kwh for each in found.lines] == [0.0625, 0.0625]
    assert [each.energy.full_kwh for each in found.lines] == [0.075, 0.0875]
    assert found.total.energy.full_kwh == pytest.approx(0.1625)
    assert found.total.cost == (AmountText(asset="EUR", amount="0.06"),)
    assert found.total.cost_full == (AmountText(asset="EUR", amount="0.10"),)
    assert [each.energy.method for each in found.lines] == ["nvml_energy", "nvml_energy"]


def test_each_day_with_anything_metered_has_its_line(books, booked, told):
    for days in (0, 0, 2):
        books.work(at=booked.START + timedelta(days=days, hours=days + 1))
    lines = told(by="day").lines
    assert [(str(each.day), each.work_hours) for each in lines] == [("2026-03-01", 0.5), ("2026-03-03", 0.25)]
    assert sum(each.energy.full_kwh for each in lines) == pytest.approx(0.225)


def test_what_had_no_price_is_said(books, told):
    books.work(moves=[], unpriced="no price of power is known")
    books.work()
    assert told().total.unpriced_pct == 50.0


def test_work_that_was_booked_without_a_baseline_is_said_whatever_is_known_by_now(books, booked, told, baseline):
    for name in ("gpu:0", "gpu:1"):
        books.work(whom=booked.subject(name), used=booked.usage(idle_mj=0))
    book = PowerBook(baselines=[baseline(50.0, uuid="GPU-1", device="gpu:1", made_at=NOW - timedelta(days=3))])
    found = told(book)
    assert [(each.device, each.origin, each.watts, each.age_days) for each in found.idle] == [
        ("gpu:0", "unknown", None, None),
        ("gpu:1", "calibrated", 50.0, 3.0),
    ]
    words = "what it drew idle was not known, and all it drew counts as the work's"
    assert found.warnings == (f"gpu:0: {words}: netmind energy calibrate", f"gpu:1: {words}; from now on it is")


def test_work_that_was_booked_with_a_baseline_is_not_warned_of_where_that_is_gone(books, told):
    books.work()
    found = told()
    assert (found.idle[0].origin, found.warnings) == ("unknown", ())


def test_the_hosts_share_is_told_where_the_device_tells_nothing(books, booked, told):
    used = booked.usage(energy_ms=0, energy_mj=0, idle_mj=0, uncertain_mj=0, host_mj=36_000_000)
    books.work(used=used, moves=[booked.energy("0.03", Account.ENERGY_HOST)])
    total = told().total
    assert (total.energy.host_kwh, total.energy.full_kwh) == (0.01, None)
    assert total.cost == (AmountText(asset="EUR", amount="0.03"),)


def test_a_period_of_thousands_of_years_has_the_days_that_are_booked(books):
    books.work()
    ages = Period(name=PeriodName.BETWEEN, start=datetime(1, 1, 3, tzinfo=UTC), end=datetime(9999, 12, 29, tzinfo=UTC))
    with closing(Reader(books.path)) as reader:
        found = energy(reader, ages, UTC_ZONE, NOW, Terms(power=PowerBook()), by="day")
    assert [each.work_hours for each in found.lines] == [0.25]


def test_the_floor_of_the_day_ahead_is_of_what_work_drew_slot_by_slot(books, told):
    books.work()
    floors = told(tariff=TwoPrices(), fee_pct=Decimal(50)).floors
    assert [(each.device, each.power_w, each.start, each.price_per_kwh, each.per_hour) for each in floors] == [
        ("gpu:0", 300.0, NOW, "0.10", "0.060000"),
        ("gpu:0", 300.0, NOW + 6 * QUARTER, "0.40", "0.240000"),
    ]
    assert floors[-1].end == NOW + timedelta(days=1)


def test_the_floor_is_after_what_the_card_keeps_of_that_device_and_there_is_none_where_it_keeps_all(
    books, booked, told
):
    books.work()
    books.work(whom=booked.subject("gpu:1"))

    def kept(device, uuid, power_mw):
        assert (uuid, power_mw) == (f"GPU-{device[-1]}", 300_000)
        return Decimal(75 if device == "gpu:0" else 100)

    floors = told(tariff=TwoPrices(), fee_pct=Decimal(50), kept_pct=kept).floors
    assert [(each.device, each.per_hour) for each in floors] == [("gpu:0", "0.120000"), ("gpu:0", "0.480000")]


def test_a_device_of_unknown_power_has_no_floor_until_its_owner_says_what_it_draws(books, booked, told):
    books.work(used=booked.usage(energy_ms=0, energy_mj=0, idle_mj=0, uncertain_mj=0), moves=[])
    assert told(tariff=TwoPrices()).floors == ()
    assert {each.power_w for each in told(PowerBook({"gpu:0": 120.0}), tariff=TwoPrices()).floors} == {120.0}
