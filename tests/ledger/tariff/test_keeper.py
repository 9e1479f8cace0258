import os
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netmind_tui.config import Config
from netmind_tui.ledger.currency import Exchange, Quote
from netmind_tui.ledger.tariff import TariffKeeper, TariffTerms
from netmind_tui.ledger.tariff.keeper import terms_of
from netmind_tui.model.cost import read_price
from netmind_tui.model.tariff import PowerPrice, PriceBasis

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
STATIC = read_price("0.30 EUR")
SLOTS = """start,end,price,currency
2026-01-05T12:00Z,2026-01-05T13:00Z,0.10,EUR
2026-01-05T13:15Z,2026-01-05T14:00Z,-0.05,EUR
"""


def keeper(tariff=None, static=STATIC, currency=None, **more):
    return TariffKeeper(
        TariffTerms(tariff=None if tariff is None else str(tariff), static=static, currency=currency), **more
    )


def told(found):
    return [(f"{slot.start:%H:%M}", f"{slot.end:%H:%M}", str(slot.price), slot.basis.value) for slot in found]


@pytest.fixture
def path(tmp_path):
    found = tmp_path / "tariff.csv"
    found.write_text(SLOTS)
    return found


def test_without_a_tariff_the_static_price_holds_and_that_is_said():
    found = keeper()
    assert found.refresh(NOW) is False
    assert told(found.slots(NOW, NOW + HOUR)) == [("12:00", "13:00", "0.30", "static")]
    assert found.words == "static: 0.30 EUR per kWh (electricity.price_per_kwh)"
    assert (found.currency, found.price_at(NOW), found.warnings) == ("EUR", Decimal("0.30"), ())


def test_where_nothing_is_set_no_price_is_known_and_none_is_made_up():
    found = keeper(static=None)
    assert (list(found.slots(NOW, NOW + HOUR)), found.price_at(NOW), found.currency) == ([], None, "")
    assert 'netmind config set electricity.price_per_kwh "0.30 EUR"' in found.words


def test_the_plan_holds_where_it_says_a_price_and_the_static_one_elsewhere(path):
    found = keeper(path)
    assert found.refresh(NOW)
    assert told(found.slots(NOW - HOUR, NOW + 3 * HOUR)) == [
        ("11:00", "12:00", "0.30", "static"),
        ("12:00", "13:00", "0.10", "published"),
        ("13:00", "13:15", "0.30", "static"),
        ("13:15", "14:00", "-0.05", "published"),
        ("14:00", "15:00", "0.30", "static"),
    ]
    assert found.words == f"published: {path}, read 2026-01-05 12:00 UTC"
    assert found.warnings[0].startswith(f"{path}: there is no price from 2026-01-05T13:00Z to 2026-01-05T13:15Z")


def test_without_a_static_price_what_the_plan_does_not_say_is_a_gap(path):
    found = keeper(path, static=None)
    found.refresh(NOW)
    assert told(found.slots(NOW, NOW + 3 * HOUR)) == [
        ("12:00", "13:00", "0.10", "published"),
        ("13:15", "14:00", "-0.05", "published"),
    ]
    assert found.price_at(NOW + HOUR) is None


def test_a_file_is_read_again_when_it_changes_and_not_otherwise(path):
    found = keeper(path)
    assert found.refresh(NOW)
    plan = found.plan
    assert not found.refresh(NOW + HOUR)
    assert found.plan is plan
    path.write_text(SLOTS.replace("0.10", "0.11"))
    os.utime(path, ns=(1, 1))
    assert found.refresh(NOW + 2 * HOUR)
    assert found.price_at(NOW) == Decimal("0.11")


@pytest.mark.parametrize(
    ("text", "why"), [("start,end\n", "there is no column price"), (None, "there is no such file")]
)
def test_a_plan_whose_file_went_bad_is_held_and_then_taken_up_again(path, text, why):
    found = keeper(path)
    found.refresh(NOW)
    path.unlink() if text is None else path.write_text(text)
    assert found.refresh(NOW + HOUR)
    assert told(found.slots(NOW, NOW + HOUR)) == [("12:00", "13:00", "0.10", "held")]
    assert found.words.startswith(f"held: the plan of {path}, read 2026-01-05 12:00 UTC; {path}")
    assert why in found.words
    assert why in found.warnings[0]
    assert not found.refresh(NOW + HOUR)
    path.write_text(SLOTS)
    assert found.refresh(NOW + 2 * HOUR)
    assert found.slot_at(NOW).basis is PriceBasis.PUBLISHED


def test_a_tariff_that_was_never_read_leaves_the_static_price_and_says_why(tmp_path):
    found = keeper(tmp_path / "no.csv")
    assert found.words.endswith("no.csv was not read yet")
    found.refresh(NOW)
    assert found.words.startswith("static: 0.30 EUR per kWh (electricity.price_per_kwh); ")
    assert found.slot_at(NOW).basis is PriceBasis.STATIC
    nothing = keeper(tmp_path / "no.csv", static=None)
    nothing.refresh(NOW)
    assert nothing.words.startswith("not known: ")


def test_over_a_network_an_outage_holds_the_plan_and_then_the_static_price_holds(server, tmp_path):
    server.says(SLOTS, ETag='"1"')
    server.says("down", 503)
    found = keeper(server.url, folder=tmp_path)
    assert found.refresh(NOW)
    assert found.slot_at(NOW).basis is PriceBasis.PUBLISHED
    assert found.refresh(NOW + HOUR)
    assert told(found.slots(NOW, NOW + 3 * HOUR)) == [
        ("12:00", "13:00", "0.10", "held"),
        ("13:00", "13:15", "0.30", "static"),
        ("13:15", "14:00", "-0.05", "held"),
        ("14:00", "15:00", "0.30", "static"),
    ]
    assert found.words == f"held: the plan of {server.url}, read 2026-01-05 12:00 UTC; {server.url}: HTTP 503"
    again = keeper(server.url, folder=tmp_path)
    assert again.slot_at(NOW).basis is PriceBasis.HELD
    assert again.refresh(NOW + HOUR / 2)
    assert (again.slot_at(NOW).basis, len(server.asked)) == (PriceBasis.PUBLISHED, 2)


def test_a_static_price_without_a_currency_has_that_of_the_books_or_of_the_plan(path):
    bare = read_price("0.30")
    assert keeper(static=bare).price_at(NOW) is None
    assert "names no currency" in keeper(static=bare).warnings[0]
    assert keeper(static=bare, currency="CHF").slot_at(NOW).currency == "CHF"
    found = keeper(path, static=bare)
    found.refresh(NOW)
    assert found.slot_at(NOW - HOUR).currency == "EUR"


def test_a_price_is_told_in_another_currency_by_the_prices_of_its_day(path):
    quotes = [
        Quote(on=date(2026, 1, 5), asset="EUR", currency="USD", price=Decimal("1.1")),
        Quote(on=date(2026, 1, 6), asset="EUR", currency="USD", price=Decimal("1.2")),
    ]
    found = keeper(path, exchange=Exchange(quotes))
    found.refresh(NOW)
    assert found.price_at(NOW, "USD") == Decimal("0.11")
    assert found.price_at(NOW + 24 * HOUR, "USD") == Decimal("0.36")
    assert found.price_at(NOW + 1.5 * HOUR, "USD") == Decimal("-0.055")
    assert found.price_at(NOW, "NMT") is None


def test_it_is_a_tariff_to_everybody_who_asks_for_one(path):
    def asks(price: PowerPrice) -> int:
        return len(price.slots(NOW, NOW + HOUR))

    assert asks(keeper(path)) == 1


def test_the_settings_become_its_terms():
    found = terms_of(Config(price_per_kwh="0.30 EUR", tariff="/etc/tariff.toml", currency="CHF"))
    assert found == TariffTerms(tariff="/etc/tariff.toml", static=STATIC, currency="CHF")
    assert terms_of(Config()) == TariffTerms()


@settings(max_examples=40, deadline=None)
@given(st.integers(-300, 300), st.integers(0, 300))
def test_with_a_static_price_every_moment_has_one_price(tmp_path_factory, shift, minutes):
    path = tmp_path_factory.getbasetemp() / "every.csv"
    path.write_text(SLOTS)
    found = keeper(path)
    found.refresh(NOW)
    start = NOW + timedelta(minutes=shift)
    end = start + timedelta(minutes=minutes)
    every = found.slots(start, end)
    assert all(one.end == other.start for one, other in pairwise(every))
    assert [each for slot in every[:1] + every[-1:] for each in (slot.start, slot.end)][::3] == (
        [start, end] if minutes else []
    )


def test_a_price_in_a_token_of_hardly_any_worth_is_told_all_the_same():
    tiny = Quote(on=NOW.date(), asset="TOK", currency="EUR", price=Decimal("0.000000000000000001"))
    found = keeper(static=read_price("300000000 EUR"), exchange=Exchange([tiny]))
    assert found.price_at(NOW, "TOK") == 3 * 10**26
