"""Where a plan comes from, and what is known of it: a file that is looked at again when it changes."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Protocol

from netmind_tui.ledger.tariff.plan import Plan
from netmind_tui.ledger.tariff.read import read_tariff
from netmind_tui.model.problem import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a source told last. ``read_at`` is when the plan was read, ``None`` where none was.

    The plan ``is_held`` while its source has not told it anew: ``fault`` says why, where it was asked.
    """

    plan: Plan | None = None
    read_at: datetime | None = None
    fault: str | None = None
    is_held: bool = False


class Source(Protocol):
    """One place of a plan. Asking it may take seconds, and never raises."""

    @property
    def name(self) -> str:
        """What it is called in sentences."""

    def begin(self) -> Known:
        """What is known of it from before, without asking anybody."""

    def look(self, known: Known, now: datetime) -> Known:
        """What is known of it now; ``known`` itself where nothing is new, or it need not be asked yet."""


class FileSource:
    """A file; read again when it is another one."""

    def __init__(self, path: Path, currency: str | None = None, read: Callable[..., Plan] = read_tariff) -> None:
        self._path = path
        self._currency = currency
        self._read = read
        self._seen: tuple[int, ...] | None = None

    @property
    def name(self) -> str:
        """Its path."""
        return str(self._path)

    def begin(self) -> Known:
        """Nothing yet: a file is at hand."""
        return Known()

    def look(self, known: Known, now: datetime) -> Known:
        """Read it where it is new, and once again where it could not be read."""
        signature = self._signature()
        if signature is not None and signature == self._seen:
            return known
        self._seen = signature
        try:
            return Known(plan=self._read(self._path, self._currency), read_at=now)
        except Problem as problem:
            fault = problem.sentence
        return known if known.fault == fault else replace(known, fault=fault, is_held=True)

    def _signature(self) -> tuple[int, ...] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino
