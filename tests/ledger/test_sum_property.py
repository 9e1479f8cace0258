"""Whatever is booked: sums by any grouping and over any time are what the entries come to, to the last minor unit."""

from collections import defaultdict
from contextlib import closing
from datetime import timedelta
from fractions import Fraction
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from netmind_tui.ledger.export.check import checked
from netmind_tui.ledger.export.lines import lines
from netmind_tui.ledger.reader import Reader
from netmind_tui.ledger.total import together
from netmind_tui.ledger.verify import verify
from netmind_tui.model.ledger import Account
from netmind_tui.model.money import MOST_MINOR, Asset

JPY = Asset(code="JPY", exponent=0)
PARTS = ("node", "device", "workload", "payer")
NUMBERS = count()

claims = st.fractions(min_value=0, max_value=10**9 - 1, max_denominator=10**9)
costs = st.fractions(min_value=-(10**6), max_value=10**6, max_denominator=10**12)
works = st.lists(
    st.tuples(
        st.integers(min_value=0, max_value=3 * 24 * 60),
        st.sampled_from(("gpu:0", "gpu:1", "cpu")),
        st.sampled_from(("llm", "image", "")),
        claims,
        costs,
        st.sampled_from(("left", "accepted", "settled", "rejected", "expired")),
    ),
    min_size=1,
    max_size=12,
)
minutes = st.integers(min_value=-60, max_value=4 * 24 * 60)


@pytest.fixture(scope="module")
def made(booked, tmp_path_factory):
    """Fills a new ledger with work and what became of it."""
    folder = tmp_path_factory.mktemp("books")

    def fill(some):
        books = booked.opened(folder / f"{next(NUMBERS)}.db")
        books.ledger._connection.execute("PRAGMA synchronous = OFF")
        with closing(books.ledger):
            drafts = [
                books.draft(
                    booked.START + timedelta(minutes=minute),
                    booked.subject(device, workload=workload),
                    (
                        booked.claim(claim),
                        booked.claim(claim, booked.NMT),
                        booked.energy(cost),
                        booked.energy(cost, Account.ENERGY_IDLE, JPY),
                    ),
                )
                for minute, device, workload, claim, cost, _ in some
            ]
            for entry, (*_, fate) in zip(books.put(*drafts), some, strict=True):
                if fate in {"accepted", "settled"}:
                    books.accept(entry, max(0, entry.postings[0].minor), payer=f"p{entry.number % 2}")
                if fate == "settled":
                    books.settle(entry)
                if fate == "rejected":
                    books.reject(entry)
                if fate == "expired":
                    books.expire(entry)
        return books

    return fill


SETTINGS = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@SETTINGS
@given(works, st.lists(st.sampled_from(PARTS), unique=True, min_size=1), minutes, minutes)
def test_sums_by_any_grouping_over_any_time_equal_the_total(made, booked, some, by, one, other):
    books = made(some)
    since, until = (booked.START + timedelta(minutes=each) for each in sorted((one, other)))
    with closing(Reader(books.path)) as reader:
        entries = [each.entry for each in reader.every()]
        for begin, end in ((None, None), (since, until), (None, since), (until, None)):
            expected: dict[tuple[Account, Asset], int] = defaultdict(int)
            for entry in entries:
                if (begin is None or entry.at >= begin) and (end is None or entry.at < end):
                    for each in entry.postings:
                        expected[each.account, each.asset] += each.minor
            (whole,) = reader.figures(begin, end)
            assert dict(whole.balances) == expected
            assert together(reader.figures(begin, end, by)) == whole


@SETTINGS
@given(works)
def test_what_is_booked_of_exact_amounts_is_their_sum_rounded_down_and_never_more_off(made, some):
    books = made(some)
    exact: dict[tuple[str, Account, Account, Asset], Fraction] = defaultdict(Fraction)
    minor: dict[tuple[str, Account, Account, Asset], int] = defaultdict(int)
    with closing(Reader(books.path)) as reader:
        for listed in reader.every():
            entry = listed.entry
            for debit, credit in zip(entry.postings[::2], entry.postings[1::2], strict=True):
                key = entry.subject.uuid or entry.subject.device, debit.account, credit.account, debit.asset
                exact[key] += debit.exact
                minor[key] += debit.minor
    for key, total in exact.items():
        assert 0 <= total * 10 ** key[3].exponent - minor[key] < 1


@SETTINGS
@given(works)
def test_whatever_is_booked_is_sound_and_leaves_as_a_file_that_is(made, some):
    books = made(some)
    with closing(Reader(books.path)) as reader:
        found = verify(reader)
        assert found.is_sound, found.flaws
        file = "".join(lines(reader)).encode().splitlines()
        assert checked(file, "a.jsonl").head == found.head


@given(st.integers(min_value=-MOST_MINOR, max_value=MOST_MINOR))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_amount_of_eighteen_decimals_survives_the_way_through_the_file(booked, tmp_path_factory, minor):
    books = booked.opened(tmp_path_factory.mktemp("books") / "one.db")
    books.ledger._connection.execute("PRAGMA synchronous = OFF")
    move = booked.energy(Fraction(minor, 10**18), asset=booked.NMT)
    with closing(books.ledger), closing(Reader(books.path)) as reader:
        books.work(moves=(move,))
        (listed,) = reader.entries()
        assert [each.minor for each in listed.entry.postings] == [minor, -minor]
        (found,) = reader.figures()
        assert found.minor(Account.ENERGY_MARGINAL, booked.NMT) == minor
