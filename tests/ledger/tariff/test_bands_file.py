from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from netmind_tui.ledger.tariff import read_tariff, tariff_of
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

FULL = """
schema = "netmind.tariff/1"
name = "Day and night"
zone = "Europe/Berlin"
currency = "EUR"
price = "0.3299"
since = 2026-01-01
until = "2026-12-31"
holidays = ["12-25", "2026-04-03"]
holidays_are = "sun"

[[season]]
name = "winter"
from = "10-01"
to = "03-31"

[[band]]
name = "night"
price = "0.2199"
from = "22:00"
to = "06:00"
days = ["mon-thu", "fri"]
season = "winter"

[[band]]
price = "-0.01"
days = "weekend"
from = "12:00"
to = "14:00"
"""
HEAD = 'zone = "Europe/Berlin"\ncurrency = "EUR"\n'
BAND = '[[band]]\nprice = "0.1"\n'


def fault(text, currency=None):
    with pytest.raises(Problem) as refused:
        tariff_of(text.encode(), "plan.toml", currency)
    assert refused.value.code is ExitCode.USAGE
    assert refused.value.sentence.startswith("plan.toml: ")
    return refused.value.sentence.removeprefix("plan.toml: ")


def prices(plan, *moments):
    return [str(plan.slots(at, at.replace(minute=1))[0].price) for at in moments]


def test_every_key_of_the_file_counts():
    plan = tariff_of(FULL.encode(), "plan.toml")
    assert (plan.currency, plan.name, plan.zone.key) == ("EUR", "Day and night", "Europe/Berlin")
    night, day = datetime(2026, 1, 5, 23, tzinfo=UTC), datetime(2026, 1, 5, 12, tzinfo=UTC)
    summer, weekend = datetime(2026, 7, 6, 23, tzinfo=UTC), datetime(2026, 7, 4, 10, tzinfo=UTC)
    holiday = datetime(2026, 4, 3, 11, tzinfo=UTC)
    assert prices(plan, night, day, summer, weekend, holiday) == ["0.2199", "0.3299", "0.3299", "-0.01", "-0.01"]
    assert plan.slots(datetime(2027, 1, 1, tzinfo=UTC), datetime(2027, 1, 2, tzinfo=UTC)) == ()


def test_the_currency_may_come_from_the_settings():
    assert tariff_of(b'zone = "UTC"\nprice = "0.3"\n', "plan.toml", "CHF").currency == "CHF"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "it is empty"),
        ("# nothing", "it says no currency"),
        ("zone = [", "it is not valid TOML"),
        ('zone = "Mars/Olympus"\ncurrency = "EUR"\nprice = "1"', "zone: 'Mars/Olympus' is no time zone"),
        ('currency = "EUR"\nprice = "1"', "zone: nothing is no time zone"),
        ('zone = "../etc/passwd"\ncurrency = "EUR"', "zone: '../etc/passwd' is no time zone"),
        (f"{HEAD}price = 0.30", 'price: 0.30 is a bare number, which may have lost digits: write "0.30", in quotes'),
        (f"{HEAD}price = 1", "price: 1 is a bare number"),
        (f"{HEAD}price = nan", "price: "),
        (f"{HEAD}price = inf", "price: "),
        (f'{HEAD}price = "NaN"', "price: 'NaN' is no price"),
        (f'{HEAD}price = "0,30"', "decimals follow a point"),
        (f'{HEAD}price = "{10**40}"', "is no price"),
        (HEAD, "it has no prices"),
        (f'{HEAD}prize = "1"', "'prize' is no key; did you mean price?"),
        (f'schema = "x/1"\n{HEAD}', "schema: netmind.tariff/1 is expected, found 'x/1'"),
        ('zone = "UTC"\ncurrency = "EURO"\nprice = "1"', "'EURO' is no currency of three letters"),
        (f"{HEAD}[band]\nprice = '1'", "band: tables that begin with [[band]] are expected"),
        (f"{HEAD}{BAND}day = 'mon'", "band 1: 'day' is no key; did you mean days?"),
        (f"{HEAD}[[band]]\nfrom = '22:00'", "band 1: there is no price"),
        (f"{HEAD}{BAND}from = '25:00'", "band 1, from: '25:00' is no time of day"),
        (f"{HEAD}{BAND}from = 22:00:00", "band 1, from: 22:00:00 is no time of day"),
        (f"{HEAD}{BAND}to = '12:60'", "band 1, to: '12:60' is no time of day"),
        (f"{HEAD}{BAND}days = 'mon-someday'", "band 1, days: 'someday' is no weekday"),
        (f"{HEAD}{BAND}days = []", "band 1, days: an empty list names no day"),
        (f"{HEAD}{BAND}season = 'summer'", "band 1, season: 'summer' is none of them; there is no [[season]]"),
        (
            f"{HEAD}[[season]]\nname = 's'\nfrom = '02-30'\nto = '03-01'",
            "season 1, from: '02-30' is no day of the year",
        ),
        (f"{HEAD}[[season]]\nfrom = '02-01'\nto = '03-01'", "season 1, name: "),
        (f'{HEAD}price = "1"\nholidays = "12-25"', "holidays: a list of days"),
        (f'{HEAD}price = "1"\nholidays = ["25.12."]', "holidays: '25.12.' is no day"),
        (f'{HEAD}price = "1"\nsince = 2027-01-01\nuntil = 2026-01-01', "since: 2027-01-01 is after until"),
        (f'{HEAD}price = "1"\nsince = 2027-01-01T00:00:00', "since: 2027-01-01 00:00:00 is no day"),
        (".".join("a" * 200) + " = 1", "it is nested too deeply"),
    ],
)
def test_a_wrong_file_is_refused_with_the_place(text, sentence):
    assert sentence in fault(text)


def test_two_bands_about_one_time_are_both_named():
    text = (
        f"{HEAD}price = '1'\n{BAND}name = 'night'\nfrom = '22:00'\nto = '06:00'\n{BAND}from = '05:00'\nto = '08:00'\n"
    )
    assert fault(text) == "band 1 (night) overlaps band 2: both are about 05:00 on mon"


def test_bands_that_meet_only_on_a_holiday_are_found():
    text = (
        f"{HEAD}price = '1'\nholidays = ['12-25']\n"
        f"{BAND}days = 'sun'\nfrom = '22:00'\nto = '06:00'\n{BAND}days = 'tue'\nfrom = '05:00'\nto = '08:00'\n"
    )
    assert fault(text) == "band 1 overlaps band 2: both are about 05:00 on tue"
    assert tariff_of(text.replace("holidays = ['12-25']", "").encode(), "plan.toml").price == Decimal(1)


def test_a_time_that_no_band_is_about_is_named_unless_there_is_a_price_for_all_others():
    text = f"{HEAD}{BAND}days = 'mon-fri'\n{BAND}days = 'sat'\n"
    assert fault(text).startswith("no band is about 00:00 to 24:00 on sun: add one, or a price for all other times")
    assert tariff_of(text.replace("'sat'", "'weekend'").encode(), "plan.toml").price is None


def test_bands_of_two_seasons_do_not_overlap_and_a_day_between_them_is_missed():
    seasons = "[[season]]\nname='a'\nfrom='01-01'\nto='06-30'\n[[season]]\nname='b'\nfrom='07-02'\nto='12-31'\n"
    text = f"{HEAD}{seasons}{BAND}season='a'\n{BAND}season='b'\n"
    assert "on mon 07-01" in fault(text)
    assert tariff_of(text.replace("07-02", "07-01").encode(), "plan.toml").bands[0].season.last == (6, 30)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(Problem, match=r"no-such\.toml: there is no such file"):
        read_tariff(tmp_path / "no-such.toml")


def test_a_folder_is_no_tariff(tmp_path):
    with pytest.raises(Problem, match="is no file"):
        read_tariff(tmp_path)


def test_a_holiday_of_one_year_is_none_of_the_next():
    plan = tariff_of(FULL.encode(), "plan.toml")
    assert plan.holidays == {date(2026, 4, 3)}
    assert plan.yearly == {(12, 25)}
