"""Copies of the ledger, in ``backups`` beside it, and the way back to one: each is looked through before it counts."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from netmind_tui.aside import put_aside
from netmind_tui.bench.lock import written_alone
from netmind_tui.database import Connection, Damage, copied, damaged, explained, open_for_reading, put_there
from netmind_tui.ledger.row import moment_of
from netmind_tui.ledger.soundness import see_sound
from netmind_tui.ledger.table import LEDGER, VERSION
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

_ASIDE = _DAMAGED, _REPLACED = "damaged", "replaced"
KEPT = 7
"""How many days' copies stay."""
_HEAD = "SELECT number, made_ms, hash FROM entry ORDER BY number DESC LIMIT 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """A copy of the ledger: how many entries it holds, when the last of them was booked, and the hash of that one.

    ``day`` is of when it was made (UTC), ``None`` for one that is no day's. ``flaw`` says why it is of no use.
    """

    path: Path
    day: date | None = None
    size_bytes: int = 0
    entries: int = 0
    booked: datetime | None = None
    head: bytes | None = None
    flaw: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """A copy took the ledger's place; what was there is kept as ``aside``, where there was something."""

    backup: Backup
    aside: Path | None = None


def backups(path: Path) -> tuple[Backup, ...]:
    """All copies of the ledger at a path, looked through: the one with the most entries first, those of no use last.

    Raises:
        Problem: their folder cannot be read.
    """
    return tuple(sorted(map(look_through, _files(path)), key=_worth, reverse=True))


def last_good(path: Path) -> Backup | None:
    """The copy to go back to, if there is one."""
    return next((each for each in backups(path) if each.flaw is None), None)


def look_through(file: Path, *, whole: bool = True) -> Backup:
    """What a copy holds, and whether it is whole; without ``whole`` only whether it can be opened."""
    try:
        return _seen(file, whole=whole)
    except Problem as problem:
        return Backup(path=file, day=_day_of(file), flaw=problem.sentence)


def put_by(connection: Connection, path: Path, name: str) -> Path:
    """Copy what a connection holds to ``backups/ledger-<name>.db``; one of that name is replaced, once this is whole.

    Raises:
        Problem: there is no room for it.
        Damage: the ledger cannot be trusted; no copy is replaced.
    """
    # One place for all that are not whole yet: what a kill left there, the next one takes away.
    made = copied(connection, folder_of(path) / path.name, LEDGER)
    target = folder_of(path) / f"{path.stem}-{name}{path.suffix}"
    try:
        _seen(made)
        with explained(target, LEDGER):
            put_there(made, target)
    except Damage as damage:
        raise damaged(path, damage.detail, LEDGER) from damage
    finally:
        made.unlink(missing_ok=True)
    return target


def put_by_daily(connection: Connection, path: Path, day: date) -> Path | None:
    """A day's copy, if there is none yet; the oldest beyond ``KEPT`` go. ``None`` where there was nothing to do.

    Raises:
        Problem: there is no room for it.
        Damage: the ledger cannot be trusted; no copy went.
    """
    _thin_out(connection, path)  # where a kill kept the last one from it
    if (folder_of(path) / f"{path.stem}-{day.isoformat()}{path.suffix}").exists():
        return None
    made = put_by(connection, path, day.isoformat())
    _thin_out(connection, path)
    return made


def set_aside(path: Path) -> Path | None:
    """Give a damaged ledger another name, untouched; ``None`` where that cannot be."""
    return put_aside(path, _DAMAGED)


def was_set_aside(path: Path) -> Path | None:
    """The ledger that was moved away last and nothing has taken the place of yet, if there is one.

    It was damaged, or a copy was to take its place and a kill kept it from that.
    """
    if path.exists():
        return None
    aside = (file for why in _ASIDE for file in path.parent.glob(f"{path.stem}.{why}-*{path.suffix}"))
    return max(aside, key=lambda file: file.stem.rpartition("-")[2], default=None)


def remedy(path: Path) -> str:
    """What to do about a damaged ledger, as the end of a sentence."""
    try:
        good = last_good(path)
    except Problem as problem:
        return f"its backups cannot be read: {problem.sentence}"
    if good is None:
        return "there is no good backup: move it elsewhere, and the agent begins an empty ledger"
    return f"take the last good backup, {good.path.name} with {good.entries} entries: netmind ledger restore"


def restore(path: Path, chosen: Path | None = None) -> Restored:
    """Put a copy in the ledger's place: the chosen one, or the last good one. What is there is kept beside.

    A copy stays where it is, too. A kill on the way leaves the old ledger, or none and what it was beside; then this is
    done again.

    Raises:
        Problem: there is no good copy, another process writes the ledger, or there is no room.
    """
    with written_alone(path):
        backup = last_good(path) if chosen is None else look_through(chosen)
        if backup is None:
            raise Problem(f"{folder_of(path)}: there is no good backup of the ledger", ExitCode.UNMEASURED)
        if backup.flaw is not None:
            raise Problem(f"nothing was restored: {backup.flaw}", ExitCode.UNMEASURED)
        with closing(open_for_reading(backup.path, LEDGER, may_be_older=True)) as connection:
            new = copied(connection, path, LEDGER)
        aside = None
        with explained(path, LEDGER):
            if path.exists():
                aside = put_aside(path, _REPLACED)
                if aside is None:
                    new.unlink()
                    raise Problem(f"{path} cannot be moved away; nothing was restored", ExitCode.UNMEASURED)
            put_there(new, path)
        return Restored(backup=backup, aside=aside)


def folder_of(path: Path) -> Path:
    """Where the copies of the ledger at a path are."""
    return path.parent / "backups"


def _thin_out(connection: Connection, path: Path) -> None:
    """Let the days' copies beyond ``KEPT`` go: those that hold the least, whatever day they say that they are of.

    What the ledger does not hold itself stays: it may be all that is left of another one that was in its place.
    """
    daily = [file for file in _files(path) if _day_of(file) is not None]
    if len(daily) > KEPT:
        # Not looked through: it is a matter of moments, and is asked for often.
        found = [each for each in (look_through(file, whole=False) for file in daily) if _is_of(connection, each)]
        for each in sorted(found, key=_worth, reverse=True)[KEPT:]:
            with explained(each.path, LEDGER):
                each.path.unlink(missing_ok=True)


def _is_of(connection: Connection, backup: Backup) -> bool:
    """Whether a copy holds nothing that the ledger of a connection does not hold."""
    if backup.head is None:
        return True
    row = connection.execute("SELECT hash FROM entry WHERE number = ?", (backup.entries,)).fetchone()
    return row is not None and row[0] == backup.head


def _seen(file: Path, *, whole: bool = True) -> Backup:
    """What a copy holds.

    Raises:
        Problem: it is of no use.
    """
    with closing(open_for_reading(file, LEDGER, whole=whole, may_be_older=True)) as connection, explained(file, LEDGER):
        row = connection.execute(_HEAD).fetchone() or (0, None, None)
        if whole and connection.execute("PRAGMA user_version").fetchone()[0] == VERSION:  # older ones have no sums yet
            see_sound(connection, file)
        return Backup(
            path=file,
            day=_day_of(file),
            size_bytes=file.stat().st_size,
            entries=row[0],
            booked=None if row[1] is None else moment_of(row[1]),
            head=row[2],
        )


def _files(path: Path) -> Iterator[Path]:
    with explained(folder_of(path), LEDGER):
        yield from sorted(folder_of(path).glob(f"{path.stem}-*{path.suffix}"))


def _worth(backup: Backup) -> tuple[bool, int, str]:
    return backup.flaw is None, backup.entries, backup.path.name


def _day_of(file: Path) -> date | None:
    try:
        return date.fromisoformat(file.stem.partition("-")[2])
    except ValueError:
        return None
