"""Samples kept in a file and read again as if they were taken now: JSON Lines, a header and one sample a line."""

import errno
import math
import os
import re
import stat
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self, TypeVar, cast

from netmind_tui.document import decode, encode, is_json
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.info import SampleDocument
from netmind_tui.model.problem import Problem
from netmind_tui.model.recording import RecordingHeader, as_document, as_sample
from netmind_tui.model.sample import Sample

T = TypeVar("T", RecordingHeader, SampleDocument)

LONGEST_LINE_BYTES = 4 * 2**20
# What a loss of power may cost. A process that ends costs nothing of this: each line is with the kernel at once.
_SYNC_S = 10.0
_EXPECTED = {
    RecordingHeader: "the header of a recording (netmind.recording/1)",
    SampleDocument: "a sample (netmind.sample/1)",
}
_FOUND_MAJOR = re.compile(r"found netmind\.(?:recording|sample)/([0-9]{1,9})$")
_MAJOR = 1
_GZIP = b"\x1f\x8b"


class RecordingEnded(Exception):  # noqa: N818 - it is what happened, and no error
    """The recording has no further sample."""


class RecordingWriter:
    """Writes a recording to a file that was not there, or to a pipe or device.

    Each line is handed over whole before the next one begins, so that a process that ends in any way loses at most the
    line that it was writing; a line that could not be written whole is taken back. ``append`` may listen to a
    ``Sampler``.

    Args:
        path: where to write; links are followed.
        header: the first line.
        replace: whether a file that is there may go.
        clock: monotonic seconds.

    Raises:
        Problem: the file is there already, or cannot be made or written.
        BrokenPipeError: whoever read the pipe went away; ``append`` raises it too.
    """

    def __init__(
        self,
        path: Path,
        header: RecordingHeader,
        *,
        replace: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.path = path
        self.sample_count = 0
        self._clock = clock
        self._synced_at = clock()
        self._whole_bytes = 0
        if not replace:
            refuse_existing(path)
        try:
            self._file = _create(path, replace=replace)
        except (OSError, RuntimeError) as error:  # links that run in a circle
            raise self._problem(error) from error
        self._is_regular = stat.S_ISREG(os.fstat(self._file.fileno()).st_mode)
        try:
            self._write(encode(header))
            self._sync()
        except BaseException:
            self._file.close()
            if self._is_regular:
                path.resolve().unlink(missing_ok=True)  # ours, and of no use to anybody
            raise

    def __enter__(self) -> Self:
        """The header is written by now."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        self.close()

    def append(self, sample: Sample) -> None:
        """Write one sample.

        Raises:
            Problem: the disk is full, or the file takes no more for another reason; what it holds stays.
            BrokenPipeError: whoever read the pipe went away.
        """
        self._write(encode(as_document(sample)))
        self.sample_count += 1
        if self._clock() - self._synced_at >= _SYNC_S:
            self._sync()

    def close(self) -> None:
        """Leave the file on the disk; nothing happens the second time."""
        if self._file.closed:
            return
        try:
            self._sync()
        finally:
            self._file.close()

    def _write(self, document: bytes) -> None:
        line = document + b"\n"
        try:
            left = memoryview(line)
            while left:
                left = left[self._file.write(left) :]
        except BrokenPipeError:
            raise
        except OSError as error:
            self._take_back()
            raise self._problem(error) from error
        except BaseException:  # a signal in the middle of a line
            self._take_back()
            raise
        self._whole_bytes += len(line)

    def _take_back(self) -> None:
        """Cut off the part of a line that was written, so that the next one does not go on in its middle."""
        if self._is_regular:
            with suppress(OSError):  # what could not be written is said already
                self._file.seek(self._whole_bytes)
                self._file.truncate()

    def _sync(self) -> None:
        if not self._is_regular:
            return
        try:
            os.fsync(self._file.fileno())
        except OSError as error:
            raise self._problem(error) from error
        self._synced_at = self._clock()

    def _problem(self, error: Exception) -> Problem:
        return Problem(f"cannot write {self.path}: {_cause(error)}", ExitCode.USAGE)


class RecordingSource:
    """A recording as a source: each ``sample()`` is the next one of the file, as fast as it is asked for.

    ``header`` says which machine it is, and the interval that it was recorded at. ``notice`` is a sentence once the
    recording turned out to be cut short, which is what becomes of a recorder that is killed. ``ended`` is true when
    there is nothing more to come. Memory holds one line at a time. What is compressed with gzip is decompressed on
    the way.

    Raises:
        Problem: it cannot be read or is no recording; the sentence names the file, the line and what was expected.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.notice: str | None = None
        self.ended = False
        self.sample_count = 0
        self._line_number = 0
        try:
            self._raw = path.open("rb")
        except OSError as error:
            raise self._unreadable(error) from error
        self._file: BinaryIO = self._raw
        try:
            self._file = self._decompressed()
            self.header = self._read_header()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        """The header is read by now."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        self.close()

    def __iter__(self) -> Iterator[Sample]:
        """The samples that are left.

        Raises:
            Problem: as ``sample``.
        """
        while True:
            try:
                sample = self.sample()
            except RecordingEnded:
                return
            yield sample

    def sample(self) -> Sample:
        """The next sample.

        Raises:
            RecordingEnded: there is none; so it stays.
            Problem: the next line is damaged; the recording ends there.
        """
        if not self.ended:
            try:
                found = self._read_sample()
            except BaseException:
                self.close()
                raise
            if found is not None:
                self.sample_count += 1
                return found
            self.close()
        raise RecordingEnded(f"{self.path} has no further sample")

    def close(self) -> None:
        """Let go of the file; the recording has ended then."""
        self.ended = True
        self._file.close()
        self._raw.close()

    def _decompressed(self) -> BinaryIO:
        try:
            is_compressed = self._raw.peek(len(_GZIP))[: len(_GZIP)] == _GZIP
        except OSError as error:
            raise self._unreadable(error) from error
        if not is_compressed:
            return self._raw
        import gzip  # noqa: PLC0415 - 2 ms, and few recordings are compressed

        return cast("BinaryIO", gzip.GzipFile(fileobj=self._raw))

    def _read_header(self) -> RecordingHeader:
        line = self._read_line()
        if not line.strip():
            raise Problem(f"{self.path} is empty; a recording of netmind record is expected", ExitCode.USAGE)
        header = self._decode(line, RecordingHeader)
        if not (math.isfinite(header.interval_s) and header.interval_s > 0):
            raise self._problem(f"interval_s is {header.interval_s}; a number of seconds above 0 is expected")
        self._check_time("started_at", header.started_at)
        return header

    def _read_sample(self) -> Sample | None:
        """The sample in the next line; none at the end, or where the last line is only the beginning of one."""
        line = self._read_line()
        if not line:
            return None
        if not line.endswith(b"\n") and not is_json(line):
            self.notice = f"{self._place()} is cut short and left out: its recorder was killed, or still writes"
            return None
        document = self._decode(line, SampleDocument)
        self._check_time("at", document.at)
        return as_sample(document)

    def _read_line(self) -> bytes:
        self._line_number += 1
        try:
            line = self._file.readline(LONGEST_LINE_BYTES + 1)
        except (OSError, EOFError, zlib.error) as error:  # the last two are of gzip
            raise self._unreadable(error) from error
        if len(line) > LONGEST_LINE_BYTES:
            mib = LONGEST_LINE_BYTES >> 20
            raise self._problem(f"longer than any line of a recording: more than {mib} MiB")
        return line

    def _decode(self, line: bytes, kind: type[T]) -> T:
        try:
            return decode(line, kind, self._place())
        except Problem as problem:
            newer = (found := _FOUND_MAJOR.search(problem.sentence)) is not None and int(found[1]) > _MAJOR
            advice = "a newer netmind wrote it, and can read it" if newer else f"{_EXPECTED[kind]} is expected"
            raise Problem(f"{problem.sentence}; {advice}", problem.code) from problem

    def _check_time(self, name: str, text: str) -> None:
        try:
            is_moment = datetime.fromisoformat(text).tzinfo is not None
        except ValueError:
            is_moment = False
        if not is_moment:
            raise self._problem(f"{name} is {text[:40]!r}; a time like 2026-11-22T14:32:05.000Z is expected")

    def _place(self) -> str:
        return f"{self.path}, line {self._line_number}"

    def _problem(self, clause: str) -> Problem:
        return Problem(f"{self._place()}: {clause}", ExitCode.USAGE)

    def _unreadable(self, error: Exception) -> Problem:
        cause = "it is a folder" if self.path.is_dir() else _cause(error)
        return Problem(f"cannot read {self.path}: {cause}; a recording of netmind record is expected", ExitCode.USAGE)


def refuse_existing(path: Path, advice: str = "give another name, or --force to replace it") -> None:
    """Let no recording take the place of a file.

    Raises:
        Problem: there is one.
    """
    if path.is_file():
        raise Problem(f"{path} is there already: {advice}", ExitCode.USAGE)


def refuse_unwritable(path: Path) -> None:
    """Say before anything is sampled that no recording can be made there; nothing is made or opened for writing.

    Raises:
        Problem: it is a folder or a terminal, or its own folder is not there or takes no file.
    """
    try:
        target = path.resolve()
        why = _why_unwritable(target)
    except (OSError, RuntimeError) as error:
        why = _cause(error)
    if why is not None:
        raise Problem(f"cannot write {path}: {why}", ExitCode.USAGE)


def _why_unwritable(target: Path) -> str | None:
    if target.is_dir():
        return "it is a folder"
    if target.is_char_device() and _is_terminal(target):
        return "it is a terminal, and shows the interface"
    if target.exists():
        return None
    if not target.parent.is_dir():
        return "its folder is not there"
    return None if os.access(target.parent, os.W_OK | os.X_OK) else "no file can be made in its folder"


def _is_terminal(device: Path) -> bool:
    door = os.open(device, os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK)
    try:
        return os.isatty(door)
    finally:
        os.close(door)


def _create(path: Path, *, replace: bool) -> FileIO:
    """A new file without a buffer, or the pipe or device that is there."""
    target = path.resolve()
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, "it is a folder")
    if replace and target.is_file():
        target.unlink()  # not emptied: another recorder may be writing to it
    return FileIO(target, "w" if target.exists() and not target.is_file() else "x")


def _cause(error: Exception) -> str:
    if isinstance(error, RuntimeError):
        return "its links run in a circle"
    if not isinstance(error, OSError) or error.strerror is None:
        return "it is compressed, and damaged or cut short"
    return "the disk is full" if error.errno == errno.ENOSPC else error.strerror.lower()
