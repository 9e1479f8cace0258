"""What can be seen of a ledger at once: its file, sums and newest entries, its copies, and what is not booked yet."""

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from netmind_tui.database import Damage
from netmind_tui.ledger.keeping import Backup, backups, was_set_aside
from netmind_tui.ledger.reader import Listed, Reader
from netmind_tui.ledger.soundness import see_sound
from netmind_tui.model.books import LedgerCheck, LedgerCopies, LedgerCopy, LedgerHead
from netmind_tui.model.finding import Action, Finding, Status, worst
from netmind_tui.model.problem import Problem

Waiting = Callable[[int], int | None]

METER = "meter"
"""The source whose intervals the agent books."""
_RESTORE = "netmind ledger restore"
_OLD = timedelta(days=2)
_REACHED = "SELECT coalesce((SELECT number FROM reached WHERE source = ?), 0)"


def check(path: Path, now: datetime, *, waiting: Waiting = lambda _reached: None) -> LedgerCheck:
    """Look at a ledger, whoever writes it.

    Args:
        path: Where it is, or would be.
        now: When that is.
        waiting: How many intervals were metered after a number; ``None`` where nothing was ever metered.

    Raises:
        Problem: it is of a newer version, is none of ours, or this user may not read it.
    """
    aside = was_set_aside(path)
    if aside is not None:
        words = f"the ledger is kept as {aside.name}, and nothing is in its place"
        lost = _finding("ledger-damaged", words, Status.FAIL, _RESTORE)
        return _told(path, [lost, *_of_copies(path, now, 0)])
    if not path.exists():
        nothing = _finding("ledger-sound", "nothing was booked yet: there are no books", Status.PASS)
        late = waiting(0)
        return _told(path, [nothing, *_of_waiting(late)], waiting=late)
    try:
        with closing(Reader(path, whole=True)) as reader:
            with reader.snapshot() as connection:
                see_sound(connection, path)
                reached = int(connection.execute(_REACHED, (METER,)).fetchone()[0])
            newest = reader.entries(newest_first=True, limit=1)
    except Damage as damage:
        words = f"the ledger is damaged: {damage.detail}"
        return _told(path, [_finding("ledger-damaged", words, Status.FAIL, _RESTORE), *_of_copies(path, now, 0)])
    late = waiting(reached)
    entries = newest[0].entry.number if newest else 0
    words = f"the file is whole, its sums come to nothing, and the newest of {entries:,} entries chain up"
    sound = _finding("ledger-sound", words, Status.PASS)
    return _told(
        path,
        [sound, *_of_waiting(late), *_of_copies(path, now, entries)],
        newest=newest[0] if newest else None,
        waiting=late,
    )


def copies(path: Path) -> LedgerCopies:
    """The copies of a ledger, looked through.

    Raises:
        Problem: their folder cannot be read.
    """
    return LedgerCopies(path=str(path), copies=tuple(map(copy_of, backups(path))))


def copy_of(backup: Backup) -> LedgerCopy:
    """A copy as documents tell of it."""
    return LedgerCopy(
        path=str(backup.path),
        day=backup.day,
        size_bytes=backup.size_bytes,
        entries=backup.entries,
        booked_at=backup.booked,
        flaw=backup.flaw,
    )


def _told(
    path: Path, findings: list[Finding], *, newest: Listed | None = None, waiting: int | None = None
) -> LedgerCheck:
    entry = None if newest is None else newest.entry
    return LedgerCheck(
        path=str(path),
        verdict=worst([each.status for each in findings]),
        entries=0 if entry is None else entry.number,
        size_bytes=path.stat().st_size if path.exists() else None,
        head=None if entry is None else LedgerHead(number=entry.number, hash=entry.hash.hex()),
        booked_at=None if entry is None else entry.made,
        waiting=waiting,
        findings=tuple(findings),
    )


def _of_waiting(waiting: int | None) -> Iterator[Finding]:
    if waiting is None:
        return
    if not waiting:
        yield _finding("ledger-booked", "all that was metered is booked", Status.PASS)
        return
    count = "1 metered interval is" if waiting == 1 else f"{waiting:,} metered intervals are"
    words = f"{count} not booked yet: the agent does that, each minute"
    yield _finding("ledger-booked", words, Status.WARN, "netmind agent run", Action.WAIT)


def _of_copies(path: Path, now: datetime, entries: int) -> Iterator[Finding]:
    """Whether there is a good copy to go back to, and not too old a one."""
    try:
        found = backups(path)
    except Problem as problem:
        yield _finding("ledger-backups", problem.sentence, Status.WARN)
        return
    good = [each for each in found if each.flaw is None]
    for each in found:
        if each.flaw is not None:
            yield _finding("ledger-backup-bad", f"{each.path.name} is of no use: {each.flaw}", Status.WARN)
    if not good:
        if entries or found:
            words = "there is no good copy to go back to; the agent makes one each day"
            yield _finding("ledger-backups", words, Status.WARN, "netmind agent run")
        return
    last = max((each.day for each in good if each.day is not None), default=None)
    words = f"{len(good)} good cop{'y' if len(good) == 1 else 'ies'}, the newest of {last or 'no day'}"
    is_old = last is None or last < _day(now - _OLD)
    fix = "netmind agent run" if is_old else None
    yield _finding("ledger-backups", words, Status.WARN if is_old and entries else Status.PASS, fix)


def _day(moment: datetime) -> date:
    return moment.astimezone(UTC).date()


def _finding(name: str, title: str, status: Status, fix: str | None = None, action: Action = Action.NONE) -> Finding:
    return Finding(id=name, title=title, status=status, remediation=fix, action=action)
