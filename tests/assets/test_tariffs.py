"""The examples of ``assets/tariffs.md`` are in order, and come to what stands beside them."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from netmind_tui.ledger.currency import Exchange
from netmind_tui.ledger.prices import quotes_in
from netmind_tui.ledger.tariff import tariff_of
from netmind_tui.ledger.tariff.bands_file import _BAND, _MEMBERS, _SEASON
from netmind_tui.model.tariff import PriceBasis

TEXT = (Path(__file__).parents[2] / "assets/tariffs.md").read_text()
(BANDS,) = re.findall(r"```toml\n(.*?)```", TEXT, flags=re.DOTALL)
SLOTS, PRICES = re.findall(r"```csv\n(.*?)```", TEXT, flags=re.DOTALL)
OWN, OCTOPUS = re.findall(r"```json\n(.*?)```", TEXT, flags=re.DOTALL)


def prices(text, start, hours=24):
    begin = datetime.fromisoformat(start).replace(tzinfo=UTC)
    found = tariff_of(text.encode(), "example").slots(begin, begin + timedelta(hours=hours))
    return [(f"{slot.start:%H:%M}", str(slot.price)) for slot in found]


def test_the_bands_come_to_a_winter_day_of_four_prices():
    assert prices(BANDS, "2026-01-05T00:00") == [
        ("00:00", "0.2199"),
        ("05:00", "0.3299"),
        ("16:00", "0.4150"),
        ("19:00", "0.3299"),
        ("21:00", "0.2199"),
    ]


@pytest.mark.parametrize("day", ["2026-07-06", "2026-12-25", "2026-04-03", "2026-01-04"])
def test_summer_holidays_and_weekends_have_no_dear_evening(day):
    assert "0.4150" not in [price for _, price in prices(BANDS, f"{day}T00:00")]


def test_every_key_of_a_tariff_is_in_the_example():
    for key in (*_MEMBERS, *_BAND, *_SEASON):
        assert re.search(rf"^(\[\[)?{key}\b", BANDS, flags=re.MULTILINE), key


def test_the_slots_cover_the_hour_that_comes_twice():
    assert prices(SLOTS, "2026-10-24T22:00") == [("22:00", "0.2114"), ("00:00", "-0.0120"), ("01:00", "0.0876")]
    assert tariff_of(SLOTS.encode(), "example").warnings == ()


def test_prices_of_a_megawatt_hour_and_of_octopus_become_those_of_a_kilowatt_hour():
    assert prices(OWN, "2026-10-25T00:00") == [("00:00", "0.08437"), ("00:15", "-0.50001")]
    assert prices(OCTOPUS, "2026-01-05T00:00") == [("00:00", "0.19845"), ("00:30", "-0.0315")]


def test_a_token_is_worth_what_the_text_says():
    found = Exchange(quotes_in(PRICES.encode(), "prices.csv")).find("NMT", "EUR", date(2026, 11, 23))
    assert found.price == Fraction(Decimal("0.40"))


def test_every_way_in_which_a_price_is_known_is_explained():
    for basis in PriceBasis:
        assert f"| `{basis}` |" in TEXT
