"""Beancount takes the file: its own checker finds nothing wrong, and comes to the same sums."""

import subprocess
import sysconfig
from contextlib import closing
from datetime import date
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from beancount.parser import parser

from netmind_tui.ledger.export.beancount import ACCOUNTS, beancount
from netmind_tui.ledger.reader import Chosen, Reader
from netmind_tui.model.ledger import Account
from netmind_tui.model.metering import Activity
from netmind_tui.model.money import Asset, AssetKind

CHECK = Path(sysconfig.get_path("scripts")) / "bean-check"


def written(books, chosen=None, zone="UTC") -> str:
    with closing(Reader(books.path)) as reader:
        return "".join(beancount(reader, chosen or Chosen(), ZoneInfo(zone)))


@pytest.fixture
def full(books, booked):
    """All that can be in a ledger, with names that nobody should give."""
    null = Asset(code="NULL", exponent=0, kind=AssetKind.TOKEN)
    moves = (
        booked.claim("0.0333"),
        booked.energy("-0.0123"),
        booked.energy("0.5", Account.ENERGY_IDLE),
        booked.claim("1/3", booked.NMT),
        booked.claim("7", null),
    )
    nasty = 'a "quoted" \\ name\n2026-01-01 open Assets:Mine ; #tag ^link 𝔘'
    whom = booked.subject("gpu:0", workload=nasty, job=nasty)
    works = books.put(
        *(books.draft(booked.START + n * booked.QUARTER, whom, moves, reason=nasty) for n in range(5)),
        books.draft(moves=(), used=booked.usage(Activity.READY)),
    )
    books.accept(works[0], 7, fee=2, payer=nasty)
    books.settle(works[0])
    books.reject(works[1])
    books.expire(works[2])
    return books


def test_its_own_checker_finds_nothing_wrong(full, tmp_path):
    path = tmp_path / "books.beancount"
    path.write_text(written(full))
    done = subprocess.run([CHECK, "--no-cache", str(path)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_its_checker_notices_an_amount_that_was_changed(full, tmp_path):
    path = tmp_path / "books.beancount"
    path.write_text(written(full).replace("0.03 EUR", "0.04 EUR", 1))
    assert subprocess.run([CHECK, "--no-cache", str(path)], capture_output=True, check=False).returncode == 1


def read(text: str):
    entries, errors, _ = parser.parse_string(text)
    assert errors == []
    return entries


def named(entries, kind: str):
    return [each for each in entries if type(each).__name__ == kind]


def test_every_entry_is_a_transaction_with_all_that_it_says(full, booked):
    with closing(Reader(full.path)) as reader:
        booked_ = [each.entry for each in reader.every()]
    transactions = {int(each.meta["number"]): each for each in named(read(written(full)), "Transaction")}
    assert sorted(transactions) == [each.number for each in booked_]
    for entry in booked_:
        found = transactions[entry.number]
        assert found.meta["id"] == entry.id
        assert found.meta["hash"] == entry.hash.hex()
        assert found.meta["node"] == booked.NODE
        assert found.meta.get("workload", "") == entry.subject.workload
        assert found.payee or not entry.subject.payer
        assert (entry.about or entry.id) in found.links
        assert [(each.account, each.units.number) for each in found.postings] == [
            (ACCOUNTS[each.account], Decimal(each.minor).scaleb(-each.asset.exponent)) for each in entry.postings
        ]


def test_it_ends_with_what_every_account_must_come_to(full):
    with closing(Reader(full.path)) as reader:
        (sums,) = reader.figures()
    balances = named(read(written(full)), "Balance")
    told = {(each.account, each.amount.currency): each.amount.number for each in balances}
    assert told == {
        (ACCOUNTS[account], asset.code.replace("NULL", "NULL-X")): Decimal(minor).scaleb(-asset.exponent)
        for (account, asset), minor in sums.balances.items()
    }
    assert {each.date for each in balances} == {date(2026, 3, 2)}


def test_dates_are_of_the_owners_calendar(books, booked):
    books.work(booked.START)
    (found,) = named(read(written(books, zone="America/New_York")), "Transaction")
    assert found.date == date(2026, 2, 28)


def test_each_account_has_one_place_and_claims_are_no_income():
    assert set(ACCOUNTS) == set(Account)
    assert len(set(ACCOUNTS.values())) == len(ACCOUNTS)
    assert all(ACCOUNTS[each].startswith("Equity:") for each in Account if each.startswith("claims"))


def test_an_empty_ledger_is_a_file_without_transactions(books):
    assert named(read(written(books)), "Transaction") == []


def test_each_place_is_documented():
    told = (Path(__file__).parents[3] / "assets/ledger.md").read_text(encoding="utf-8")
    for account, place in ACCOUNTS.items():
        assert f"`{account}`" in told
        assert f"`{place}`" in told or f"`{place.rpartition(':')[0]}:…`" in told, place
