"""Files of rates as owners write them: each fault has its sentence, and nothing of such a file holds."""

import os
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction

import pytest

from netmind_tui.config import Config
from netmind_tui.ledger.rate.book import read_book
from netmind_tui.ledger.rate.file import RateProblem, read_cards
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem
from netmind_tui.model.rate import Unrated

RATE = '[[rate]]\nper = "device-hour"\namount = "0.20 EUR"\nfrom = 2026-11-01\n'
CARD = """
schema = "netmind.card/1"
name = "lab"
version = "1"
title = "the lab"
date = 2026-11-01
[[reward]]
name = "work"
title = "work"
"""
BASE = CARD + '[[rate]]\nreward = "work"\nper = "device-hour"\namount = "0.10 EUR"\n'


def refused(read, *arguments, **settings) -> str:
    with pytest.raises(Problem) as caught:
        read(*arguments, **settings)
    assert caught.value.code is ExitCode.USAGE
    return caught.value.sentence


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("amount = 0.20", 'rate 1.amount: expected money in quotes, with its asset, such as "0.20 EUR", found 0.20'),
        ("amount = 1", 'such as "1 EUR", found 1'),
        ("amount = nan", "expected money in quotes"),
        ("amount = inf", "expected money in quotes"),
        ('amount = "NaN EUR"', "expected an amount with its asset"),
        ('amount = "0.00 EUR"', "0.00 EUR pays nothing"),
        ('amount = "-1 EUR"', "expected an amount with its asset"),
        ('amount = "1e3 EUR"', "expected an amount with its asset"),
        (f'amount = "1{"0" * 40} EUR"', "expected an amount with its asset"),
        ('amount = "0.1234567890123456789 NMT"', "of at most 18 decimals"),
        ('amount = "0.20"', "expected an amount with its asset"),
        ('amount = "0.20 eur"', "expected an amount with its asset"),
        ("amount = true", "expected an amount with its asset"),
        ('amount = "unpublished"', "expected an amount with its asset"),
        ('amount = "1 XYZ"', "rates.toml: 'XYZ' is no asset that is known"),
        ('per = "hour"', "rate 1.per: expected one of its words, found 'hour'; did you mean device-hour?"),
        ('per = "capacity-hour"', "metric: is missing"),
        ('metric = "gemm.int8"', 'metric: is for per = "capacity-hour" alone'),
        ('unit = "furlong"', 'rate 1.unit: expected the unit of a rate such as "TOP/s"'),
        ('from = "yesterday"', "rate 1.from: expected a date such as 2026-11-23"),
        ("from = 2026-11-01T12:00:00", "does not say whose clock it is"),
        ("from = 1066-01-01", "expected a date"),
        ("until = 2026-11-01", "until: is not after from"),
        ("fee_pct = 101", "a share in per cent from 0 to 100"),
        ("fee_pct = 60\nburnt_pct = 40", "leave nothing of it"),
        ('device = "gppu:0"', "rate 1.device: 'gppu:0' names no device"),
        ('device = "pci:81:00"', "name the card by its UUID"),
        ('reward = "sleep"', "rate.reward: there is no 'sleep' on the card"),
        ('level = "5"', "there is no '5' on the card"),
        ('mode = "managed"', "there is no 'managed' on the card; it has none at all"),
        ('amuont = "1 EUR"', "rate 1.amuont: is not a key; did you mean amount"),
        (RATE, "are about the same work from 2026-11-01: keep one"),
        ('[rates]\nper = "job"', "rates: is not a key; did you mean rate?"),
        ('schema = "netmind.rates/2"\n', 'schema: expected "netmind.rates/1"'),
    ],
)
def test_each_fault_of_the_owners_rates_has_its_sentence(book, line, sentence):
    key = line.partition(" =")[0]
    kept = [each for each in RATE.splitlines() if not each.startswith(f"{key} =")]
    text = f"{line}{RATE}" if key == "schema" else "\n".join([*kept, line])
    found = refused(book, text)
    assert sentence in found
    assert "rates.toml" in found


@pytest.mark.parametrize("key", ["per", "amount", "from"])
def test_what_a_rate_needs_is_missed(book, key):
    text = "\n".join(line for line in RATE.splitlines() if not line.startswith(key))
    assert f"rate 1.{key}: is missing" in refused(book, text)


def test_all_faults_are_found_at_once(book):
    with pytest.raises(RateProblem) as caught:
        book(RATE.replace('"0.20 EUR"', "0.20") + 'color = "red"\n' + RATE.replace("device-hour", "day"))
    assert len(caught.value.faults) == 3
    assert caught.value.sentence.endswith("(and 2 more)")


def test_rates_of_a_card_by_levels_name_a_level(book):
    own = RATE.replace("[[rate]]", '[[rate]]\ncard = "netmind-power"').replace("EUR", "NMT")
    assert "netmind-power pays connection by the device's level: add level" in refused(
        book, own, rate_card="netmind-power"
    )
    mixed = own + 'level = "5"\n' + own.replace("NMT", "EUR") + 'reward = "utilisation"\n'
    assert "cannot be in EUR and NMT" in refused(book, mixed, rate_card="netmind-power")


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"[[rate", "is not valid TOML"),
        (b"rate = 1e99999999999999999999", "is not valid TOML: it has a number that is too large"),
        (b"\xff\xfe", "is not UTF-8 text"),
        (b"rate = " + b"[" * 5000, "is nested too deeply"),
        (b"#" * (1 << 20) + b"\n\n", "is larger than 1 MiB"),
        (b"rate = 1", "rate: expected tables in double brackets"),
        (b"rate = [1]", "rate 1: expected a table, found 1"),
        (b"[[rate]]\n" * 1001, "1000 are read at most"),
    ],
)
def test_what_is_no_file_of_rates_is_refused(tmp_path, book, data, sentence):
    path = tmp_path / "other.toml"
    path.write_bytes(data)
    found = refused(read_book, Config(), rates=path)
    assert sentence in found
    assert str(path) in found


def test_a_file_may_begin_with_the_mark_of_an_editor_and_need_not_be_there(book, work, tmp_path):
    assert book("\ufeff" + RATE).rated(work()).exact == Fraction(1, 5)
    absent = read_book(Config(), rates=tmp_path / "none.toml")
    assert (absent.own, tmp_path / "none.toml" in absent.files) == ((), True)


def test_a_pipe_is_no_file_and_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.toml")
    assert "is no file" in refused(read_cards, str(tmp_path / "pipe.toml"))


def test_a_card_that_is_not_there_is_named_with_those_that_are():
    assert "there is no rate card 'netmind': did you mean netmind-power" in refused(read_cards, "netmind")
    assert "shipped: manual, netmind-power" in refused(read_cards, "/nowhere/lab.toml")


BANDS = """
[[band]]
above_mbps = 10
share_pct = 50
[[band]]
above_mbps = 20
share_pct = 60
"""
EMISSIONS = """
[[emission]]
phase = "1"
from = 2026-01-01
until = 2027-01-01
daily = "1 NMT"
[[emission]]
phase = "2"
from = 2026-06-01
until = 2028-01-01
daily = "1 NMT"
"""
LEVELS = """
[[level]]
name = "1"
[[level.devices]]
listed = "x"
names = ["x"]
[[level]]
name = "2"
[[level.devices]]
listed = "x"
names = ["x"]
"""


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ('source = "page"', "source: there is no 'page' on the card"),
        ('[[reward]]\nname = "work"\ntitle = "x"', "reward: 'work' stands there 2 times"),
        ('[[split]]\nreward = "work"\npaid_pct = 50', "comes to 50 %, not to 100"),
        (BANDS, "the last one is for every speed"),
        (
            '[[source]]\nid = "a"\ntitle = "a"\nread = "2026-13"',
            "source 1.read: expected a date such as 2026-11-23, or a month",
        ),
        (f"{BANDS}[[band]]\nshare_pct = 10", "the fastest one comes first"),
        ('[online]\nreward = "sleep"\nhours = 5', "online.reward: there is no 'sleep'"),
        (EMISSIONS, "emission: 1 and 2 overlap"),
        (LEVELS, "level.devices: 'x' stands there 2 times"),
        ('[[level]]\nname = "1"\n[[level.devices]]\nnames = "x"', "level 1.devices: device 1.listed: is missing"),
        ('level = "1"', "rate.level: there is no '1' on the card"),
        ('asset = "EUR"', "asset: stands in the amount already"),
    ],
)
def test_each_fault_of_a_card_has_its_sentence(card, more, sentence):
    assert read_cards(card(BASE))[0][0].rates[0].amount == Decimal("0.10")
    assert sentence in refused(read_cards, card(BASE + more))


@pytest.mark.parametrize("key", ["schema", "name", "version", "title", "date"])
def test_a_card_says_what_it_is_and_of_when(card, key):
    text = "\n".join(line for line in BASE.split("[[")[0].splitlines() if not line.startswith(key))
    assert f"{key}: is missing" in refused(read_cards, card(text))


def test_the_version_in_force_at_that_instant_rates_the_work(book, work, card, tmp_path):
    card(BASE.replace("date =", "from = 2026-11-01\ndate ="), "cards/1.toml")
    card(BASE.replace("date =", "from = 2026-11-10\ndate =").replace("0.10", "0.30"), "cards/2.toml")
    rates = book(rate_card=str(tmp_path / "cards"))
    assert [rates.rated(work(at=datetime(2026, 11, day, tzinfo=UTC))).exact for day in (9, 10)] == [
        Fraction(1, 10),
        Fraction(3, 10),
    ]
    before = rates.rated(work(at=datetime(2026, 10, 31, tzinfo=UTC)))
    assert (before.unrated, before.basis["why"]) == (Unrated.NOT_IN_FORCE, "lab is in force from 2026-11-01 on")
    assert {path.name for path in rates.files} == {"1.toml", "2.toml", "cards", "rates.toml"}


def test_the_owners_rate_comes_before_the_cards_however_particular_that_is(book, work, card):
    path = card(BASE + 'workload = "llm"\n')
    assert book(rate_card=path).rated(work()).exact == Fraction(1, 10)
    own = RATE.replace("[[rate]]", '[[rate]]\ncard = "lab"')
    assert book(own, rate_card=path).rated(work()).exact == Fraction(1, 5)


def test_what_the_card_says_is_kept_comes_before_what_the_owner_set_for_all(book, work, card):
    path = card(BASE + '[[split]]\nreward = "work"\npaid_pct = 75\nfee_pct = 20\nburnt_pct = 5\n')
    rated = book(rate_card=path, fee_pct=3).rated(work())
    assert (rated.fee_pct, rated.burnt_pct) == (20, 5)
    own = RATE.replace("[[rate]]", '[[rate]]\ncard = "lab"\nfee_pct = 1')
    assert book(own, rate_card=path, fee_pct=3).rated(work()).fee_pct == 1


@pytest.mark.parametrize(
    ("own", "settings", "shares"),
    [
        ("burnt_pct = 60", {"fee_pct": 40}, "40 % are kept and 60 % burnt"),
        ('card = "lab"\nfee_pct = 95', {"rate_card": True}, "95 % are kept and 5 % burnt"),
        ("burnt_pct = 60\nfee_pct = 1", {"fee_pct": 40}, None),
    ],
)
def test_what_is_kept_and_burnt_from_several_places_leaves_something(book, card, own, settings, shares):
    if "rate_card" in settings:
        split = '[[split]]\nreward = "work"\npaid_pct = 75\nfee_pct = 20\nburnt_pct = 5\n'
        settings = {"rate_card": card(BASE + split)}
    if shares is None:
        assert book(RATE + own, **settings).own[0].burnt_pct == 60
    else:
        assert f"{shares}, which leaves nothing of it" in refused(book, RATE + own, **settings)


def test_rewards_of_an_earlier_version_are_not_added_in_two_assets(book, card, tmp_path):
    two = BASE.replace("date =", "from = 2026-01-01\ndate =") + '[[reward]]\nname = "bonus"\ntitle = "bonus"\n'
    card(two, "cards/1.toml")
    card(two.replace("2026-01-01", "2026-12-01").replace("0.10 EUR", "1 NMT"), "cards/2.toml")
    own = RATE.replace("[[rate]]", '[[rate]]\ncard = "lab"\nreward = "bonus"').replace("EUR", "NMT")
    found = refused(book, own, rate_card=str(tmp_path / "cards"))
    assert "they cannot be in EUR and NMT (version 1 of lab)" in found


def test_a_card_of_the_owners_that_is_called_manual_has_its_rates(book, work, card):
    found = book(rate_card=card(BASE.replace('"lab"', '"manual"')))
    assert (found.rated(work()).exact, found.warnings(datetime(2026, 12, 1, tzinfo=UTC))) == (Fraction(1, 10), ())


@pytest.mark.parametrize(
    ("unit", "is_of_it"), [("GB/s", True), ("bytes/s", True), ("TOP/s", False), ("images/s", False)]
)
def test_a_capacity_is_counted_in_what_its_kernel_is(book, unit, is_of_it):
    text = RATE.replace("device-hour", "capacity-hour") + f'metric = "stream.add"\nunit = "{unit}"\n'
    if is_of_it:
        assert book(text).own[0].unit == unit
    else:
        assert f"stream.add is counted in bytes/s, and {unit} is no multiple" in refused(book, text)


def test_a_folder_has_versions_of_one_card(card, tmp_path):
    card(BASE, "cards/1.toml")
    card(BASE.replace('"lab"', '"den"').replace("date =", "from = 2026-11-10\ndate ="), "cards/2.toml")
    assert "cards of two names, lab and den" in refused(read_cards, str(tmp_path / "cards"))
    card(BASE, "cards/2.toml")
    assert "two versions from the same day on" in refused(read_cards, str(tmp_path / "cards"))
    (tmp_path / "none").mkdir()
    assert "has no rate card" in refused(read_cards, str(tmp_path / "none"))
