"""Kills a writer of the ledger at random moments, and lets its disk refuse: nothing acknowledged is lost or doubled.

Writers book batches as fast as they can, make the daily backups besides, or bring an old ledger to this version. After
each kill the ledger is read by hand: it must hold exactly the batches that were acknowledged, and at most one more;
every entry must come to nothing and be chained to the one before it, and all sums must be those of the entries. Ends
with 1 if not.
"""

import argparse
import os
import random
import re
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from ledger_followed import QUARTER, SOURCE, START, Book, drafts_of

from netmind_tui.ledger.keeping import KEPT, backups
from netmind_tui.ledger.store import open_ledger
from netmind_tui.ledger.table import SUMS_1
from netmind_tui.model.problem import Problem

KILLS = 240
FAILURES = 40
_LONGEST_S = 0.25
_OLD_BATCHES = 60
_MOST_REFUSED = 100


@dataclass
class Seen:
    """What came of it."""

    kills: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    halves: int = 0
    batches: int = 0
    entries: int = 0
    faults: list[str] = field(default_factory=list)


def main() -> int:
    """Kill, refuse, look, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--failures", type=int, default=FAILURES)
    parser.add_argument("--seed", type=int, default=9)
    wishes = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        seen = killed(Path(name), wishes.kills, wishes.failures, random.Random(wishes.seed))
    for kind, count in seen.kills.items():
        print(f"kills while it was {kind:24}{count:8}")
    print(f"of these with a commit half done           {seen.halves:8}")
    for kind, count in seen.refused.items():
        print(f"refused by {kind:32}{count:8}")
    print(f"batches acknowledged                       {seen.batches:8}, {seen.entries} entries")
    print("\n".join(seen.faults) or "nothing lost, nothing doubled, all balanced and chained")
    return 1 if seen.faults else 0


def killed(folder: Path, kills: int, failures: int, dice: random.Random) -> Seen:
    """Kill so often, let the disk refuse so often, and compare each time."""
    seen = Seen()
    book = Book(folder / "booking" / "ledger.db")
    kept = Book(folder / "backup" / "ledger.db")
    old, takes_s = _old_ledger(folder / "old")
    for number in range(kills):
        match number % 10:
            case 8:
                _kill_migration(folder / f"migration-{number}", old, dice.uniform(0, takes_s), seen)
            case 3 | 6:
                _kill(kept, "backed up", _write_and_keep, dice, seen)
            case _:
                _kill(book, "written", write, dice, seen)
    for _ in range(failures):
        _refuse(book, dice, seen)
    _fill(folder / "tmpfs", seen)
    for each in (book, kept):
        seen.batches, seen.entries = seen.batches + each.acknowledged, seen.entries + each.number
    return seen


def write(path: Path, said: int, *, keeps: bool = False, most: int | None = None) -> None:
    """Book batch after batch, and say each when it is booked."""
    with closing(open_ledger(path)) as ledger:
        batch = ledger.reached(SOURCE)
        ends = None if most is None else batch + most
        while batch != ends:
            batch += 1
            ledger.append(drafts_of(batch), START + QUARTER * batch, (SOURCE, batch))
            os.write(said, f"{batch}\n".encode())
            if keeps:
                ledger.keep(START + timedelta(days=batch))


def _write_and_keep(path: Path, said: int) -> None:
    write(path, said, keeps=True)


@contextmanager
def _child(work: Callable[[int], None]) -> Iterator[tuple[int, int]]:
    """A process that works, and the end of the line that it writes to."""
    heard, said = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(heard)
        try:
            work(said)
        finally:
            os._exit(0)
    os.close(said)
    try:
        yield child, heard
    finally:
        os.close(heard)


def _heard(line: int) -> int:
    """The last batch that was said."""
    words = b""
    while part := os.read(line, 65536):
        words += part
    whole = words[: words.rfind(b"\n") + 1].split()
    return int(whole[-1]) if whole else 0


def _kill(book: Book, what: str, work: Callable[[Path, int], None], dice: random.Random, seen: Seen) -> None:
    with _child(lambda said: work(book.path, said)) as (child, heard):
        # The first entry is waited for no longer than any other: an empty ledger is made again and again.
        time.sleep(dice.uniform(0, _LONGEST_S))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        book.acknowledged = max(book.acknowledged, _heard(heard))
    seen.kills[what] += 1
    if not book.path.exists():
        seen.faults += [f"{what}: the ledger is gone"] if book.number else []
        return
    seen.halves += _is_half(book.path)
    seen.faults += [f"kill {sum(seen.kills.values())}, {what}: {fault}" for fault in book.faults()]
    copies = [each for each in backups(book.path) if each.day is not None]
    seen.faults += [f"{each.path.name}: {each.flaw}" for each in copies if each.flaw is not None]
    if len(copies) > KEPT + 1:
        seen.faults.append(f"{len(copies)} backups")


def _is_half(path: Path) -> bool:
    journal = path.with_name(f"{path.name}-journal")
    return journal.exists() and journal.stat().st_size > 0


def _old_ledger(folder: Path) -> tuple[Path, float]:
    """A ledger of version 0, and how long it takes to bring it here."""
    path = folder / "ledger.db"
    write(path, os.open(os.devnull, os.O_WRONLY), most=_OLD_BATCHES)
    with closing(sqlite3.connect(path)) as connection:
        for kind, name in re.findall(r"CREATE (TABLE|INDEX) (\w+)", "\n".join(SUMS_1)):
            connection.execute(f"DROP {kind} {name}")
        connection.execute("PRAGMA user_version = 0")
    shutil.copy(path, folder / "old.db")
    began_s = time.monotonic()
    open_ledger(path).close()
    return folder / "old.db", time.monotonic() - began_s


def _kill_migration(folder: Path, old: Path, after_s: float, seen: Seen) -> None:
    folder.mkdir()
    book = Book(folder / "ledger.db")
    shutil.copy(old, book.path)
    with _child(lambda _: open_ledger(book.path).close()) as (child, _):
        time.sleep(after_s)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    seen.kills["brought to this version"] += 1
    seen.halves += _is_half(book.path)
    with closing(open_ledger(book.path)) as ledger:
        ledger.append([], START, (SOURCE, _OLD_BATCHES))
    book.acknowledged = _OLD_BATCHES
    seen.faults += [f"migration killed after {after_s:.3f} s: {fault}" for fault in book.faults()]
    shutil.rmtree(folder)


def _refuse(book: Book, dice: random.Random, seen: Seen) -> None:
    """Let no file grow beyond some size, then lift that: a writer goes on where it was refused."""
    largest = book.path.stat().st_size + dice.randrange(100_000)
    with _child(lambda said: _write_within(book.path, said, largest)) as (child, heard):
        book.acknowledged = max(book.acknowledged, _heard(heard))
        _, status = os.waitpid(child, 0)
    seen.refused["a limit on the size of files"] += 1
    if status:
        seen.faults.append(f"the writer ended with {status}")
    seen.faults += [f"within {largest} bytes: {fault}" for fault in book.faults()]


def _write_within(path: Path, said: int, largest: int) -> None:
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    with closing(open_ledger(path)) as ledger:
        batch = ledger.reached(SOURCE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest, usual[1]))
        is_refused = False
        for _ in range(_MOST_REFUSED):
            try:
                ledger.append(drafts_of(batch + 1), START, (SOURCE, batch + 1))
            except Problem:
                if is_refused:
                    return
                is_refused = True
                resource.setrlimit(resource.RLIMIT_FSIZE, usual)
                continue
            batch += 1
            os.write(said, f"{batch}\n".encode())


def _fill(folder: Path, seen: Seen) -> None:
    """The same on a small file system of its own, where one can be mounted."""
    folder.mkdir()
    mount, unmount = shutil.which("mount"), shutil.which("umount")
    line = [mount or "", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if not mount or not unmount or subprocess.run(line, capture_output=True, check=False).returncode:
        print("no file system can be mounted here: a full one is left out", file=sys.stderr)
        return
    try:
        book = Book(folder / "ledger.db")
        filler = folder / "filler"
        filler.write_bytes(bytes(600_000))
        with closing(open_ledger(book.path)) as ledger:
            while True:
                try:
                    batch = book.acknowledged + 1
                    ledger.append(drafts_of(batch), START, (SOURCE, batch))
                except Problem:
                    break
                book.acknowledged = batch
            seen.faults += [f"on a full disk: {fault}" for fault in book.faults()]
            filler.unlink()
            ledger.append(drafts_of(book.acknowledged + 1), START, (SOURCE, book.acknowledged + 1))
            book.acknowledged += 1
        seen.refused["a full file system"] += 1
        seen.faults += [f"once the disk had room: {fault}" for fault in book.faults()]
    finally:
        subprocess.run([unmount, str(folder)], check=True)


if __name__ == "__main__":
    sys.exit(main())
