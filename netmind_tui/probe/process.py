"""Ends one process that somebody saw and named, and no other one that has its number by now."""

import os
import signal
from collections.abc import Callable
from types import TracebackType
from typing import Self

from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem
from netmind_tui.model.reading import Reading
from netmind_tui.probe.host import process_name


class HeldProcess:
    """A process that is held by a handle of the kernel's, where it has such handles, until it is ended or let go.

    Raises:
        Problem: it is not there any more, is another one than was seen, is this program, or belongs to somebody else.
    """

    def __init__(self, pid: int, name: str, ask: Callable[[int], Reading[str]] = process_name) -> None:
        if pid == os.getpid():
            raise Problem(f"process {pid} is netmind-tui itself: leave it with q", ExitCode.USAGE)
        self.pid = pid
        self.name = name
        self._ask = ask
        self._handle = _open(pid)
        # Asked only now: from here on the number cannot become another process's unseen.
        try:
            self._check()
        except Problem:
            self.close()
            raise

    def __enter__(self) -> Self:
        """It is held already."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go of it."""
        self.close()

    def end(self) -> None:
        """Ask it to end (SIGTERM), so that it may save its work.

        Raises:
            Problem: it has ended meanwhile, or belongs to somebody else.
        """
        try:
            if self._handle is not None:
                signal.pidfd_send_signal(self._handle, signal.SIGTERM)  # type: ignore[attr-defined,unused-ignore]
            else:
                self._check()
                os.kill(self.pid, signal.SIGTERM)
        except ProcessLookupError:
            raise Problem(f"process {self.pid} ({self.name}) has ended already", ExitCode.OK) from None
        except OSError as error:
            raise Problem(
                f"process {self.pid} ({self.name}) cannot be ended by this user: {error.strerror or error}",
                ExitCode.USAGE,
            ) from error

    def close(self) -> None:
        """Let go of it, whatever becomes of it."""
        handle, self._handle = self._handle, None
        if handle is not None:
            os.close(handle)

    def _check(self) -> None:
        found = self._ask(self.pid).value
        if found != self.name:
            words = "has ended" if found is None else f"is {found} now"
            raise Problem(f"process {self.pid} was {self.name} and {words}: nothing was done", ExitCode.USAGE)


def _open(pid: int) -> int | None:
    """The kernel's handle of a process; none on systems without such handles."""
    if not hasattr(os, "pidfd_open"):
        return None
    try:
        return os.pidfd_open(pid)
    except ProcessLookupError:
        raise Problem(f"process {pid} has ended already", ExitCode.OK) from None
    except OSError:  # an old kernel, or a sandbox that forbids it
        return None
