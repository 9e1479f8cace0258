from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netmind_tui.ledger.currency import Exchange, Quote
from netmind_tui.model.problem import Problem

DAY = date(2026, 11, 20)


def quote(asset, currency, price, on=DAY, place="line 2"):
    return Quote(on=on, asset=asset, currency=currency, price=Decimal(price), source="bank", place=place)


def test_a_price_holds_from_its_day_until_the_next_one():
    exchange = Exchange([quote("NMT", "EUR", "0.40"), quote("NMT", "EUR", "0.50", DAY + timedelta(days=3))])
    assert exchange.find("NMT", "EUR", DAY - timedelta(days=1)).price is None
    assert exchange.find("NMT", "EUR", DAY + timedelta(days=2)).price == Fraction(2, 5)
    found = exchange.find("NMT", "EUR", DAY + timedelta(days=900))
    assert (found.price, found.on) == (Fraction(1, 2), DAY + timedelta(days=3))


def test_a_price_may_stand_the_other_way_about_and_stays_exact():
    found = Exchange([quote("EUR", "JPY", "160.3")]).find("JPY", "EUR", DAY)
    assert found.price == Fraction(10, 1603)
    assert found.words == "1 EUR = 160.3 JPY (2026-11-20, bank)"


def test_a_price_goes_by_way_of_one_other_asset_and_is_as_old_as_the_older_of_the_two():
    old = DAY - timedelta(days=5)
    exchange = Exchange([quote("NMT", "USD", "0.44"), quote("EUR", "USD", "1.10", old)])
    found = exchange.find("NMT", "EUR", DAY)
    assert (found.price, found.on) == (Fraction(2, 5), old)
    assert found.words == "1 NMT = 0.44 USD (2026-11-20, bank) × 1 EUR = 1.10 USD (2026-11-15, bank)"


def test_two_steps_between_are_one_too_many():
    exchange = Exchange([quote("NMT", "USD", "1"), quote("USD", "EUR", "1"), quote("EUR", "JPY", "1")])
    assert exchange.find("NMT", "JPY", DAY).price is None


def test_the_newest_way_wins_and_the_straight_one_among_those_of_a_day():
    exchange = Exchange(
        [
            quote("NMT", "EUR", "0.10", DAY - timedelta(days=30)),
            quote("NMT", "USD", "0.44"),
            quote("USD", "EUR", "0.90"),
            quote("EUR", "NMT", "5", DAY - timedelta(days=1)),
        ]
    )
    assert exchange.find("NMT", "EUR", DAY - timedelta(days=1)).price == Fraction(1, 5)
    assert exchange.find("NMT", "EUR", DAY).price == Fraction(396, 1000)
    straight = Exchange([quote("NMT", "EUR", "0.3"), quote("EUR", "NMT", "4"), quote("NMT", "USD", "1")])
    assert straight.find("NMT", "EUR", DAY).price == Fraction(3, 10)


def test_where_no_price_is_known_it_says_so_and_makes_none_up():
    found = Exchange([quote("NMT", "USD", "1")]).find("NMT", "EUR", DAY)
    assert (found.price, found.absent) == (None, "no price of NMT in EUR is known for 2026-11-20 or before")


def test_an_asset_is_worth_itself_on_any_day():
    assert Exchange().find("EUR", "EUR", date.min).price == 1


def test_two_prices_of_one_day_that_differ_are_refused_with_both_places():
    with pytest.raises(Problem, match=r"line 9: NMT in EUR of 2026-11-20 is 0.41 here, and 0.40 in line 2"):
        Exchange([quote("NMT", "EUR", "0.40"), quote("NMT", "EUR", "0.41", place="line 9")])
    assert len(Exchange([quote("NMT", "EUR", "0.40"), quote("NMT", "EUR", "0.400", place="line 9")])) == 1


prices = st.decimals(min_value="0.000001", max_value="999999", places=6)
quotes = st.lists(
    st.builds(quote, st.sampled_from("AB"), st.sampled_from("CD"), prices, st.dates(DAY, DAY + timedelta(days=4))),
    max_size=12,
    unique_by=lambda each: (each.asset, each.currency, each.on),
)


@settings(max_examples=60, deadline=None)
@given(quotes, st.sampled_from("ABCD"), st.sampled_from("ABCD"), st.dates(DAY, DAY + timedelta(days=4)))
def test_there_and_back_again_is_what_it_was(every, one, other, on):
    exchange = Exchange(every)
    there, back = exchange.find(one, other, on), exchange.find(other, one, on)
    assert (there.price is None) is (back.price is None)
    if there.price is not None and back.price is not None:
        assert there.price * back.price == 1
        assert there.on is None or there.on <= on
