"""What guards and the status are told of an hour of work: to the digit, or why nobody can say."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from netmind_tui.ledger.energy.draw import Draw
from netmind_tui.model.device import Device, DeviceKind
from netmind_tui.model.metering import Activity, Sum
from netmind_tui.model.policy import Guard, GuardKind
from netmind_tui.node.money.hour import hour_of, rounded
from netmind_tui.node.money.quotes import Quotes
from netmind_tui.node.money.rulebook import Rulebooks
from netmind_tui.node.sense import money

NOW = datetime(2026, 11, 27, 18, 7, tzinfo=UTC)
CPU = Device(id="cpu", kind=DeviceKind.CPU, name="AMD EPYC 9654")
DRAWS = {"gpu:0": Draw(power_mw=400_000, known_from="metered")}
SLOTS = """start,end,price,currency
2026-11-27T18:00:00Z,2026-11-27T18:15:00Z,0.50,EUR
2026-11-27T18:15:00Z,2026-11-27T18:30:00Z,-0.10,EUR
"""


class Today:
    """What was metered today: so many joules over so long, by device and activity."""

    def __init__(self):
        self.sums = {}

    def __call__(self, device, activity):
        return self.sums.get((device, activity), Sum())


@pytest.fixture
def today():
    return Today()


@pytest.fixture
def quotes(owner, worker, today):
    def make(*workers, refreshed=True):
        books = Rulebooks()
        book = books.look()
        made = Quotes(books, today)
        if refreshed and book is not None:
            book.tariff.refresh(NOW)
            made.asked = book.tariff
        made.see(workers or (worker(),))
        made.learn(DRAWS)
        return made

    return make


def test_an_hour_is_worth_the_rate_less_the_fee_less_the_power_under_load(owner, worker):
    hour = hour_of(replace(worker(), draw=DRAWS["gpu:0"]), owner.rulebook(), NOW, "EUR")
    assert hour.gross == Fraction("0.20")
    assert hour.cost == Fraction("0.12")
    assert hour.floor == Fraction("0.12") / Fraction("0.9")
    assert hour.net == Fraction("0.18") - Fraction("0.12")
    assert rounded(hour.floor, up=True) == Decimal("0.133334")


def test_the_guards_see_the_price_and_the_profit_of_each_device(quotes, worker):
    made = quotes(worker(), worker(CPU))
    price = money.price(Guard(kind=GuardKind.PRICE, amount="0.35", currency="EUR"), made, NOW)
    assert (price.value, price.words, price.source) == (Decimal("0.30"), "0.30 EUR per kWh", "tariff, static")
    card, cpu = money.profit(Guard(kind=GuardKind.PROFIT, amount="0", currency="EUR"), made, ["gpu:0", "cpu"], NOW)
    assert (card.value, card.words) == (Decimal("0.060000"), "0.060000 EUR per hour")
    assert cpu.unknown.startswith("what it draws under load is not known")


def test_money_of_another_currency_is_converted_by_the_price_of_the_day(owner, quotes):
    owner.prices("date,asset,currency,price,source\n2026-11-20,EUR,USD,1.10,bank\n")
    made = quotes()
    assert made.price_at(NOW, "USD").amount == Decimal("0.33")
    assert made.profit_at("gpu:0", NOW, "USD").amount == Decimal("0.066000")


def test_without_a_price_of_the_currency_nobody_can_say(quotes):
    found = quotes().price_at(NOW, "USD")
    assert (found.amount, found.unknown) == (None, "no price of EUR in USD is known")
    assert "no price of EUR in USD" in quotes().profit_at("gpu:0", NOW, "USD").unknown


def test_a_token_is_worth_what_the_owner_says_it_costs(owner, quotes):
    owner.rates('[[rate]]\nper = "device-hour"\namount = "2 NMT"\nfrom = 2026-11-01\n')
    assert "no price of NMT in EUR" in quotes().profit_at("gpu:0", NOW, "EUR").unknown
    owner.prices("date,asset,currency,price,source\n2026-11-20,NMT,EUR,0.15,exchange\n")
    assert quotes().profit_at("gpu:0", NOW, "EUR").amount == Decimal("0.150000")  # 0.30 less 10 %, less 0.12


def test_a_profit_goes_with_the_slots_of_the_tariff_and_a_negative_price_raises_it(owner, quotes):
    owner.tariff(SLOTS)
    made = quotes()
    assert made.profit_at("gpu:0", NOW, "EUR").amount == Decimal("0.000000")  # 0.20 less 0.4 kW at 0.50
    assert made.profit_at("gpu:0", NOW + timedelta(minutes=8), "EUR").amount == Decimal("0.240000")
    assert made.price_at(NOW, "EUR").source == "tariff, published"
    assert made.price_at(NOW + timedelta(hours=1), "EUR").amount is None


def test_what_was_reckoned_a_moment_ago_holds_no_longer_than_its_price(owner, quotes):
    owner.tariff(SLOTS)
    made = quotes()
    last = datetime(2026, 11, 27, 18, 14, 59, tzinfo=UTC)
    assert made.profit_at("gpu:0", last, "EUR").amount == Decimal("0.000000")
    assert made.profit_at("gpu:0", last + timedelta(seconds=1), "EUR").amount == Decimal("0.240000")


def test_a_tariff_that_was_not_read_yet_is_only_not_known_yet(owner, quotes):
    owner.tariff(SLOTS)
    made = quotes(refreshed=False)
    found = money.price(Guard(kind=GuardKind.PRICE, amount="0.35", currency="EUR"), made, NOW)
    assert (found.unknown, found.is_passing) == ("the tariff was not read yet", True)


def test_without_a_tariff_a_rate_or_a_right_file_the_reason_is_told(owner, quotes):
    owner.config("")
    assert quotes().price_at(NOW, "EUR").unknown == "no tariff is set"
    owner.rates("")
    assert "no rate is known" in quotes().profit_at("gpu:0", NOW, "EUR").unknown
    owner.rates("no toml [")
    assert "rates.toml" in quotes().profit_at("gpu:0", NOW, "EUR").unknown


def test_what_is_paid_by_the_job_has_no_profit_an_hour(owner, quotes):
    owner.rates('[[rate]]\nper = "job"\namount = "0.01 EUR"\nfrom = 2026-11-01\n')
    assert "by the job" in quotes().profit_at("gpu:0", NOW, "EUR").unknown


def test_a_card_that_never_worked_is_taken_to_draw_its_limit(quotes, worker):
    made = quotes(replace(worker(), device=replace(worker().device, power_limit_w=700.0)))
    made.learn({})
    (worth,) = made.worth(NOW)
    assert (worth.power_w, worth.power_from, worth.cost) == (700.0, "limit", "0.210000")


def test_the_status_tells_the_hour_of_each_device_or_why_not(quotes, worker):
    first, second = quotes(worker(), worker(CPU)).worth(NOW)
    assert (first.cost, first.floor, first.gross, first.net) == ("0.120000", "0.133334", "0.200000", "0.060000")
    assert (second.gross, second.net) == ("0.200000", None)
    assert "not known" in second.unknown


def test_the_power_of_today_is_what_was_read_and_else_what_it_draws(quotes, today):
    made = quotes()
    assert made.used_today_j(NOW) == 0
    today.sums["gpu:0", Activity.WORK] = Sum(duration_ms=10_000, energy_ms=6_000, energy_j=2400.0)
    today.sums["gpu:0", Activity.ENDING] = Sum(duration_ms=1_000, energy_ms=1_000, energy_j=300.0)
    assert made.used_today_j(NOW) == 2700 + 4 * 400


def test_a_device_whose_power_nobody_knows_makes_the_energy_of_today_unknown(quotes, worker, today):
    made = quotes(worker(CPU))
    today.sums["cpu", Activity.WORK] = Sum(duration_ms=10_000)
    assert made.used_today_j(NOW) is None


def test_a_forecast_has_the_prices_to_come_and_none_where_nothing_is_set(owner, quotes):
    owner.tariff(SLOTS)
    prices = quotes().prices("EUR")
    assert prices(NOW + timedelta(minutes=8)) == Decimal("-0.10")
    assert prices(NOW + timedelta(hours=2)) is None
    owner.config("")
    assert quotes().prices("EUR") is None


def test_the_price_of_now_says_until_when_and_how_it_is_known(owner, quotes):
    power, unknown = quotes().power_now(NOW)
    assert (power.price_per_kwh, power.basis, power.until, unknown) == ("0.30", "static", None, None)
    owner.tariff(SLOTS)
    power, _ = quotes().power_now(NOW)
    assert power.until == datetime(2026, 11, 27, 18, 15, tzinfo=UTC)
    power, unknown = quotes().power_now(NOW + timedelta(days=1))
    assert power is None
    assert unknown
