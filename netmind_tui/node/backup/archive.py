"""The archive of a backup as bytes: a tar (POSIX ustar) in gzip, of plain files alone, each read as far as it says.

``tarfile`` would read what an archive says of itself before anybody can bound it: headers are read here one by one, and
what is no plain file under a plain name is no archive of ours.
"""

import gzip
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol

from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem

BLOCK = 512
_PIECE = 1 << 20
_MODE = 0o600
_PLAIN = (tarfile.REGTYPE, tarfile.AREGTYPE)
_MOST_PADDING = 1 << 20


class Sink(Protocol):
    """What takes bytes."""

    def write(self, data: bytes, /) -> object:
        """Take some."""


class Writing:
    """An archive that is being written."""

    def __init__(self, stream: Sink, at_s: int) -> None:
        self._stream, self._at_s = stream, at_s

    def add(self, name: str, size: int, pieces: Iterator[bytes]) -> None:
        """Add a file.

        Raises:
            ValueError: the pieces are more or fewer than ``size``: the file changes while it is read.
        """
        info = tarfile.TarInfo(name)
        info.size, info.mode, info.mtime = size, _MODE, self._at_s
        self._stream.write(info.tobuf(tarfile.USTAR_FORMAT, "utf-8", "strict"))
        written = 0
        for piece in pieces:
            written += len(piece)
            if written > size:
                break
            self._stream.write(piece)
        if written != size:
            raise ValueError(name)
        self._stream.write(bytes(-size % BLOCK))

    def end(self) -> None:
        """Say that this is all."""
        self._stream.write(bytes(2 * BLOCK))


@contextmanager
def writing(file: BinaryIO, at_s: int) -> Iterator[Writing]:
    """An archive in an open file; it is whole when the block ends without an error."""
    with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=at_s, compresslevel=6) as stream:
        archive = Writing(stream, at_s)
        yield archive
        archive.end()


class Reading:
    """An archive that is read from its beginning; what a stranger made of it costs no more than it was asked for."""

    def __init__(self, stream: gzip.GzipFile, path: Path) -> None:
        self._stream, self._path = stream, path

    def next(self) -> tuple[str, int] | None:
        """Name and size of the next file; ``None`` at the end.

        Raises:
            Problem: it is anything but a plain file, or the archive is damaged.
        """
        block = self._exactly(BLOCK)
        if block == bytes(BLOCK):
            self._check_end()
            return None
        try:
            info = tarfile.TarInfo.frombuf(block, "utf-8", "strict")
        except (tarfile.HeaderError, UnicodeDecodeError) as error:
            raise _strange(self._path, "it is damaged") from error
        if info.type not in _PLAIN:
            raise _strange(self._path, f"{info.name!r} in it is a link, a device or a folder, and no plain file")
        if info.size < 0:
            raise _strange(self._path, "it is damaged")
        return info.name, info.size

    def whole(self, name: str, most: int) -> bytes:
        """The next file, which must have this name.

        Raises:
            Problem: it is another one, larger than ``most``, or the archive is damaged.
        """
        found = self.next()
        if found is None or found[0] != name:
            raise _strange(self._path, f"{name} is expected in it, found {found[0] if found else 'nothing'!r}")
        if found[1] > most:
            raise _strange(self._path, f"{name} in it is larger than {most} bytes")
        return b"".join(self.pieces(found[1]))

    def pieces(self, size: int) -> Iterator[bytes]:
        """The bytes of the file whose header was just read.

        Raises:
            Problem: the archive is damaged, or ends before.
        """
        left = size
        while left:
            piece = self._some(min(left, _PIECE))
            left -= len(piece)
            yield piece
        self._exactly(-size % BLOCK)

    def _check_end(self) -> None:
        """Nothing but padding follows."""
        left = _MOST_PADDING
        while piece := self._read(BLOCK):
            left -= len(piece)
            if piece.strip(b"\0") or left < 0:
                raise _strange(self._path, "something follows its end")

    def _exactly(self, size: int) -> bytes:
        found = b""
        while len(found) < size:
            found += self._some(size - len(found))
        return found

    def _some(self, size: int) -> bytes:
        found = self._read(size)
        if not found:
            raise _strange(self._path, "it is cut short")
        return found

    def _read(self, size: int) -> bytes:
        try:
            return self._stream.read(size)
        except EOFError as error:
            raise _strange(self._path, "it is cut short") from error
        except (gzip.BadGzipFile, zlib.error) as error:
            raise _strange(self._path, "it is damaged, or no archive") from error
        except OSError as error:
            raise Problem(
                f"cannot read {self._path}: {(error.strerror or str(error)).lower()}", ExitCode.USAGE
            ) from error


@contextmanager
def reading(path: Path) -> Iterator[Reading]:
    """The archive in a file.

    Raises:
        Problem: it is no file, or cannot be read.
    """
    try:
        if not path.is_file():
            cause = "it is a folder" if path.is_dir() else "it is no file" if path.exists() else "there is no such file"
            raise Problem(f"cannot read {path}: {cause}; a file of netmind backup is expected", ExitCode.USAGE)
        file = path.open("rb")
    except OSError as error:
        raise Problem(f"cannot read {path}: {(error.strerror or str(error)).lower()}", ExitCode.USAGE) from error
    with file, gzip.GzipFile(fileobj=file, mode="rb") as stream:
        yield Reading(stream, path)


def _strange(path: Path, why: str) -> Problem:
    return Problem(f"{path} is no backup of netmind that can be read: {why}; nothing was changed", ExitCode.USAGE)
