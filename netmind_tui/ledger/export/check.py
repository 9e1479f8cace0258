"""Sees whether a file of JSON Lines is what a ledger held: each line by its hash, and all of them by the chain."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from netmind_tui import document
from netmind_tui.ledger.chain import FORM
from netmind_tui.ledger.export.lines import HEAD, EntryLine, HeadLine, entry_of_line
from netmind_tui.ledger.reader import Head
from netmind_tui.ledger.walk import Walk
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

MOST_LINE_BYTES = 4 << 20
L = TypeVar("L", EntryLine, HeadLine)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a sound file holds: some entries of a ledger that ended in ``head``; all of them where it ``is_whole``."""

    entries: int
    head: Head
    is_whole: bool


def holds_lines(path: Path) -> bool:
    """Whether a file begins as one of these does, and no ledger; one that cannot be read does not."""
    try:
        with path.open("rb") as opened:
            return opened.read(1) == b"{"
    except OSError:
        return False


def checked_file(path: Path, known: Head | None = None) -> Checked:
    """Look through a file; see ``checked``."""
    with path.open("rb") as opened:
        return checked(iter(lambda: opened.readline(MOST_LINE_BYTES + 1), b""), str(path), known)


def checked(lines: Iterable[bytes], source: str, known: Head | None = None) -> Checked:
    """Look through a file, line by line.

    Args:
        lines: of the file.
        source: what it is, for the sentences.
        known: a head that the ledger had once: it must be among its entries, where they are all there.

    Raises:
        Problem: it is none of these files (usage), or not what a ledger held (failed), and where.
    """
    look = _Look(source, known or Head())
    for nth, line in enumerate(lines, start=1):
        look.at(line, f"{source}, line {nth}")
    return look.end()


class _Look:
    """Goes along the lines of a file."""

    def __init__(self, source: str, known: Head) -> None:
        self._source = source
        self._known = known
        self._walk = Walk()
        self._count = 0
        self._last: HeadLine | None = None

    def at(self, line: bytes, place: str) -> None:
        """See that the next line is sound."""
        if self._last is not None:
            raise Problem(f"{place}: there is more after the last line", ExitCode.FAILED)
        if len(line) > MOST_LINE_BYTES:
            raise Problem(f"{place} is longer than {MOST_LINE_BYTES >> 20} MiB: no ledger wrote it", ExitCode.USAGE)
        if f'"schema":"{HEAD}"'.encode() in line:
            self._last = _canonical(line, HeadLine, place)
        else:
            self._entry(_canonical(line, EntryLine, place), place)

    def end(self) -> Checked:
        """See that nothing is missing."""
        last, source = self._last, self._source
        if last is None:
            raise Problem(f"{source} is cut short: its last line, which names the head, is missing", ExitCode.FAILED)
        head = Head(number=last.number, hash=_bytes(last.hash, source))
        if self._count != last.entries or (last.is_whole and self._count != head.number):
            raise Problem(f"{source} has {self._count} entries; its last line tells of {last.entries}", ExitCode.FAILED)
        if self._walk.head != head and (last.is_whole or self._walk.head.number >= head.number):
            raise Problem(f"{source} does not end in the head that its last line names", ExitCode.FAILED)
        if head.number < self._known.number:
            words = f"entry {self._known.number} was booked once, and is missing: the books were cut back"
            raise Problem(f"{source}: {words}", ExitCode.FAILED)
        return Checked(entries=self._count, head=head, is_whole=last.is_whole)

    def _entry(self, line: EntryLine, place: str) -> None:
        if line.schema != FORM:
            raise Problem(f"{place}: expected schema {FORM}, found {line.schema}", ExitCode.USAGE)
        try:
            entry = entry_of_line(line)
        except (ValueError, OverflowError) as error:
            raise Problem(f"{place}: {error}", ExitCode.FAILED) from error
        before = self._walk.head.number
        if entry.number <= before:
            raise Problem(f"{place}: entry {entry.number} comes after entry {before}", ExitCode.FAILED)
        if entry.number > before + 1:
            # Entries were left out: the chain goes on beyond the gap, where the line says what was before it.
            self._walk = Walk(Head(number=entry.number - 1, hash=entry.previous))
        what = self._walk.flaw_of(entry)
        if entry.number == self._known.number and entry.hash != self._known.hash:
            what = f"it had the hash {self._known.hash.hex()} once: the books were written anew"
        if what is not None:
            raise Problem(f"{place}, entry {entry.number} ({entry.id}): {what}", ExitCode.FAILED)
        self._walk.take(entry)
        self._count += 1


def _canonical(line: bytes, kind: type[L], place: str) -> L:
    found = document.decode(line, kind, place)
    if document.encode(found) != line.rstrip(b"\n"):
        raise Problem(
            f"{place} is not in canonical form (RFC 8785): it was written by another program", ExitCode.FAILED
        )
    return found


def _bytes(text: str, source: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise Problem(f"{source}: {text[:80]!r} in its last line is no hash", ExitCode.FAILED) from error
