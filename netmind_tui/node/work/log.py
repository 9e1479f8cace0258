"""The end of what an instance said, from the files that its keeper keeps (``output.py``)."""

import os
import stat
from os import PathLike
from pathlib import Path

from netmind_tui.node.work.output import NAME
from netmind_tui.node.work.record import read_record

_LINE_BYTES = 8192
_MOST_READ_BYTES = 8 << 20


def tail(folder: str | PathLike[str], lines: int) -> tuple[tuple[str, ...], int]:
    """The last lines over all files, oldest first, and how many bytes of this start's output were not kept.

    Bytes that are no text are replaced, and of a longer line the last 8 KiB are given.
    """
    place = Path(folder)
    found: list[bytes] = []
    rest, left = b"", _MOST_READ_BYTES
    for path in _files(place / NAME):
        if len(found) > lines or left <= 0:
            break
        data = _end(path, min(left, (lines + 1) * _LINE_BYTES))
        left -= len(data)
        # A line may have begun in the file before.
        first, *whole = (data + rest).split(b"\n")
        rest, found = first[-_LINE_BYTES:], whole + found
    found = [rest, *found]
    if found[-1] == b"":
        found.pop()
    record = read_record(str(place)) or {}
    dropped = record.get("dropped_bytes")
    kept = found[-lines:] if lines > 0 else []
    return tuple(map(_line, kept)), dropped if isinstance(dropped, int) else 0


def _line(data: bytes) -> str:
    return data[-_LINE_BYTES:].decode(errors="replace").removesuffix("\r")


def _files(path: Path) -> list[Path]:
    """The newest first."""
    found, number = [path], 1
    while (older := path.with_name(f"{path.name}.{number}")).exists():
        found.append(older)
        number += 1
    return found


def _end(path: Path, length: int) -> bytes:
    try:
        # Whoever writes it could have put a pipe there, or a link to somebody else's file.
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0))
        with os.fdopen(handle, "rb") as file:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                return b""
            file.seek(max(0, file.seek(0, 2) - length))
            return file.read(length)
    except OSError:
        return b""
