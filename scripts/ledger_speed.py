"""What the ledger costs on this machine: durable bookings beside the disk's own pace, and a million entries read.

Prints a table and ends with 1 where a budget is missed. ``--entries`` makes another number of them, ``--folder`` is the
disk to measure, ``--keep`` leaves the ledger there.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

from netmind_tui.ledger.currency import Exchange, Quote
from netmind_tui.ledger.export.form import Form, exported
from netmind_tui.ledger.life import Story, accepted, settled
from netmind_tui.ledger.net import Money
from netmind_tui.ledger.reader import Reader
from netmind_tui.ledger.report import ALONE, By, Terms, earnings
from netmind_tui.ledger.store import Ledger, open_ledger
from netmind_tui.ledger.verify import verify
from netmind_tui.model.ledger import Account, Draft, Entry, EntryKind, Move, Subject, Usage
from netmind_tui.model.metering import Activity, EnergyMethod
from netmind_tui.model.money import Amount, Asset, AssetKind
from netmind_tui.model.period import PeriodName, period_of

LEAST_PER_S, LEAST_OF_FSYNC, MOST_MONTH_MS = 1000, 0.15, 100
_EUR = Asset(code="EUR", exponent=2)
_NMT = Asset(code="NMT", exponent=18, kind=AssetKind.TOKEN)
_DEVICES = 8
_BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
_SLOT = timedelta(minutes=15)
_ROUNDS, _AT_ONCE = 10, 200
_BLOCK = os.urandom(4096)
_BATCH = 5000
_ZONE = ZoneInfo("Europe/Oslo")


def main() -> int:
    """Print it all."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, default=None)
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--task", choices=_TASKS, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.task is not None:
        return _told(asked.task, asked.folder)
    folder = Path(tempfile.mkdtemp(prefix="ledger-speed-", dir=asked.folder))
    try:
        are_met = _appends(folder)
        path = folder / "ledger.db"
        _build(path, asked.entries)
        return int(not _readings(path) or not are_met)
    finally:
        if not asked.keep:
            subprocess.run(["rm", "-r", "--", str(folder)], check=True)  # noqa: S607 - a folder that was made here


def _appends(folder: Path) -> bool:
    """One entry a commit, and one block a fsync, in turns: the disk's pace changes while it is watched."""
    drafts = _work()
    bookings, appended, rewritten = [], [], []
    with closing(open_ledger(folder / "one.db")) as ledger:
        for nth in range(_ROUNDS):
            some = list(islice(drafts, _AT_ONCE))
            begun = time.perf_counter()
            for each in some:
                ledger.append([each], each.until)
            bookings.append(_AT_ONCE / (time.perf_counter() - begun))
            handle = os.open(folder / f"raw-{nth}", os.O_CREAT | os.O_WRONLY)
            appended.append(_fsyncs(handle))
            rewritten.append(_fsyncs(handle))
            os.close(handle)
    rate = statistics.median(bookings)
    print(
        f"bookings on the disk, one a commit     {rate:10,.0f} /s (at least {LEAST_PER_S:,}, or {LEAST_OF_FSYNC:.0%})"
    )
    for words, rates in (("each after the last, as bookings are", appended), ("over what is there", rewritten)):
        share = statistics.median(a / b for a, b in zip(bookings, rates, strict=True))
        print(f"fsyncs of a block, {words:37} {statistics.median(rates):8,.0f} /s; bookings are {share:.1%} of that")
    share = statistics.median(a / b for a, b in zip(bookings, appended, strict=True))
    return rate >= LEAST_PER_S or share >= LEAST_OF_FSYNC


def _fsyncs(handle: int) -> float:
    """How many a second, each of one more block from the beginning on."""
    begun = time.perf_counter()
    for nth in range(_AT_ONCE):
        os.pwrite(handle, _BLOCK, len(_BLOCK) * nth)
        os.fsync(handle)
    return _AT_ONCE / (time.perf_counter() - begun)


def _build(path: Path, wanted: int) -> None:
    begun, count = time.perf_counter(), 0
    with closing(open_ledger(path)) as ledger:
        drafts = _work()
        while count < wanted:
            booked = ledger.append(list(islice(drafts, min(_BATCH, wanted - count))), _BEGIN)
            count += len(booked)
            count += _answered(ledger, booked, wanted - count)
    took_s = time.perf_counter() - begun
    size = path.stat().st_size
    print(f"entries, {_BATCH:,} a commit               {count:10,} ({count / took_s:,.0f} /s)")
    print(f"as a file                              {size / 2**20:10,.0f} MiB ({size / count:.0f} bytes an entry)")


def _answered(ledger: Ledger, booked: tuple[Entry, ...], room: int) -> int:
    """A payer accepts every other piece of work, and pays half of that."""
    works = [each for each in booked if each.postings and each.usage and each.usage.activity is Activity.WORK][::2]
    answers = [
        accepted(Story((each,)), f"{each.id}-a", _claim(each), fee=_claim(each).minor // 20, payer="pool")
        for each in works[:room]
    ]
    entries = ledger.append(answers, _BEGIN)
    payments = [
        settled(Story((work, answer)), f"{work.id}-s") for work, answer in list(zip(works, entries, strict=False))[::2]
    ][: room - len(answers)]
    ledger.append(payments, _BEGIN)
    return len(answers) + len(payments)


def _claim(entry: Entry) -> Amount:
    return next(
        Amount(minor=each.minor, asset=each.asset) for each in entry.postings if each.account is Account.CLAIM_OPEN
    )


def _work() -> Iterator[Draft]:
    """Eight devices, a quarter of an hour each: two of three at work, the third ready."""
    slot = 0
    while True:
        at = _BEGIN + slot * _SLOT
        for device in range(_DEVICES):
            works = (slot + device) % 3 > 0
            yield Draft(
                id=f"5eed-{slot * _DEVICES + device}",
                kind=EntryKind.METERED,
                at=at,
                until=at + _SLOT,
                subject=Subject(
                    node="sha256:5eed",
                    device=f"gpu:{device}",
                    uuid=f"GPU-5eed0000-0000-4000-8000-00000000000{device}",
                    workload="llm" if works else "",
                    job=f"20240101T000000-{slot // 40:08x}" if works else "",
                ),
                moves=tuple(_moves(slot, is_work=works)),
                usage=Usage(
                    activity=Activity.WORK if works else Activity.READY,
                    duration_ms=900_000,
                    energy_ms=900_000,
                    energy_mj=267_570_000 + 1000 * (slot % 97),
                    idle_mj=45_000_000,
                    uncertain_mj=13_000_000,
                    method=EnergyMethod.NVML_ENERGY,
                ),
                note={"card": "netmind-power 2025-01", "rate": "1.2 NMT an hour"} if works else {},
            )
        slot += 1


def _moves(slot: int, *, is_work: bool) -> Iterator[Move]:
    price = Fraction(20 + slot % 17, 100)
    joules = 222_570 + slot % 97
    if is_work:
        yield Move(
            debit=Account.CLAIM_OPEN,
            credit=Account.CLAIM_METERED,
            asset=_NMT,
            exact=Fraction(3, 10) + Fraction(slot % 7, 9),
        )
        yield _energy(Account.ENERGY_MARGINAL, Fraction(joules, 3_600_000) * price)
    yield _energy(Account.ENERGY_IDLE, Fraction(45_000, 3_600_000) * price)


def _energy(account: Account, exact: Fraction) -> Move:
    return Move(debit=account, credit=Account.ENERGY_OWED, asset=_EUR, exact=exact)


def _readings(path: Path) -> bool:
    """Each in a process of its own, so that its memory is its own."""
    are_met = True
    for task, (name, _) in _TASKS.items():
        told = subprocess.run(
            [sys.executable, __file__, "--task", task, "--folder", str(path)],
            check=True,
            capture_output=True,
            text=True,
        )
        seconds, bytes_, words = told.stdout.strip().split(" ", 2)
        within = ""
        if task.startswith("month"):
            are_met &= float(seconds) * 1000 <= MOST_MONTH_MS
            within = f" (at most {MOST_MONTH_MS})"
        shown = f"{float(seconds) * 1000:10,.0f} ms" if float(seconds) < 1 else f"{float(seconds):10,.1f} s "
        print(f"{name:<38} {shown}{within}, {int(bytes_) / 2**20:,.0f} MiB in memory, {words}")
    return are_met


def _told(task: str, path: Path) -> int:
    _, work = _TASKS[task]
    with closing(Reader(path)) as reader:
        seconds, words = work(reader)
    print(f"{seconds} {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024} {words}")
    return 0


def _month(reader: Reader, by: By | None = None, terms: Terms = ALONE) -> tuple[float, str]:
    last = reader.entries(newest_first=True, limit=1)[0].entry.at
    period = period_of(PeriodName.MONTH, last - timedelta(days=31), _ZONE)
    told = earnings(reader, period, _ZONE, by=by, terms=terms)
    took_s = statistics.median(_timed(lambda: earnings(reader, period, _ZONE, by=by, terms=terms)) for _ in range(9))
    return took_s, f"{told.total.entries:,} pieces of work"


def _verified(reader: Reader) -> tuple[float, str]:
    found = []
    took = _timed(lambda: found.append(verify(reader)))
    return took, "sound" if found[0].is_sound else str(found[0].flaws)


def _exported(form: Form) -> Callable[[Reader], tuple[float, str]]:
    def work(reader: Reader) -> tuple[float, str]:
        size = 0
        begun = time.perf_counter()
        for piece in exported(reader, form):
            size += len(piece)
        return time.perf_counter() - begun, f"{size / 2**20:,.0f} MiB written"

    return work


_TERMS = Terms(
    money=Money(
        currency=_EUR,
        exchange=Exchange(
            Quote(on=_BEGIN.date() + timedelta(days=day), asset="NMT", currency="EUR", price=Decimal("0.03"))
            for day in range(0, 3650, 7)
        ),
    )
)


def _timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


_TASKS: dict[str, tuple[str, Callable[[Reader], tuple[float, str]]]] = {
    "month": ("a month", _month),
    "month-device": ("a month by device", lambda reader: _month(reader, by="device")),
    "month-converted": (
        "a month by device, in another currency",
        lambda reader: _month(reader, by="device", terms=_TERMS),
    ),
    "verify": ("verify", _verified),
    **{f"export-{each}": (f"export as {each}", _exported(each)) for each in Form},
}


if __name__ == "__main__":
    sys.exit(main())
