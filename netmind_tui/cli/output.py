"""The only writer of stdout, and of the files that ``-o`` names: the same bytes in both places."""

import errno
import os
import stat
import sys
import tempfile
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path

from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem


class Format(StrEnum):
    """The shapes in which data leaves a command."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"
    MARKDOWN = "markdown"
    JUNIT = "junit"
    PROMETHEUS = "prometheus"


class ReaderLeft(Exception):  # noqa: N818 - it is what happened, and no error
    """Nobody reads stdout any more. Not a BrokenPipeError: the parser would turn that into exit code 1."""


def choose(requested: Format | None, *, json: bool, offered: tuple[Format, ...]) -> Format:
    """The format to write: as asked, or a table.

    Raises:
        Problem: two formats were asked for, or one that this command does not have.
    """
    if json and requested not in (None, Format.JSON):
        raise Problem(f"--json and --format {requested} contradict each other: give one of them", ExitCode.USAGE)
    chosen = Format.JSON if json else requested or Format.TABLE
    if chosen not in offered:
        known = ", ".join(offered)
        raise Problem(f"--format {chosen}: this command writes {known}", ExitCode.USAGE)
    return chosen


def is_terminal() -> bool:
    """Whether stdout is a terminal."""
    return sys.stdout is not None and sys.stdout.isatty()


def write(text: str, path: Path | None = None) -> None:
    """Write a finished document to stdout, or to a file that is replaced whole or not at all.

    Raises:
        Problem: the file cannot be written; what was there before is untouched.
        ReaderLeft: whoever read stdout went away.
    """
    write_pieces((text,), path)


def write_pieces(pieces: Iterable[str], path: Path | None = None) -> None:
    """Write a document that is made while it is written, in pieces of whole lines.

    Raises:
        Problem: the file cannot be written; what was there before is untouched.
        ReaderLeft: whoever read stdout went away.
    """
    if path is None:
        for piece in pieces:
            line(piece.removesuffix("\n"))
        return
    try:
        if _is_special(path):
            with path.open("wb", buffering=0) as device:
                for piece in pieces:
                    device.write(piece.encode())
        else:
            _replace(path, pieces)
    except OSError as error:
        raise Problem(f"cannot write {path}: {_cause(error)}; nothing was changed", ExitCode.USAGE) from error


def check(path: Path | None) -> None:
    """Refuse a file that cannot be written before the work for it is done.

    Raises:
        Problem: it is a folder, or lies in one that is not there or not ours to write.
    """
    if path is None or _is_special(path):
        return
    try:
        target = _target(path)
        if not os.access(target.parent, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise Problem(f"cannot write {path}: {_cause(error)}", ExitCode.USAGE) from error


def line(text: str) -> None:
    """Write one line of a stream and flush it.

    Raises:
        ReaderLeft: whoever read stdout went away.
        Problem: stdout goes to a file that takes no more.
    """
    if sys.stdout is None:
        return
    try:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
    except BrokenPipeError as error:
        discard()
        raise ReaderLeft from error
    except OSError as error:
        discard()
        raise Problem(f"cannot write to stdout: {_cause(error)}", ExitCode.USAGE) from error


def discard() -> None:
    """Point stdout at nothing after its reader left, so that the interpreter's last flush stays silent."""
    if sys.stdout is None or sys.stdout.closed:
        return
    sink = os.open(os.devnull, os.O_WRONLY)
    os.dup2(sink, sys.stdout.fileno())
    os.close(sink)


def _is_special(path: Path) -> bool:
    """Whether the path is a device, pipe or socket: written through, never renamed over."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def _replace(path: Path, pieces: Iterable[str]) -> None:
    target = _target(path)
    mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else 0o666 & ~_umask()
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            for piece in pieces:
                file.write(piece.encode())
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(mode)
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _target(path: Path) -> Path:
    """The file itself, behind links.

    Raises:
        OSError: it is a folder, its folder is missing, or the links run in a circle.
    """
    try:
        target = path.resolve()
    except RuntimeError as error:
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP)) from error
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, "it is a folder")
    if not target.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, f"there is no folder {path.parent}")
    return target


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _cause(error: OSError) -> str:
    if error.errno == errno.ENOSPC:
        return "the disk is full"
    return (error.strerror or str(error)).lower()
