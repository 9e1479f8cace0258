from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netmind_tui.ledger.tariff.cheap import average, cheapest
from netmind_tui.model.tariff import PriceSlot

START = datetime(2026, 1, 5, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def slots(*parts, currency="EUR"):
    found, at = [], START
    for minutes, price in parts:
        if price is not None:
            found.append(PriceSlot(start=at, end=at + minutes * MINUTE, price=Decimal(price), currency=currency))
        at += minutes * MINUTE
    return found


def test_the_average_is_by_the_length_of_slots():
    assert average(slots((60, "0.1"), (180, "0.3"))) == Fraction(1, 4)


def test_there_is_no_average_of_nothing_or_of_two_currencies():
    assert average([]) is None
    assert average([*slots((60, "1")), *slots((60, "1"), currency="USD")]) is None


def test_the_cheapest_time_may_begin_in_the_middle_of_a_slot():
    found = cheapest(slots((120, "0.3"), (30, "0.1"), (120, "0.2")), 60 * MINUTE)
    assert (found.start, found.average) == (START + 120 * MINUTE, Fraction(15, 100))
    found = cheapest(slots((120, "0.2"), (30, "0.1"), (120, "0.3")), 60 * MINUTE)
    assert (found.start, found.end) == (START + 90 * MINUTE, START + 150 * MINUTE)


def test_of_equals_the_earliest_is_told():
    assert cheapest(slots((300, "0.2")), 60 * MINUTE).start == START


@pytest.mark.parametrize("parts", [[], [(59, "1")], [(30, "1"), (1, None), (59, "1")]])
def test_a_time_with_a_gap_in_it_is_none(parts):
    assert cheapest(slots(*parts), 60 * MINUTE) is None


quarters = st.lists(
    st.tuples(
        st.sampled_from([15, 30, 60]), st.none() | st.integers(-20, 300).map(lambda price: str(Decimal(price) / 1000))
    ),
    max_size=14,
)


@settings(max_examples=40, deadline=None)
@given(quarters, st.sampled_from([15, 45, 60, 240]))
def test_no_other_time_is_cheaper(parts, minutes):
    every = slots(*parts)
    price = {
        slot.start + number * 5 * MINUTE: Fraction(slot.price)
        for slot in every
        for number in range((slot.end - slot.start) // (5 * MINUTE))
    }
    windows = [[begin + step * 5 * MINUTE for step in range(minutes // 5)] for begin in price]
    sums = [sum(price[at] for at in each) / len(each) for each in windows if all(at in price for at in each)]
    found = cheapest(every, minutes * MINUTE)
    assert (found.average if found else None) == (min(sums) if sums else None)
