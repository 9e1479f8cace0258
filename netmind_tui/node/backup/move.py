"""Files changed over all at once: what was there goes aside, what comes goes in its place, or nothing moves at all.

Each move is a change of a name within one folder. They are written down before the first one, so that whoever comes
after a power cut can take them back; when that list is gone, all of them are done.
"""

import os
import shutil
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from netmind_tui import document
from netmind_tui.certify import private_file
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

HIDDEN = ".restore-"
"""How a folder is called that a restore made and nobody else uses, before the id of the backup."""


@dataclass(frozen=True, slots=True)
class Move:
    """A file or folder that gets another name."""

    old: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is about to change: the moves in their order, and the folders that were made for them."""

    schema: str = "netmind.restoring/1"
    moves: tuple[Move, ...]
    made: tuple[str, ...] = ()


def carry_out(plan: Plan, path: Path) -> None:
    """Do all of it, or none; ``path`` holds the list meanwhile.

    Raises:
        OSError: it could not be done, and everything is as it was.
    """
    try:
        private_file.put(path, document.encode_pretty(plan).encode())
        for move in plan.moves:
            os.rename(move.old, move.new)  # noqa: PTH104 - links are moved as links
        for folder in {Path(name).parent for move in plan.moves for name in (move.old, move.new)}:
            private_file.settle(folder)
    except BaseException:
        _take_back(plan)
        path.unlink(missing_ok=True)
        raise
    path.unlink()
    private_file.settle(path.parent)


def mend(path: Path) -> bool:
    """Take back what was interrupted; whether there was something.

    Raises:
        Problem: it cannot be taken back.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise Problem(f"cannot read {path}: {(error.strerror or str(error)).lower()}", ExitCode.USAGE) from error
    plan = document.decode(data, Plan, str(path))
    try:
        _take_back(plan)
        clear(plan.made)
        path.unlink()
    except OSError as error:
        words = f"a restore was interrupted, and cannot be taken back: {error.filename or path}"
        raise Problem(f"{words}: {(error.strerror or str(error)).lower()}", ExitCode.USAGE) from error
    return True


def clear(made: Iterable[str]) -> None:
    """Remove folders that were made for a restore, with what is left in them; those that others use meanwhile stay."""
    for each in reversed(list(made)):
        if Path(each).name.startswith(HIDDEN):
            shutil.rmtree(each, ignore_errors=True)
        else:
            with suppress(OSError):
                Path(each).rmdir()


def make_folders(folders: Sequence[Path], made: list[str]) -> None:
    """Make folders that only their owner may enter; those that were not there are added to ``made``.

    Raises:
        OSError: one cannot be made.
    """
    for folder in folders:
        missing = [each for each in (folder, *folder.parents) if not each.exists()]
        for each in reversed(missing):
            each.mkdir(mode=0o700)
            made.append(str(each))


def _take_back(plan: Plan) -> None:
    for move in reversed(plan.moves):
        if os.path.lexists(move.new) and not os.path.lexists(move.old):
            os.rename(move.new, move.old)  # noqa: PTH104 - see carry_out
