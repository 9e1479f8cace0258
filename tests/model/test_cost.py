from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netmind_tui.document import decode, encode
from netmind_tui.model.cost import Cost, Money, Tariff, cost_under, read_fee, read_price
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem


@pytest.mark.parametrize(
    ("text", "amount", "currency"),
    [("0.30", "0.30", None), ("0.30EUR", "0.30", "EUR"), (" 0.30 eur ", "0.30", "EUR"), ("0", "0", None)],
)
def test_a_price_is_exact_and_has_its_currency(text, amount, currency):
    assert read_price(text) == Money(amount=Decimal(amount), currency=currency)


@pytest.mark.parametrize(
    "text", ["abc", "", "-0.3", "NaN", "inf", "1e999", "0,30", ".3", "0.30 EURO", "€0.30", "0.1234567", "٣", "9" * 10]
)
def test_what_is_no_price_is_refused_by_name(text):
    with pytest.raises(Problem, match="--price") as caught:
        read_price(text)
    assert caught.value.code is ExitCode.USAGE


@pytest.mark.parametrize(("text", "fee"), [("0", "0"), ("12.5", "12.5"), ("99.9999 %", "99.9999")])
def test_a_fee_is_a_share_in_per_cent(text, fee):
    assert read_fee(text) == Decimal(fee)


@pytest.mark.parametrize("text", ["100", "-1", "nan", "ten", "", "1e1"])
def test_what_is_no_fee_is_refused_by_name(text):
    with pytest.raises(Problem, match="--fee") as caught:
        read_fee(text)
    assert caught.value.code is ExitCode.USAGE


def tariff(price="0.30", fee="0"):
    return Tariff(price_per_kwh=read_price(f"{price} EUR"), fee_pct=read_fee(fee))


def test_an_hour_costs_power_times_price_and_the_floor_counts_the_fee():
    cost = cost_under(400.0, tariff(fee="20"))
    assert cost.an_hour == Money(amount=Decimal("0.120000"), currency="EUR")
    assert cost.floor_an_hour == Money(amount=Decimal("0.150000"), currency="EUR")


def test_without_a_power_there_is_no_amount_and_the_reason_stays():
    cost = cost_under(None, tariff(), "no meter")
    assert (cost.an_hour, cost.floor_an_hour, cost.unknown) == (None, None, "no meter")


@given(st.integers(0, 10**7), st.decimals(0, 999999999, places=6), st.decimals(0, "99.9999", places=4))
def test_whoever_earns_the_floor_does_not_lose(deciwatts, price, fee):
    cost = cost_under(deciwatts / 10, tariff(f"{price:f}", f"{fee:f}"))
    kept = cost.floor_an_hour.amount * (1 - fee / 100)
    assert kept >= Decimal(deciwatts) / 10 / 1000 * price


@given(st.floats(0, 1e6), st.decimals(0, 999999999, places=6))
def test_money_is_a_plain_string_in_json_and_comes_back_the_same(watts, price):
    cost = cost_under(watts, tariff(f"{price:f}"))
    text = encode(cost).decode()
    assert f'"an_hour":{{"amount":"{cost.an_hour.amount:f}","currency":"EUR"}}' in text
    assert decode(text.encode(), Cost) == cost
