"""Energy costs what its slots cost, to the last digit; what has no price has no cost, and says so."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netmind_tui.ledger.energy import cost_of
from netmind_tui.ledger.energy.cost import UNPRICED
from netmind_tui.model.ledger import Account, Usage
from netmind_tui.model.metering import Activity, EnergyMethod
from netmind_tui.model.money import Asset
from netmind_tui.model.tariff import PriceBasis, PriceSlot

START = datetime(2026, 11, 27, 18, 0, tzinfo=UTC)
END = START + timedelta(minutes=15)
# A kilowatt-hour of a card, of which a quarter idle, and a tenth of one of the host.
USED = Usage(
    activity=Activity.WORK,
    duration_ms=900_000,
    energy_ms=900_000,
    energy_mj=3_600_000_000,
    idle_mj=900_000_000,
    host_mj=360_000_000,
    method=EnergyMethod.NVML_ENERGY,
)


def asset_of(code):
    return Asset(code=code, exponent=2)


def slot(price, start=START, end=END, currency="EUR", **more):
    return PriceSlot(start=start, end=end, price=Decimal(price), currency=currency, **more)


def cost(usage=USED, slots=(), start=START, end=END):
    return cost_of(usage, start, end, slots, asset_of)


def by_account(found):
    return {(move.debit, move.asset.code): move.exact for move in found.moves}


def test_each_part_of_the_energy_has_its_account():
    found = cost(slots=[slot("0.30", source="plan.toml")])
    assert by_account(found) == {
        (Account.ENERGY_MARGINAL, "EUR"): Fraction(225, 1000),
        (Account.ENERGY_IDLE, "EUR"): Fraction(75, 1000),
        (Account.ENERGY_HOST, "EUR"): Fraction(30, 1000),
    }
    assert {move.credit for move in found.moves} == {Account.ENERGY_OWED}
    assert found.note == {"price": "0.30 EUR per kWh (plan.toml)"}
    assert found.unpriced_ms == 0


def test_an_interval_over_several_slots_is_spread_evenly_over_its_time():
    third = START + timedelta(minutes=5)
    found = cost(slots=[slot("0.30", end=third), slot("0.60", third)])
    assert by_account(found)[Account.ENERGY_MARGINAL, "EUR"] == Fraction(3, 4) * (Fraction(1, 10) + Fraction(4, 10))
    assert found.note["price"] == "0.30 EUR per kWh; 0.60 EUR per kWh"


def test_a_negative_price_gives_money_back_exactly():
    assert by_account(cost(slots=[slot("-0.05")]))[Account.ENERGY_MARGINAL, "EUR"] == Fraction(-375, 10_000)


def test_a_price_of_nothing_moves_nothing_and_is_no_lack_of_one():
    found = cost(slots=[slot("0")])
    assert (found.moves, found.note) == ((), {"price": "0 EUR per kWh"})


def test_without_a_price_nothing_moves_and_the_entry_says_so():
    found = cost()
    assert (found.moves, found.unpriced_ms, found.note) == ((), 900_000, {"unpriced": UNPRICED})


def test_a_gap_in_the_plan_leaves_its_part_unpriced():
    found = cost(slots=[slot("0.30", START + timedelta(minutes=5))])
    assert by_account(found)[Account.ENERGY_MARGINAL, "EUR"] == Fraction(150, 1000)
    assert (found.unpriced_ms, found.note["unpriced"], found.note["unpriced_s"]) == (300_000, UNPRICED, "300")


def test_energy_that_is_not_known_is_not_unpriced():
    unknown = Usage(activity=Activity.WORK, duration_ms=900_000)
    assert cost(unknown) == cost(unknown, [slot("0.30")])
    assert cost(unknown).note == {}


def test_slots_of_two_currencies_are_two_amounts_and_never_one():
    half = START + timedelta(minutes=7, seconds=30)
    held = slot("0.40", half, currency="GBP", basis=PriceBasis.HELD, source="octopus")
    found = cost(slots=[slot("0.30", end=half), held])
    assert by_account(found)[Account.ENERGY_IDLE, "EUR"] == Fraction(375, 10_000)
    assert by_account(found)[Account.ENERGY_IDLE, "GBP"] == Fraction(5, 100)
    assert found.note["price"].endswith("0.40 GBP per kWh (octopus, held)")


@pytest.mark.parametrize("end", [START, START - timedelta(minutes=3)])
def test_where_a_clock_was_set_the_price_of_the_beginning_holds(end):
    found = cost(slots=[slot("0.10", START - timedelta(hours=1), START), slot("0.30")], end=end)
    assert by_account(found)[Account.ENERGY_MARGINAL, "EUR"] == Fraction(225, 1000)


@settings(max_examples=60)
@given(
    st.integers(1, 900_000),
    st.lists(st.integers(0, 900_000), min_size=1, max_size=6, unique=True),
    st.integers(-(10**6), 10**6),
    st.integers(0, 10**12),
)
def test_however_a_time_is_cut_into_slots_of_one_price_its_cost_is_the_same(length_ms, cuts, micro, energy_mj):
    end = START + timedelta(milliseconds=length_ms)
    price = Decimal(micro) / 10**6
    edges = sorted({0, length_ms, *(each for each in cuts if each < length_ms)})
    moments = [START + timedelta(milliseconds=each) for each in edges]
    slots = [slot(price, begin, stop) for begin, stop in pairwise(moments)]
    usage = Usage(activity=Activity.READY, duration_ms=length_ms, energy_mj=energy_mj, idle_mj=energy_mj)
    found = cost(usage, slots, end=end)
    whole = Fraction(energy_mj, 3_600_000_000) * Fraction(price)
    assert sum(move.exact for move in found.moves) == whole
    assert found.unpriced_ms == 0
