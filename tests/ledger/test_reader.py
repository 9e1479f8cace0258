"""The ledger is read beside its writer: sums of any time, told apart by anything, and entries page by page."""

from contextlib import closing
from datetime import datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from netmind_tui.ledger.reader import Chosen, Head, Reader
from netmind_tui.ledger.total import Figures, together
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.ledger import Account, EntryKind, State
from netmind_tui.model.metering import Activity, EnergyMethod
from netmind_tui.model.money import AmountText
from netmind_tui.model.problem import Problem


@pytest.fixture
def reader(books):
    with closing(Reader(books.path)) as opened:
        yield opened


def eur(text: str) -> tuple[AmountText, ...]:
    return (AmountText(asset="EUR", amount=text),)


def names(listed) -> list[str]:
    return [each.entry.id for each in listed]


def test_books_without_entries_come_to_nothing(reader):
    assert reader.figures() == (Figures(),)
    assert reader.figures(by="device") == ()
    assert reader.entries() == ()
    assert reader.head() == Head()
    assert set(reader.states().values()) == {0}


def test_accounts_are_sums_side_by_side_in_each_asset(books, booked, reader):
    moves = (booked.claim("1.50"), booked.claim("0.000000000000000001", booked.NMT), booked.energy("0.25"))
    first = books.work(moves=moves)
    books.work(booked.START + booked.QUARTER, moves=moves)
    books.accept(first, 140, fee=14)
    (found,) = reader.figures()
    assert found.told(Account.CLAIM_METERED, credit=True) == (
        AmountText(asset="EUR", amount="3.00"),
        AmountText(asset="NMT", amount="0.000000000000000002"),
    )
    assert found.told(Account.INCOME, credit=True) == eur("1.40")
    assert found.told(Account.RECEIVABLE, Account.FEES) == eur("1.40")
    assert found.told(Account.ENERGY_MARGINAL) == eur("0.50")
    assert found.told(Account.SETTLED) == ()
    assert found.minor(Account.CLAIM_OPEN, booked.EUR) == 150


def test_what_was_used_is_told_apart_by_activity_and_method(books, booked, reader):
    books.work(used=booked.usage())
    books.work(booked.START + booked.QUARTER, used=booked.usage(energy_ms=450_000))
    books.work(booked.START + 2 * booked.QUARTER, moves=(), used=booked.usage(Activity.READY))
    (found,) = reader.figures()
    assert found.entries == 3
    assert found.duration_ms() == 1_800_000
    assert found.duration_ms([Activity.READY]) == 900_000
    assert sum(each.energy_ms for each in found.metered()) == 1_350_000
    assert found.method() is EnergyMethod.NVML_ENERGY


def test_a_time_that_begins_and_ends_within_hours_has_exactly_the_work_that_began_in_it(books, booked, reader):
    """Calcutta's days begin half an hour after an hour of the tallies does."""
    hundredth = (booked.claim(Fraction(1, 100)),)
    books.put(*(books.draft(booked.START + n * booked.QUARTER, moves=hundredth) for n in range(24 * 4 * 2)))
    day = datetime(2026, 3, 2, tzinfo=ZoneInfo("Asia/Kolkata"))
    (found,) = reader.figures(day, day + timedelta(days=1))
    assert found.entries == 96
    assert found.told(Account.CLAIM_OPEN) == eur("0.96")
    (found,) = reader.figures(booked.START + timedelta(minutes=20), booked.START + timedelta(minutes=50))
    assert found.entries == 2
    (found,) = reader.figures(booked.START + timedelta(minutes=15), booked.START + timedelta(hours=3, milliseconds=1))
    assert found.entries == 12


def test_what_work_cost_and_earned_counts_where_it_began_whenever_it_is_booked(books, booked, reader):
    work = books.work(booked.START, moves=(booked.claim("2"),))
    late = booked.START + timedelta(days=40)
    books.put(
        *(booked.life.accepted(books.story(work), "a", booked.Amount(minor=200, asset=booked.EUR)),),
        now=late,
    )
    (march,) = reader.figures(booked.START, booked.START + timedelta(days=31))
    (april,) = reader.figures(booked.START + timedelta(days=31), booked.START + timedelta(days=61))
    assert march.told(Account.INCOME, credit=True) == eur("2.00")
    assert april == Figures()


def test_groups_come_to_the_whole(books, booked, reader):
    for n in range(8):
        whom = booked.subject(f"gpu:{n % 3}", workload=("llm", "image")[n % 2], job=f"j{n}")
        work = books.work(booked.START + n * booked.QUARTER, whom, (booked.claim(Fraction(n, 7)),), unrated="unlisted")
        if n % 2:
            books.accept(work, n, payer=f"p{n % 4}")
    (whole,) = reader.figures()
    for by in ("node", "device", "workload", "payer", ("device", "payer"), ("workload", "device", "node")):
        assert together(reader.figures(by=by)) == whole, by
    assert [each.group.device for each in reader.figures(by="device")] == ["gpu:0", "gpu:1", "gpu:2"]
    assert [each.group.payer for each in reader.figures(by="payer")] == ["", "p1", "p3"]


def test_a_card_that_goes_by_another_name_now_is_one_device_and_its_successor_another(books, booked, reader):
    books.work(booked.START, booked.subject("gpu:0", uuid="GPU-a"))
    books.work(booked.START + timedelta(hours=2), booked.subject("gpu:1", uuid="GPU-a"))
    books.work(booked.START + timedelta(hours=4), booked.subject("gpu:0", uuid="GPU-b"))
    books.work(booked.START + timedelta(hours=4), booked.subject("cpu", uuid=""))
    found = [(each.group.device, each.group.uuid, each.entries) for each in reader.figures(by="device")]
    assert found == [("gpu:1", "GPU-a", 2), ("gpu:0", "GPU-b", 1), ("cpu", "", 1)]


def test_groups_in_which_nothing_was_used_name_their_device_too(books, booked, reader):
    books.accept(books.work(), 5, payer="pool")
    found = [(each.group.device, each.group.payer, each.entries) for each in reader.figures(by=("device", "payer"))]
    assert found == [("gpu:0", "", 1), ("gpu:0", "pool", 0)]


def test_sums_of_some_accounts_alone_are_those_of_all(books, booked, reader):
    for n in range(9):
        books.work(booked.START + n * booked.QUARTER, booked.subject(f"gpu:{n % 2}"), unrated="unlisted")
    some = (Account.ENERGY_MARGINAL, Account.INCOME)
    for since in (None, booked.START + booked.QUARTER):
        for whole, part in zip(
            reader.figures(since, by="device"), reader.figures(since, by="device", accounts=some), strict=True
        ):
            assert part.group == whole.group
            assert part.balances == {key: minor for key, minor in whole.balances.items() if key[0] in some}
            assert (part.used, part.unrated) == ((), {})


def test_sums_of_one_device_workload_or_payer_alone(books, booked, reader):
    one = books.work(booked.START, booked.subject("gpu:0"), (booked.claim("1"),))
    books.work(booked.START, booked.subject("gpu:1", workload="image"), (booked.claim("2"),))
    books.accept(one, 90, payer="pool")
    assert [each.told(Account.CLAIM_METERED, credit=True) for each in reader.figures(device="gpu:1")] == [eur("2.00")]
    assert reader.figures(device="GPU-1") == reader.figures(workload="image")
    assert [each.told(Account.INCOME, credit=True) for each in reader.figures(payer="pool")] == [eur("0.90")]
    assert reader.figures(node="another") == (Figures(),)


def test_hours_without_a_rate_or_a_price_are_told_with_the_reason(books, booked, reader):
    books.work(booked.START, moves=(), unrated="unlisted", unpriced="no price")
    books.work(booked.START + timedelta(hours=1), moves=(), unrated="unlisted")
    books.work(booked.START + timedelta(hours=2), moves=(), unrated="unpublished")
    books.work(booked.START + timedelta(hours=3), moves=(), used=booked.usage(Activity.READY), unrated="unlisted")
    books.work(booked.START + timedelta(hours=4), other='"unrated')
    books.work(booked.START + timedelta(hours=5), unpriced="a gap", unpriced_s="1.5")
    (found,) = reader.figures()
    assert found.unrated == {"unlisted": 1_800_000, "unpublished": 900_000}
    assert found.unpriced == {"no price": 900_000, "a gap": 1500}


def test_sums_beyond_what_a_database_can_add_are_exact(books, booked, reader):
    huge = Fraction(10**27 - 1, 10**18)
    books.put(
        *(books.draft(booked.START + n * booked.QUARTER, moves=(booked.claim(huge, booked.NMT),)) for n in range(30))
    )
    for since in (None, booked.START + timedelta(milliseconds=-1), booked.START - timedelta(hours=1)):
        (found,) = reader.figures(since, booked.START + timedelta(hours=7, minutes=20))
        assert found.minor(Account.CLAIM_OPEN, booked.NMT) == 30 * (10**27 - 1)


def test_each_entry_is_listed_with_what_became_of_it(books, booked, reader):
    works = [books.work(booked.START + n * booked.QUARTER) for n in range(5)]
    books.accept(works[0], 5)
    books.settle(works[0])
    books.reject(works[1])
    books.expire(works[2])
    books.accept(works[3], 5)
    told = {each.entry.id: each.state for each in reader.entries()}
    assert [told[each.id] for each in works] == ["settled", "rejected", "expired", "accepted", "metered"]
    assert told["w-1-a"] is None
    assert reader.states() == dict.fromkeys(State, 1)
    for state, work in zip(("settled", "rejected", "expired", "accepted", "metered"), works, strict=True):
        assert names(reader.entries(Chosen(state=State(state)))) == [work.id]


def test_pages_follow_each_other_without_a_gap_in_both_directions(books, booked, reader):
    books.put(*(books.draft(booked.START + n * booked.QUARTER) for n in range(23)))
    seen, after = [], 0
    while page := reader.entries(after=after, limit=5):
        seen += page
        after = page[-1].entry.number
    assert names(seen) == [f"w-{n}" for n in range(1, 24)]
    back, before = [], None
    while page := reader.entries(before=before, newest_first=True, limit=5):
        back += page
        before = page[-1].entry.number
    assert back == seen[::-1]
    assert list(reader.every()) == seen


def test_entries_are_chosen_by_all_that_they_say(books, booked, reader):
    one = books.work(booked.START, booked.subject("gpu:0", job="j1"))
    two = books.work(booked.START + timedelta(hours=1), booked.subject("gpu:1", workload="image"))
    answer = books.accept(one, 5, payer="pool")
    for chosen, expected in (
        (Chosen(kind=EntryKind.ACCEPTED), [answer]),
        (Chosen(device="gpu:1"), [two]),
        (Chosen(device="GPU-1"), [two]),
        (Chosen(workload="llm"), [one, answer]),
        (Chosen(payer="pool"), [answer]),
        (Chosen(job="j1"), [one, answer]),
        (Chosen(node="another"), []),
        (Chosen(since=booked.START + timedelta(minutes=30)), [two]),
        (Chosen(until=booked.START + timedelta(hours=1)), [one, answer]),
        (Chosen(about=one.id), [one, answer]),
        (Chosen(device="gpu:0", kind=EntryKind.METERED), [one]),
    ):
        assert [each.entry for each in reader.entries(chosen)] == expected, chosen
    assert reader.entry(answer.id).entry == answer
    assert reader.entry("no such") is None


def test_an_entry_is_read_as_it_was_booked(books, booked, reader):
    made = books.work(
        moves=(booked.claim("1/3", booked.NMT), booked.energy("-0.019")), rate="0.20 EUR", card="manúal\n☃"
    )
    assert reader.entry(made.id).entry == made


def test_reading_all_keeps_no_writer_waiting_and_ends_where_it_began(books, booked, reader, monkeypatch):
    monkeypatch.setattr("netmind_tui.ledger.reader.PAGE", 4)
    for n in range(10):
        books.work(booked.START + n * booked.QUARTER)
    seen = []
    for each in reader.every():
        seen.append(each.entry.number)
        books.work(booked.START)
    assert seen == list(range(1, 11))
    assert reader.head().number == 20


def test_no_ledger_yet_is_said_with_what_makes_one(tmp_path):
    with pytest.raises(Problem, match="there is no ledger yet") as raised:
        Reader(tmp_path / "none.db")
    assert raised.value.code is ExitCode.UNMEASURED
