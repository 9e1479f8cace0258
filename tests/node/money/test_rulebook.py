"""The owner's files about money: taken up when they change, and held where they are wrong."""

import os
from decimal import Decimal
from pathlib import Path

import pytest

from netmind_tui.ledger import rate as card_folder
from netmind_tui.model.problem import Problem
from netmind_tui.node.money.rulebook import Rulebooks, read_rulebook
from netmind_tui.paths import baseline_path


@pytest.fixture
def told():
    return []


@pytest.fixture
def rulebooks(owner, told):
    made = Rulebooks(tell=told.append)
    made.look()
    return made


def later(path):
    """A change that a clock of whole seconds sees too."""
    found = path.stat()
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns + 2_000_000_000))


def kinds(told):
    return [each.kind.value for each in told]


def test_what_changed_in_a_file_is_in_force_at_the_next_look_and_told_once(owner, rulebooks, told):
    before = rulebooks.current
    assert rulebooks.look() is before
    owner.rates('[[rate]]\nper = "device-hour"\namount = "0.50 EUR"\nfrom = 2026-11-01\n')
    later(owner.folder / "rates.toml")
    after = rulebooks.look()
    assert after is not before
    assert f"{after.rates.own[0].amount}" == "0.50"
    assert rulebooks.look() is after
    assert kinds(told) == ["rates-changed"]


def test_a_setting_that_is_none_of_money_is_no_news(owner, rulebooks, told):
    owner.config((owner.folder / "config.toml").read_text() + '[tui]\ntheme = "light"\n')
    later(owner.folder / "config.toml")
    assert rulebooks.look().config.theme == "light"
    assert told == []


@pytest.mark.parametrize(
    ("write", "words"),
    [
        (lambda owner: owner.rates("[[rate]]\namount = 0.3\n"), "rates.toml"),
        (lambda owner: owner.prices("date,asset,currency,price\n2026-11-01,NMT,EUR,nan\n"), "prices.csv"),
        (lambda owner: owner.config("[electricity]\nprice_per_kwh = 0.3\n"), "electricity.price_per_kwh"),
        (lambda owner: owner.config("[asset.EUR]\ndecimals = 3\n"), "asset.EUR.decimals"),
        (lambda owner: owner.config('[earnings]\nrate_card = "no-such-card"\n'), "no-such-card"),
    ],
    ids=["rates", "prices", "config", "asset", "card"],
)
def test_a_file_with_a_fault_changes_nothing_and_is_told_once(owner, rulebooks, told, write, words):
    before = rulebooks.current
    write(owner)
    for path in owner.folder.iterdir():
        later(path)
    assert rulebooks.look() is before
    assert words in rulebooks.refused
    rulebooks.look()
    rulebooks.anew()
    assert rulebooks.look() is before
    assert kinds(told) == ["rates-refused"]
    assert told[0].sentence.endswith("what was in force before still is")


def test_once_it_is_right_again_that_is_told_too(owner, rulebooks, told):
    good = (owner.folder / "rates.toml").read_text()
    owner.rates("no toml at all [")
    rulebooks.anew()
    rulebooks.look()
    owner.rates(good)
    later(owner.folder / "rates.toml")
    rulebooks.look()
    assert rulebooks.refused is None
    assert kinds(told) == ["rates-refused", "rates-changed"]


def test_a_card_that_the_configuration_names_before_it_is_there_is_found_once_it_is(owner, rulebooks):
    card = owner.folder / "lab.toml"
    owner.config(f'[earnings]\nrate_card = "{card}"\n')
    later(owner.folder / "config.toml")
    rulebooks.look()
    assert "lab.toml" in rulebooks.refused
    card.write_text((Path(card_folder.__file__).parent / "card/manual.toml").read_text())
    rulebooks.look()
    assert rulebooks.refused is None


def test_a_file_that_changes_while_it_is_read_is_read_again(owner):
    def slowly(before):
        found = read_rulebook(before)
        if reads.append(found) or len(reads) == 2:
            owner.rates('[[rate]]\nper = "device-hour"\namount = "0.75 EUR"\nfrom = 2026-11-01\n')
            later(owner.folder / "rates.toml")
        return found

    reads: list = []
    made = Rulebooks(slowly)
    made.look()
    made.anew()
    assert made.look().rates.own[0].amount == Decimal("0.20")
    assert made.look().rates.own[0].amount == Decimal("0.75")
    assert made.look() is reads[2]


def test_a_damaged_file_of_the_programs_own_keeps_nobody_from_reckoning(owner, rulebooks, told):
    path = baseline_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("no json [")
    found = rulebooks.look()
    assert str(path) in found.trouble
    assert (found.baselines, rulebooks.refused, told) == ((), None, [])


def test_the_old_file_put_back_as_it_was_ends_the_fault_of_the_new_one(owner, rulebooks):
    path = owner.folder / "rates.toml"
    path.rename(path.with_name("rates.bak"))
    owner.rates("no toml at all [")
    rulebooks.look()
    assert rulebooks.refused is not None
    path.with_name("rates.bak").rename(path)
    rulebooks.look()
    assert rulebooks.refused is None


def test_where_nothing_ever_was_in_order_there_is_none(owner):
    owner.rates("no toml at all [")
    made = Rulebooks()
    assert made.look() is None
    assert "rates.toml" in made.refused
    with pytest.raises(Problem, match=r"rates\.toml"):
        read_rulebook()


def test_a_tariff_goes_on_with_what_it_knows_where_only_something_else_changed(owner, rulebooks):
    before = rulebooks.current.tariff
    owner.prices("date,asset,currency,price,source\n2026-11-01,USD,EUR,0.9,bank\n")
    rulebooks.anew()
    after = rulebooks.look()
    assert after.tariff is before
    assert len(after.tariff.exchange) == 1
    owner.config('[electricity]\nprice_per_kwh = "0.40 EUR"\n')
    rulebooks.anew()
    assert rulebooks.look().tariff is not before


def test_the_owners_currency_is_the_chosen_one_else_that_of_the_price_of_power(owner):
    assert read_rulebook().currency == "EUR"
    owner.config('[electricity]\nprice_per_kwh = "0.30 EUR"\n[earnings]\ncurrency = "CHF"\n')
    assert read_rulebook().currency == "CHF"
    owner.config("")
    assert read_rulebook().currency is None
