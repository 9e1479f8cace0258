"""Who could write a file: nobody but its owner and root, if what is in it is to be run.

Every step on the way is looked at, links too: whoever can rename a folder or turn a link decides what is read.
"""

import errno
import os
import shlex
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_MOST_LINKS = 40
_OTHERS = stat.S_IWGRP | stat.S_IWOTH
_FIRST_DYNAMIC_UID, _LAST_DYNAMIC_UID = 61184, 65519


@dataclass(frozen=True, slots=True)
class Step:
    """A folder, a link or at last the file itself on the way to a path."""

    path: Path
    found: os.stat_result


def steps(path: Path) -> Iterator[Step]:
    """Every folder and link that decides which file a path names, from the root on; the file is the last.

    Raises:
        OSError: a step is not there, closed to this user, or the links go round.
    """
    here = Path("/")
    yield Step(here, here.lstat())
    left, links = list(reversed(path.absolute().parts[1:])), 0
    while left:
        name = left.pop()
        if name == "..":
            here = here.parent
            continue
        step = Step(here / name, (here / name).lstat())
        yield step
        if stat.S_ISLNK(step.found.st_mode):
            links += 1
            if links > _MOST_LINKS:
                raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
            target = step.path.readlink()
            if target.is_absolute():
                here = Path("/")
            left += reversed(target.parts[1:] if target.is_absolute() else target.parts)
        else:
            here = step.path


def why_not_ours(way: list[Step], uid: int, *, ends_in_file: bool = True) -> list[str]:
    """What lets somebody else than this user and root decide what is in a file, a sentence each with the mend.

    In a folder with the sticky bit, such as ``/tmp``, others can take away only what is theirs.
    """
    told = {step.path: step for step in way}
    last = way[-1].path if way and ends_in_file else None
    return [sentence for step in told.values() for sentence in _why_not(step, uid, is_file=step.path == last)]


def _why_not(step: Step, uid: int, *, is_file: bool) -> Iterator[str]:
    mode, path = step.found.st_mode, shlex.quote(str(step.path))
    is_link, is_folder = stat.S_ISLNK(mode), stat.S_ISDIR(mode)
    subject = "" if is_file else f"the {'link' if is_link else 'folder'} {step.path} "
    if step.found.st_uid not in (0, uid):
        from netmind_tui.node.control.place import user_name  # noqa: PLC0415 - only where something is wrong

        whose, ours = user_name(step.found.st_uid), user_name(uid)
        is_named = uid != 0 and not _FIRST_DYNAMIC_UID <= uid <= _LAST_DYNAMIC_UID
        option = "--no-dereference " if is_link else ""
        yield (
            f"{subject}belongs to {whose}, who could have anything run as {ours}: look at what is there, then "
            f"sudo chown {option}{ours if is_named else 'root'} {path}"
        )
    is_shared = is_folder and mode & stat.S_ISVTX
    if mode & _OTHERS and not is_link and not is_shared:
        who = "everybody" if mode & stat.S_IWOTH else "its group"
        does = "can be filled by" if is_folder else "can be written by"
        yield f"{subject}{does} {who} (mode {stat.S_IMODE(mode):04o}): chmod go-w {path}"
