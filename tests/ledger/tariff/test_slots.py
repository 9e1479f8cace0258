import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netmind_tui.ledger.tariff import tariff_of
from netmind_tui.ledger.tariff.plan import Row, listed
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

START = datetime(2026, 1, 5, tzinfo=UTC)
HEAD = "start,end,price,currency\n"


def rate(pence, start, end, **more):
    return {"value_exc_vat": 1, "value_inc_vat": pence, "valid_from": start, "valid_to": end} | more


def octopus(*rates):
    return json.dumps({"count": len(rates), "next": None, "previous": None, "results": rates})


def slots(price="0.3", **more):
    return json.dumps(
        {"currency": "EUR", "slots": [{"start": "2026-01-05T00:00Z", "end": "2026-01-05T01:00Z", "price": price}]}
        | more
    )


def plan(text, currency=None):
    return tariff_of(text.encode(), "slots", currency)


def all_of(found):
    return [
        (f"{slot.start:%H:%M}", f"{slot.end:%H:%M}", str(slot.price))
        for slot in found.slots(START, START + timedelta(days=1))
    ]


def fault(text, currency=None):
    with pytest.raises(Problem) as refused:
        plan(text, currency)
    assert refused.value.code is ExitCode.USAGE
    assert refused.value.sentence.startswith("slots")
    assert len(refused.value.sentence) < 300
    return refused.value.sentence.removeprefix("slots: ")


@pytest.mark.parametrize("minutes", [15, 30, 60])
def test_slots_of_any_length_are_read_in_any_order_with_prices_below_nothing(minutes):
    lines = [
        f"{START + timedelta(minutes=minutes * number):%Y-%m-%dT%H:%MZ},"
        f"{START + timedelta(minutes=minutes * (number + 1)):%Y-%m-%dT%H:%MZ},{number - 2}.05,EUR\n"
        for number in range(8)
    ]
    found = plan(HEAD + "".join(reversed(lines)))
    assert [slot.price for slot in found.slots(START, START + timedelta(days=1))][:3] == [
        Decimal("-2.05"),
        Decimal("-1.05"),
        Decimal("0.05"),
    ]
    assert found.warnings == ()


def test_times_of_any_zone_are_the_moments_that_they_are():
    summer, winter, after = "2026-10-25T02:00+02:00", "2026-10-25T02:00+01:00", "2026-10-25T03:00+01:00"
    text = f"{HEAD}{summer},{winter},0.1,EUR\n{winter},{after},0.2,EUR\n"
    found = plan(text).slots(datetime(2026, 10, 25, tzinfo=UTC), datetime(2026, 10, 26, tzinfo=UTC))
    assert [(f"{slot.start:%H}", f"{slot.end:%H}") for slot in found] == [("00", "01"), ("01", "02")]


def test_a_price_of_a_megawatt_hour_is_one_of_a_kilowatt_hour_exactly():
    text = "start,end,price,currency,per\n2026-01-05T00:00Z,2026-01-05T01:00Z,84.37,eur,MWh\n"
    assert all_of(plan(text)) == [("00:00", "01:00", "0.08437")]
    assert all_of(plan(slots("-500.01", per="MWh"))) == [("00:00", "01:00", "-0.50001")]


def test_json_may_be_a_list_alone():
    text = '[{"start": "2026-01-05T00:00Z", "end": "2026-01-05T01:00Z", "price": "0.123456789012345678"}]'
    assert all_of(plan(text, "EUR")) == [("00:00", "01:00", "0.123456789012345678")]


def test_the_answer_of_octopus_is_read_in_pounds_by_its_digits():
    text = octopus(
        rate(-0.0315, "2026-01-05T00:30:00Z", "2026-01-05T01:00:00Z", payment_method=None),
        rate(19.845000000000002, "2026-01-05T00:00:00Z", "2026-01-05T00:30:00Z", payment_method=None),
        rate(30, "2026-01-05T01:00:00Z", None, payment_method=None),
    )
    found = plan(text)
    assert found.currency == "GBP"
    assert all_of(found) == [
        ("00:00", "00:30", "0.19845000000000002"),
        ("00:30", "01:00", "-0.000315"),
        ("01:00", "00:00", "0.30"),
    ]


def test_of_two_ways_of_payment_the_direct_one_is_taken_and_that_is_said():
    period = ("2026-01-05T00:00:00Z", "2026-01-05T01:00:00Z")
    found = plan(
        octopus(rate(25, *period, payment_method="NON_DIRECT_DEBIT"), rate(24, *period, payment_method="DIRECT_DEBIT"))
    )
    assert all_of(found) == [("00:00", "01:00", "0.24")]
    assert found.warnings == ("it has prices by way of payment: those by direct debit are taken",)


def test_a_gap_is_known_with_both_places_and_nothing_is_made_up_for_it():
    text = f"{HEAD}2026-01-05T00:00Z,2026-01-05T00:15Z,0.1,EUR\n2026-01-05T00:30Z,2026-01-05T00:45Z,0.2,EUR\n"
    found = plan(text)
    assert found.warnings == (
        "there is no price from 2026-01-05T00:15Z to 2026-01-05T00:30Z, between line 2 and line 3",
    )
    assert all_of(found) == [("00:00", "00:15", "0.1"), ("00:30", "00:45", "0.2")]


def test_many_gaps_are_counted_and_not_told_one_by_one():
    rows = [
        Row(START + timedelta(hours=n), START + timedelta(hours=n, minutes=1), Decimal(1), f"line {n}")
        for n in range(30)
    ]
    assert len(listed(rows, currency="EUR", source="x").warnings) == 9
    assert listed(rows, currency="EUR", source="x").warnings[-1] == "and 21 more gaps"


def test_the_same_line_twice_is_one():
    line = "2026-01-05T00:00Z,2026-01-05T00:15Z,0.1,EUR\n"
    assert len(plan(HEAD + line + line).prices) == 1


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            f"{HEAD}2026-01-05T00:00Z,2026-01-05T00:30Z,1,EUR\n2026-01-05T00:15Z,2026-01-05T00:45Z,2,EUR\n",
            "line 3 overlaps line 2: 2026-01-05T00:15Z to 2026-01-05T00:45Z, and 2026-01-05T00:00Z",
        ),
        (
            f"{HEAD}2026-01-05T00:00Z,2026-01-05T00:30Z,1,EUR\n2026-01-05T00:00Z,2026-01-05T00:30Z,2,EUR\n",
            "line 3 overlaps line 2",
        ),
        (
            f"{HEAD}2026-01-05T01:00Z,2026-01-05T00:30Z,1,EUR\n",
            "line 2: the slot from 2026-01-05T01:00Z ends at 2026-01-05T00:30Z, before it begins",
        ),
        (f"{HEAD}2026-01-05T01:00,2026-01-05T00:30,1,EUR\n", "line 2: '2026-01-05T01:00' says no zone"),
        (f"{HEAD}05.01.2026 01:00,x,1,EUR\n", "line 2: '05.01.2026 01:00' is no time such as"),
        (f"{HEAD}2026-02-30T01:00Z,2026-03-01T00:30Z,1,EUR\n", "line 2: '2026-02-30T01:00Z' is no time that there is"),
        (f"{HEAD}2026-01-05T00:00Z,2026-01-05T00:30Z,NaN,EUR\n", "line 2: 'NaN' is no price"),
        (f"{HEAD}2026-01-05T00:00Z,2026-01-05T00:30Z,{10**40},EUR\n", "is no price"),
        (f"{HEAD}2026-01-05T00:00Z,2026-01-05T00:30Z,,EUR\n", "line 2: '' is no price"),
        (f"{HEAD}2026-01-05T00:00Z,2026-01-05T00:30Z,1\n", "line 2: it has 3 columns, and the first line 4"),
        (
            f"{HEAD}2026-01-05T00:00Z,2026-01-05T00:30Z,1,EUR\n2026-01-05T01:00Z,2026-01-05T01:30Z,1,CHF\n",
            "line 3: its price is in CHF, and others are not",
        ),
        (HEAD, "it has no prices"),
        ("start,end,preis,currency\n", "line 1: 'preis' is no column; did you mean price"),
        ("start,price,currency\n", "line 1: there is no column end"),
        ("start,end,price\n2026-01-05T00:00Z,2026-01-05T00:30Z,1\n", "it says no currency"),
        (
            "start,end,price,currency,per\n2026-01-05T00:00Z,2026-01-05T00:30Z,1,EUR,GWh\n",
            "'GWh' is nothing that a price is per",
        ),
        ('{"slots": ', "it is not valid JSON"),
        ('{"slots": [], "slots": []}', "'slots' stands twice in one object"),
        ('{"slots": []}', "it has no prices"),
        ('{"rates": []}', 'a list of {"start", "end", "price"} is expected'),
        ('{"slots": ' + "[" * 100_000, "it is nested too deeply"),
        (slots(0.3), "slots[0]: 0.3 is a bare number, which may have lost digits"),
        (slots(0), "slots[0]: 0 is a bare number"),
        (slots(None), "slots[0]: nothing is no price"),
        (slots(["0.3"]), "slots[0]: a list is no price"),
        (slots().replace('"0.3"', "NaN"), "NaN is no number that a price could be"),
        (slots().replace('"0.3"', "-Infinity"), "-Infinity is no number"),
        (slots(prise=1), "'prise' is no member of it"),
        (slots(name=7), "name: 7 is no name"),
        ('{"currency": "EUR", "slots": [{"start": "2026-01-05T00:00Z", "price": "1"}]}', "slots[0]: there is no end"),
        ('{"currency": "EUR", "slots": [7]}', 'slots[0]: {"start", "end", "price"} is expected, found 7'),
        ('{"results": []}', "its results are empty: the product or region may be wrong"),
        ('{"results": [7]}', "results[0]: a unit rate is expected, found 7"),
        (octopus(rate("19", "2026-01-05T00:00Z", None)), "results[0]: value_inc_vat: '19' is no price in pence"),
        (octopus(rate(None, "2026-01-05T00:00Z", None)), "results[0]: value_inc_vat: nothing is no price"),
        (octopus(rate(1e12, "2026-01-05T00:00Z", None)), "results[0]: value_inc_vat: "),
        (octopus(rate(7, "2026-01-05T00:00Z", None)).replace(": 7,", ": 1e-99999999,"), "has more than 18 decimals"),
        (octopus(rate(1, None, None)), "results[0]: nothing is no time"),
        (
            octopus(rate(1, "2026-01-05T00:00Z", None), rate(2, "2026-01-05T00:00Z", None)),
            "results[1] overlaps results[0]: 2026-01-05T00:00Z to further notice",
        ),
        (
            octopus(rate(7, "2026-01-05T00:00Z", None)).replace(": 7,", ": 1e99999999999999999999,"),
            "1e99999999999999999999 is no number that a price could be",
        ),
        ('{"slots": ' + "9" * 5000 + "}", 'a list of {"start", "end", "price"} is expected'),
        ("start;end;price\n2026-01-05T00:00Z;2026-01-05T00:30Z;0,3\n", "line 1: its columns are not parted by commas"),
        ("start\tend\tprice\n", "line 1: its columns are not parted by commas"),
    ],
)
def test_wrong_slots_are_refused_with_the_place(text, sentence):
    assert sentence in fault(text)


@pytest.mark.parametrize("currency", ["EURO", "€", "", "12", 7])
def test_a_currency_that_is_none_is_refused(currency):
    assert "is no currency of three letters" in fault(slots(currency=currency))


lengths = st.lists(
    st.tuples(st.integers(0, 2), st.sampled_from([15, 30, 60]), st.integers(-500, 5000)), min_size=1, max_size=30
)


@settings(max_examples=60, deadline=None)
@given(lengths, st.integers(-120, 2000), st.integers(0, 3000), st.randoms())
def test_slots_of_a_list_cover_what_is_known_once(parts, shift, minutes, random):
    at, rows = START, []
    for gap, length, price in parts:
        at += timedelta(minutes=15 * gap)
        rows.append(Row(at, at + timedelta(minutes=length), Decimal(price) / 10000, f"line {len(rows)}"))
        at += timedelta(minutes=length)
    shuffled = list(rows)
    random.shuffle(shuffled)
    start = START + timedelta(minutes=shift)
    end = start + timedelta(minutes=minutes)
    found = listed(shuffled, currency="EUR", source="x").slots(start, end)
    assert all(one.end <= other.start for one, other in pairwise(found))
    expected = [
        (max(row.start, start), min(row.end, end), row.price)
        for row in rows
        if row.start < end and row.end > start and minutes
    ]
    assert [(slot.start, slot.end, slot.price) for slot in found] == expected


def test_a_rate_until_further_notice_ends_where_another_begins():
    text = octopus(rate(20, "2026-01-05T06:00Z", None), rate(10, "2026-01-04T00:00Z", None))
    assert all_of(plan(text)) == [("00:00", "06:00", "0.10"), ("06:00", "00:00", "0.20")]
