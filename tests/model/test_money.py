"""Money: what is split comes together again, what is converted is off by half a minor unit at most, nothing is lost."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netmind_tui.model.money import (
    MOST_MINOR,
    Amount,
    Asset,
    AssetKind,
    amount_of,
    converted,
    decimal_text,
    joined,
    limbs,
    split,
    told,
    whole,
)

EUR = Asset(code="EUR", exponent=2)
NMT = Asset(code="NMT", exponent=18, kind=AssetKind.TOKEN)
MINORS = st.integers(-MOST_MINOR, MOST_MINOR)


@given(MINORS, st.lists(st.integers(0, 10**12), min_size=1, max_size=9).filter(any))
def test_parts_come_to_the_whole_and_none_is_a_unit_off_its_share(minor, weights):
    parts = split(minor, weights)
    assert sum(parts) == minor
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - Fraction(minor * weight, sum(weights))) < 1


def test_the_first_of_equals_gets_what_is_left():
    assert split(10, [1, 1, 1]) == (4, 3, 3)
    assert split(-10, [1, 1, 1]) == (-3, -3, -4)


@pytest.mark.parametrize("weights", [[0, 0], [2, -1]])
def test_weights_that_share_nothing_are_refused(weights):
    with pytest.raises(ValueError, match="weights are 0 or more"):
        split(10, weights)


@given(st.integers(-(10**15), 10**15), st.fractions(Fraction(1, 10**6), 10**6))
def test_a_conversion_is_off_by_half_a_minor_unit_at_most(minor, price):
    amount = Amount(minor=minor, asset=NMT)
    found = converted(amount, price, EUR)
    assert found.asset is EUR
    assert abs(found.exact - amount.exact * price) <= Fraction(1, 200)
    assert converted(Amount(minor=-minor, asset=NMT), price, EUR).minor == -found.minor


@pytest.mark.parametrize("price", [Fraction(0), Fraction(-1)])
def test_a_price_is_above_nothing(price):
    with pytest.raises(ValueError, match="a price is above 0"):
        converted(Amount(minor=1, asset=NMT), price, EUR)


@given(st.lists(MINORS, max_size=9))
def test_parts_of_amounts_may_be_summed_apart(minors):
    pairs = [limbs(minor) for minor in minors]
    assert all(0 <= low < 10**9 for _, low in pairs)
    assert joined(sum(high for high, _ in pairs), sum(low for _, low in pairs)) == sum(minors)


@given(MINORS, st.sampled_from([EUR, NMT, Asset(code="JPY", exponent=0), Asset(code="KWD", exponent=3)]))
def test_what_is_written_is_read_again(minor, asset):
    amount = Amount(minor=minor, asset=asset)
    assert amount_of(told(amount).amount, asset) == amount
    assert str(amount) == f"{decimal_text(minor, asset.exponent)} {asset.code}"


@given(st.fractions(-(10**6), 10**6), st.integers(0, 18))
def test_whole_units_and_what_is_left_are_all_of_it(exact, exponent):
    minor, rest = whole(exact, exponent)
    assert minor + rest == exact * 10**exponent
    assert 0 <= rest < 1


@pytest.mark.parametrize("text", ["1.005", "1e3", "NaN", "1,5", "", ".5", "1.", "+1", " 1", "١"])
def test_what_is_no_amount_of_it_is_refused(text):
    with pytest.raises(ValueError, match=r"is no amount|more than the 2 decimals"):
        amount_of(text, EUR)


def test_zeros_beyond_its_decimals_change_nothing():
    assert amount_of("12.0500", EUR) == Amount(minor=1205, asset=EUR)


def test_an_amount_is_bounded():
    with pytest.raises(ValueError, match="cannot be kept"):
        Amount(minor=10**40, asset=EUR)


@pytest.mark.parametrize(("code", "exponent"), [("eur", 2), ("E", 2), ("EUR", 19), ("EUR", -1)])
def test_what_is_no_asset_is_refused(code, exponent):
    with pytest.raises(ValueError, match=r"no code of an asset|decimals"):
        Asset(code=code, exponent=exponent)
