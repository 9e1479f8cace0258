"""A year booked by the real parts comes to what a reckoning apart from them comes to, to the last minor unit."""

from dataclasses import replace

import pytest

from netmind_tui.model.ledger import Account


@pytest.fixture(scope="module")
def year(script):
    return script("ledger_year")


@pytest.mark.parametrize("tariff", ["slots", "bands"])
def test_a_year_with_days_of_23_and_25_hours_and_prices_below_nothing_is_booked_to_the_last_minor_unit(
    year, tmp_path, tariff
):
    found, faults = year.simulated(tmp_path, tariff, 0.004)
    assert faults == []
    assert found.entries > 1000
    assert {asset for _, _, asset in found.sums} == {"EUR", "NMT"}


def test_the_year_has_what_makes_years_hard(year, tmp_path):
    hours = {(end - start).total_seconds() / 3600 for _, start, end in year.days()}
    assert hours == {23, 24, 25}
    path = tmp_path / "slots.csv"
    year.write_slots(path)
    lines = path.read_text().splitlines()[1:]
    assert len(lines) == 365 * 96
    assert sum(",-" in line for line in lines) > 500
    assert len({line.split(",")[0] for line in lines}) == len(lines)  # both hours from 2 to 3 on the longest day


def test_a_minor_unit_too_many_is_noticed(year):
    right = year.Told(entries=1, sums={("gpu:0", Account.CLAIM_OPEN, "EUR"): 100})
    wrong = replace(right, sums={("gpu:0", Account.CLAIM_OPEN, "EUR"): 101})
    assert year.compared(right, right) == []
    assert year.compared(right, wrong) == ["gpu:0 claims:open EUR: 101 booked, 100 reckoned"]
