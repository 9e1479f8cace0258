"""Metered intervals become entries in order and once, whatever happens to processes, disks and files."""

import os
import resource
import signal
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest

from netmind_tui.ledger.reader import Reader
from netmind_tui.ledger.store import open_ledger
from netmind_tui.ledger.verify import verify
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.metering import Activity, Intervals
from netmind_tui.model.problem import Problem
from netmind_tui.node.meter import store as store_module
from netmind_tui.node.meter.store import Store
from netmind_tui.node.money import bookkeeper as bookkeeper_module


def test_every_interval_becomes_one_entry_of_its_name_in_the_order_in_which_it_was_metered(books, interval):
    named = books.worked(interval(0), interval(10), interval(20, activity=Activity.READY))
    standing = books.book()
    assert [each.id for each in books.entries] == [each.id for each in named]
    assert standing.entries == 3
    assert standing.head == books.entries[-1].hash.hex()
    assert standing.problem is None
    assert standing.booked_at == books.now


def test_what_is_booked_is_not_booked_again_by_this_or_another_agent(books, interval):
    books.worked(interval(0), interval(10))
    keeper = books.keeper()
    for _ in range(3):
        keeper.book()
    keeper.close()
    books.worked(interval(20))
    assert books.book().entries == 3
    assert len(books.entries) == 3


def test_what_is_booked_stays_as_it_was_booked_whatever_rates_are_entered_later(books, interval):
    books.worked(interval(0))
    books.book()
    before = books.entries
    books.owner.rates('[[rate]]\nper = "device-hour"\namount = "9 EUR"\nfrom = 2026-11-01\n')
    books.book()
    assert books.entries == before
    assert books.told == []


def test_more_than_a_batch_is_booked_in_batches(books, interval, monkeypatch):
    monkeypatch.setattr(bookkeeper_module, "BATCH", 4)
    books.worked(*(interval(number, 60) for number in range(11)))
    assert books.book().entries == 11


def test_where_nothing_was_ever_worked_no_ledger_is_made(books):
    standing = books.book()
    assert (standing.entries, standing.problem, books.path.exists()) == (0, None, False)


def test_what_another_process_left_unbooked_is_booked_after_it_was_killed(books, interval, owner):
    """A child books one at a time and is killed in the middle, again and again."""
    books.worked(*(interval(number, 60) for number in range(15)))
    reached = 0
    while reached < 15:
        child = subprocess.Popen(
            [sys.executable, "-c", _BOOKS, str(books.path), str(books.meter)], stdout=subprocess.PIPE, text=True
        )
        for _ in range(7):
            child.stdout.readline()
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        child.stdout.close()
        before, reached = reached, len(books.entries)
        assert reached > before
    ids = [each.id for each in books.entries]
    assert len(set(ids)) == len(ids) == 15
    assert books.book().entries == 15


_BOOKS = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from netmind_tui.ledger.reader import Reader
from netmind_tui.ledger.store import Ledger
from netmind_tui.node.meter.reader import Reader
from netmind_tui.node.money import bookkeeper
from netmind_tui.node.money.booking import Basis
from netmind_tui.node.money.rulebook import read_rulebook

class Worked(Reader):
    degraded = None

class Telling(Ledger):
    def append(self, *arguments):
        found = super().append(*arguments)
        print(found[-1].number, flush=True)
        return found

bookkeeper.BATCH = 1
book = read_rulebook()
basis = Basis(node="ed25519:0", rates=book.rates, tariff=book.tariff, power=book.power([]), asset_of=book.assets.asset)
bookkeeper.Bookkeeper(
    Path(sys.argv[1]), Worked(Path(sys.argv[2])), lambda: basis, lambda: datetime(2026, 11, 28, tzinfo=UTC),
    lambda told: None, Telling,
).book()
"""


def test_a_ledger_that_another_process_writes_is_waited_for(books, interval):
    books.worked(interval())
    keeper = books.keeper()
    with closing(open_ledger(books.path)):
        keeper.book()
        keeper.book()
        assert "ledger" in keeper.standing.problem
        assert books.kinds == ["booking-stopped"]  # once for the same reason
    keeper.book()
    keeper.close()
    assert (keeper.standing.entries, keeper.standing.problem) == (1, None)
    assert books.kinds == ["booking-stopped", "booking-resumed"]


def test_a_damaged_ledger_is_set_aside_and_nothing_is_begun_in_its_place(books, interval):
    books.worked(interval(0))
    books.book()
    data = bytearray(books.path.read_bytes())
    data[4096:] = b"\x5a" * (len(data) - 4096)
    books.path.write_bytes(data)
    books.worked(interval(10))
    keeper = books.keeper()
    for _ in range(3):
        keeper.book()
    standing = keeper.standing
    assert "damaged" in standing.problem
    assert "netmind ledger restore" in standing.problem
    assert standing.command == "netmind ledger restore"
    assert not books.path.exists()
    (aside,) = books.path.parent.glob("ledger.damaged-*.db")
    assert aside.read_bytes() == bytes(data)
    assert books.kinds == ["booking-stopped"]
    assert books.book().problem is not None  # nor does the next agent
    assert not books.path.exists()


def test_once_a_copy_is_put_back_all_that_was_metered_since_is_booked(books, interval):
    books.worked(interval(0))
    books.book()  # which puts the day's copy by
    books.worked(interval(10))
    books.book()
    books.path.write_bytes(b"no database at all")
    keeper = books.keeper()
    books.worked(interval(20))
    keeper.book()
    assert keeper.standing.problem is not None
    (copy,) = (books.path.parent / "backups").glob("*.db")
    books.path.write_bytes(copy.read_bytes())
    keeper.book()
    keeper.close()
    assert keeper.standing.problem is None
    assert len(books.entries) == 3


def test_a_full_disk_loses_nothing(books, interval, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # no half of a module either
    books.worked(interval(0))
    books.book()
    books.worked(*(interval(number + 1, 60) for number in range(300)))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    keeper = books.keeper()
    resource.setrlimit(resource.RLIMIT_FSIZE, (books.path.stat().st_size + 8192, hard))
    try:
        keeper.book()
        had = keeper.standing.problem
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    assert "disk" in had
    keeper.book()
    keeper.close()
    assert (keeper.standing.problem, len(books.entries)) == (None, 301)


def test_what_is_metered_into_memory_is_not_booked_before_it_is_on_the_disk(books, interval):
    books.worked(interval(0))
    books.store.elsewhere = "it is kept in memory"
    standing = books.book()
    assert (standing.entries, standing.booked_at) == (0, None)
    assert "kept in memory" in standing.problem
    books.store.elsewhere = None
    assert books.book().entries == 1


def test_the_standing_is_that_of_the_ledger_which_is_there_also_of_an_older_one(books, interval):
    books.worked(interval(0))
    keeper = books.keeper()
    keeper.book()  # which puts the day's copy by
    (copy,) = (books.path.parent / "backups").glob("*.db")
    books.worked(interval(10), interval(20))
    keeper.book()
    assert keeper.standing.entries == 3
    older = books.path.with_name("older.db")
    older.write_bytes(copy.read_bytes())
    older.rename(books.path)
    books.store.close()
    books.meter.unlink()
    books.store = keeper._worked = Store(books.meter)
    keeper.book()
    keeper.close()
    assert (keeper.standing.entries, keeper.standing.head) == (1, books.entries[-1].hash.hex())


def test_what_may_not_be_booked_is_told_and_holds_up_nothing_else(books, interval):
    good, bad, last = books.worked(interval(0), interval(10), interval(20))
    far = replace(bad, workload="x" * 10_000)

    class Worked:
        degraded = None
        last_number = staticmethod(books.store.last_number)

        def intervals(self, **asked):
            found = books.store.intervals(**asked)
            return Intervals(
                intervals=tuple(far if each.id == bad.id else each for each in found.intervals), next=found.next
            )

    class Picky(bookkeeper_module.Ledger):
        def append(self, drafts, now, reached=None):
            for each in drafts:
                if len(each.subject.workload) > 200:
                    raise bookkeeper_module.Refused(each.id, "its workload has too long a name")
            return super().append(drafts, now, reached)

    standing = books.book(worked=Worked(), begin=Picky)
    assert [each.id for each in books.entries] == [good.id, last.id]
    assert standing.problem is None
    (told,) = books.told
    assert told.kind.value == "booking-refused"
    assert bad.id in told.sentence


def test_while_a_file_about_money_is_wrong_nothing_is_booked_and_nothing_is_lost(books, interval, owner):
    books.worked(interval())
    owner.rates('[[rate]]\nper = "device-hour"\namount = 0.20\nfrom = 2026-11-01\n')
    standing = books.book()
    assert "rates.toml" in standing.problem
    assert standing.entries == 0
    owner.rates('[[rate]]\nper = "device-hour"\namount = "0.20 EUR"\nfrom = 2026-11-01\n')
    assert books.book().entries == 1


def test_without_the_nodes_key_nothing_is_booked(books, interval):
    def no_key():
        raise Problem("the node's key cannot be used: it is damaged", ExitCode.USAGE)

    books.worked(interval())
    books.node = no_key
    assert books.book().problem == "the node's key cannot be used: it is damaged"


def test_a_fault_of_the_program_is_told_and_metering_goes_on(books, interval):
    def broken():
        raise ZeroDivisionError("of its own")

    books.worked(interval())
    books.node = broken
    assert books.book().problem == "a fault of its own: ZeroDivisionError: of its own"


def test_a_meter_that_was_begun_anew_by_a_clock_behind_loses_and_doubles_nothing(books, interval, monkeypatch):
    (first,) = books.worked(interval(0))
    books.book()
    books.store.close()
    books.meter.rename(books.meter.with_name("old.db"))
    monkeypatch.setattr(store_module, "base", lambda: 5)
    books.store = Store(books.meter)
    books.store.put((first,), {})  # what the old file still had, and the new one has too
    (second,) = books.worked(interval(10))
    books.owner.rates('[[rate]]\nper = "device-hour"\namount = "9 EUR"\nfrom = 2026-11-01\n')
    assert books.book().entries == 2
    assert [each.id for each in books.entries] == [first.id, second.id]
    assert books.told == []
    books.worked(interval(20))
    assert books.book().entries == 3
    books.store.close()


def test_the_books_of_a_keeper_are_sound(books, interval):
    books.worked(*(interval(10 * number, 599.5, watts=311.7) for number in range(6)))
    books.book()
    with closing(Reader(books.path)) as reader:
        assert verify(reader).is_sound


def test_a_copy_is_put_by_once_a_day(books, interval):
    books.worked(interval())
    keeper = books.keeper()
    for hours in (0, 1, 24):
        books.now += timedelta(hours=hours)
        keeper.book()
    keeper.close()
    assert keeper.standing.backup_at == books.now
    assert len(list((books.path.parent / "backups").glob("*.db"))) == 2


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_overlapping_and_late_intervals_are_booked_as_they_come(books, interval, order):
    made = (interval(0, 600), interval(5, 600))
    books.worked(*(made[place] for place in order))
    assert books.book().entries == 2
