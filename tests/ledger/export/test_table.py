"""A spreadsheet can add the table up, and nothing in it becomes a formula."""

import csv
import io
from contextlib import closing
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netmind_tui.ledger.export.table import COLUMNS, harmless, table
from netmind_tui.ledger.reader import Chosen, Reader
from netmind_tui.model.metering import Activity


def rows_of(books, chosen=None) -> list[dict[str, str]]:
    with closing(Reader(books.path)) as reader:
        text = "".join(table(reader, chosen or Chosen()))
    assert text.endswith("\r\n")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_an_empty_ledger_is_a_head_and_no_row(books):
    with closing(Reader(books.path)) as reader:
        assert "".join(table(reader)) == ",".join(COLUMNS) + "\r\n"


def test_amounts_by_account_and_what_was_used_can_be_added_up(books, booked):
    work = books.work(moves=(booked.claim("1.50"), booked.energy("0.25"), booked.claim("0.5", booked.NMT)))
    books.work(booked.START + booked.QUARTER, moves=(booked.claim("0.75"),))
    books.work(booked.START + booked.QUARTER, moves=(), used=booked.usage(Activity.READY))
    books.accept(work, 140, fee=14)
    rows = rows_of(books)
    sums = {
        (account, asset): sum(
            Decimal(row["amount"]) for row in rows if (row["account"], row["asset"]) == (account, asset)
        )
        for account, asset in (("claims:metered", "EUR"), ("claims:metered", "NMT"), ("income:work", "EUR"))
    }
    assert list(sums.values()) == [Decimal("-2.25"), Decimal("-0.5"), Decimal("-1.40")]
    assert sum(int(row["duration_ms"] or 0) for row in rows) == 3 * 900_000
    assert {row["node"] for row in rows} == {booked.NODE}
    assert [row["state"] for row in rows if row["line"] in {"", "1"}] == ["accepted", "metered", "metered", ""]
    assert rows[0]["amount"] == "1.50"
    assert {row["amount"] for row in rows if row["asset"] == "NMT"} == {"0.500000000000000000", "-0.500000000000000000"}


def test_an_entry_without_money_is_a_row_too(books):
    books.work(moves=(), unrated="unlisted")
    (row,) = rows_of(books)
    assert (row["account"], row["amount"], row["duration_ms"]) == ("", "", "900000")
    assert row["note"] == '{"unrated":"unlisted"}'


@pytest.mark.parametrize("evil", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1", '=HYPERLINK("http://a","b")'])
def test_what_others_named_is_never_a_formula(books, booked, evil):
    books.work(whom=booked.subject("gpu:0", workload=evil, job=evil, payer=evil))
    for row in rows_of(books):
        for name in ("workload", "job", "payer"):
            assert row[name] == f"'{evil}"


@given(st.text())
def test_what_is_made_harmless_can_be_had_back(text):
    found = harmless(text)
    assert found[:1] not in set("=+-@\t\r\n＝＋－＠")
    assert (found.removeprefix("'")) == text


def test_only_what_is_chosen_is_in_it(books, booked):
    books.work(booked.START, booked.subject("gpu:0"))
    books.work(booked.START, booked.subject("gpu:1"))
    assert {row["device"] for row in rows_of(books, Chosen(device="gpu:1"))} == {"gpu:1"}
