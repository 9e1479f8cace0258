"""The floor: what an hour must bring before the fee, and not a millionth less."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from netmind_tui.ledger.energy.floor import floor_of, floors
from netmind_tui.model.tariff import PriceSlot

START = datetime(2026, 11, 27, 18, 0, tzinfo=UTC)


def test_the_floor_is_power_by_price_over_what_the_fee_leaves():
    assert floor_of(350_000, Decimal("0.30"), Decimal(10)) == Fraction(35, 300)


def test_it_is_rounded_up_so_that_whoever_earns_it_loses_nothing():
    slot = PriceSlot(start=START, end=START + timedelta(minutes=15), price=Decimal("0.30"), currency="EUR")
    (found,) = floors(350_000, [slot], Decimal(10))
    assert (found.per_hour, found.currency) == (Decimal("0.116667"), "EUR")
    assert Fraction(found.per_hour) >= found.exact


def test_where_power_is_paid_for_an_hour_pays_at_less_than_nothing():
    slot = PriceSlot(start=START, end=START + timedelta(minutes=15), price=Decimal("-0.01"), currency="EUR")
    assert floors(100_000, [slot])[0].per_hour == Decimal("-0.001000")


@pytest.mark.parametrize("fee", [100, Decimal("100.5")])
def test_a_fee_that_leaves_nothing_has_no_floor(fee):
    with pytest.raises(ValueError, match="leaves nothing"):
        floor_of(1000, Decimal("0.3"), fee)
