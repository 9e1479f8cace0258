"""A backup restored: checked whole, unpacked beside the places of its files, and then changed over at once."""

import hashlib
import os
import shutil
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from netmind_tui.certify.bar import UNFINISHED
from netmind_tui.certify.moment import written
from netmind_tui.certify.stay import machine_digest, read_retired, read_retirement, read_stay, stay_bytes
from netmind_tui.database import open_for_reading
from netmind_tui.model.backup import Member, Stay
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem
from netmind_tui.node.agent.instance import only_one
from netmind_tui.node.backup.arrival import stay_after
from netmind_tui.node.backup.layout import OWN, RETIRED, STAY, STORE_PARTS, STORES, Layout
from netmind_tui.node.backup.move import HIDDEN, Move, Plan, carry_out, clear, make_folders, mend
from netmind_tui.node.backup.opened import Opened
from netmind_tui.node.backup.told import tell_restored

_SPARE_BYTES = 64 << 20
_OFFERED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What came of it: the node's stay here, where what was there before lies, and what could not be told."""

    stay: Stay
    aside: tuple[Path, ...]
    untold: str | None


def mend_unfinished(layout: Layout, now: datetime) -> bool:
    """Take back a restore that was interrupted; whether there was one.

    Raises:
        Problem: it cannot be taken back, or is still going on.
    """
    path = layout.identity.parent / UNFINISHED
    if not os.path.lexists(path):
        return False
    with only_one(layout.agent, since=written(now)):
        return mend(path)


def check_free(archive: Opened, layout: Layout, *, force: bool) -> None:
    """Refuse to restore over a node, before anything is asked.

    Raises:
        Problem: there is one here, or files that would be lost.
    """
    found = _in_the_way(archive, layout)
    if found and not force:
        shown = ", ".join(str(each) for each in found[:_OFFERED]) + (" …" if len(found) > _OFFERED else "")
        words = f"there is a node here already ({shown}): --force moves it aside first"
        raise Problem(f"{words}; nothing was changed", ExitCode.USAGE)


def look_through(archive: Opened) -> None:
    """Check all of a backup, whose passphrase was given, and change nothing.

    Raises:
        Problem: it is damaged, or there is no room to unpack it.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="netmind-") as name:
            folder = Path(name)
            archive.unpack(lambda member: folder / member if member in STORES else None)
            _check_stores(archive, {each: folder / each for each in STORES if (folder / each).exists()})
    except OSError as error:
        raise _impossible(archive.path, error) from error


def restore(
    archive: Opened, layout: Layout, machine_id: str | None, now: datetime, *, force: bool, gone: bool
) -> Restored:
    """Put a backup, whose passphrase was given, in its place; all of it or nothing.

    Raises:
        Problem: it is damaged, too old, does not fit, an agent runs, or something is in its way.
    """
    check_free(archive, layout, force=force)
    made: list[str] = []
    try:
        staged = _unpacked(archive, layout, made)
        stay = _arrival(archive, layout, staged, machine_id, now, gone=gone)
        staged[STAY].write_bytes(stay_bytes(stay))
        with only_one(layout.agent, since=written(now)):
            aside = _change_over(archive, layout, staged, now, made, force=force)
            clear(each for each in made if Path(each).name == _hidden(archive))
            made.clear()
            untold = tell_restored(layout.agent, stay) if stay.began is not None else None
    except OSError as error:
        raise _impossible(archive.path, error) from error
    finally:
        clear(made)  # nothing came of it
    return Restored(stay=stay, aside=aside, untold=untold)


# What is there already.


def _in_the_way(archive: Opened, layout: Layout) -> list[Path]:
    """What would be lost: a node's own files, and others of the same name with other contents."""
    found = [layout.folders[part] for part in _own_folders(layout) if _holds_files(layout.folders[part])]
    members = {each.name: each for each in archive.backup.members}
    for name, path in layout.files.items():
        is_known = name in members and _is_same(path, members[name])
        if os.path.lexists(path) and not is_known and (name in members or name.startswith(OWN)):
            found.append(path)
    for member in archive.backup.members:
        if member.name.partition("/")[0] in layout.common:
            path = layout.place_of(member.name)
            if os.path.lexists(path) and not _is_same(path, member):
                found.append(path)
    return found


def _own_folders(layout: Layout) -> list[str]:
    return [part for part in layout.folders if part not in layout.common]


def _holds_files(folder: Path) -> bool:
    return os.path.lexists(folder) and (not folder.is_dir() or any(not each.is_dir() for each in folder.rglob("*")))


def _is_same(path: Path, member: Member) -> bool:
    try:
        if path.is_symlink() or not path.is_file() or path.stat().st_size != member.bytes:
            return False
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == member.sha256
    except OSError:
        return False


# What comes.


def _unpacked(archive: Opened, layout: Layout, made: list[str]) -> dict[str, Path]:
    """Every member on the disk beside its place, under a name that nobody looks for, and looked through."""
    hidden = _hidden(archive)
    members = archive.backup.members
    places = {each.name: layout.place_of(each.name) for each in members}
    stages = {name: _anchor(name, layout) / hidden / _within(name, places[name], layout) for name in places}
    for folder in dict.fromkeys(_anchor(name, layout) for name in places):
        for left in folder.glob(f"{HIDDEN}*"):  # of one that died: its key lies there unlocked
            shutil.rmtree(left, ignore_errors=True)
        make_folders([folder / hidden], made)
    needed = sum(each.bytes for each in members) + _SPARE_BYTES
    free = min(shutil.disk_usage(_anchor(name, layout)).free for name in places)
    if free < needed:
        words = f"{needed >> 20} MiB are needed and {free >> 20} MiB are free"
        raise Problem(f"cannot restore {archive.path}: {words}; nothing was changed", ExitCode.USAGE)
    archive.unpack(lambda name: stages[name])
    _check_stores(archive, {name: path for name, path in stages.items() if name in STORES})
    if hasattr(os, "sync"):
        os.sync()
    return stages


def _check_stores(archive: Opened, found: dict[str, Path]) -> None:
    for name, path in found.items():
        try:
            open_for_reading(path, STORES[name], whole=True).close()
        except Problem as problem:
            words = problem.sentence.replace(str(path), f"{name} in {archive.path}").partition("; nothing")[0]
            raise Problem(f"{words}; nothing was changed", problem.code) from problem


def _anchor(name: str, layout: Layout) -> Path:
    """The folder in which a member, or the folder that it belongs to, gets its name."""
    part = name.partition("/")[0]
    if name in layout.files:
        return layout.files[name].parent
    return layout.folders[part] if part in layout.common else layout.folders[part].parent


def _within(name: str, place: Path, layout: Layout) -> Path:
    part = name.partition("/")[0]
    if name in layout.files or part in layout.common:
        return Path(place.name)
    return Path(name)


def _arrival(
    archive: Opened, layout: Layout, staged: dict[str, Path], machine_id: str | None, now: datetime, *, gone: bool
) -> Stay:
    backup = archive.backup
    name = f"{RETIRED}/{backup.stay.id}.json"
    carried = read_retirement(staged[name].read_bytes(), f"{archive.path}: {name}") if name in staged else None
    if carried is not None and (carried.stay, carried.node_key) != (backup.stay.id, backup.node_key):
        raise Problem(f"{archive.path}: {name} is of another stay or node; nothing was changed", ExitCode.USAGE)
    here = machine_digest(backup.node_key, machine_id, layout.identity)
    known, present = read_retired(layout.identity, backup.stay.id), read_stay(layout.identity)
    return stay_after(backup, carried, known, present, here, now, gone=gone)


def _change_over(
    archive: Opened, layout: Layout, staged: dict[str, Path], now: datetime, made: list[str], *, force: bool
) -> tuple[Path, ...]:
    """Move what is there aside and what comes in; where the former lies now."""
    check_free(archive, layout, force=force)  # again: the passphrase took its time
    members = {each.name: each for each in archive.backup.members}
    comes = {
        name: layout.place_of(name)
        for name in staged
        if name.partition("/")[0] not in _own_folders(layout) and not _is_same(layout.place_of(name), members[name])
    }
    own = [layout.folders[part] for part in reversed(_own_folders(layout))]  # the key comes last: until then, no node
    goes = [*own, *comes.values(), *_of_agent(layout, comes)]
    dated = f"before-restore-{now:%Y%m%dT%H%M%S}Z"
    moves, aside = [], []
    for path in (each for each in dict.fromkeys(goes) if os.path.lexists(each)):
        folder = path.parent / dated
        make_folders([folder], made)
        moves.append(Move(str(path), str(folder / path.name)))
        aside += [folder] if not path.is_dir() or _holds_files(path) else []
    moves += [Move(str(staged[name]), str(path)) for name, path in comes.items()]
    hidden = [
        (layout.folders[part].parent / _hidden(archive) / part, layout.folders[part])
        for part in reversed(_own_folders(layout))
    ]
    moves += [Move(str(comes_from), str(folder)) for comes_from, folder in hidden if comes_from.is_dir()]
    carry_out(Plan(moves=tuple(moves), made=tuple(made)), layout.identity.parent / UNFINISHED)
    return tuple(dict.fromkeys(aside))


def _of_agent(layout: Layout, comes: dict[str, Path]) -> list[Path]:
    """What an agent here kept and the backup does not replace: it is of another time."""
    left = [path for name, path in layout.files.items() if name.startswith(OWN) and name not in comes]
    logs = [layout.files[name] for name in STORES if name in layout.files]
    return [*left, *(path.with_name(f"{path.name}{part}") for path in logs for part in STORE_PARTS), *layout.copies]


def _hidden(archive: Opened) -> str:
    return f"{HIDDEN}{archive.backup.id}"


def _impossible(path: Path, error: OSError) -> Problem:
    cause = (error.strerror or str(error)).lower()
    where = f" ({error.filename})" if error.filename else ""
    return Problem(f"cannot restore {path}: {cause}{where}; nothing was changed", ExitCode.USAGE)
