"""A process and all that descend from it, read from /proc: who they are, whether they stand, what they cost.

A keeper loads this: nothing but the built-in library's lightest parts.
"""

# pathlib alone would be a tenth of a keeper's memory.
# ruff: noqa: PTH110, PTH123, PTH208

import os
import signal
from collections.abc import Iterable

SUBREAPER = 36
DEATH_SIGNAL = 1
NAME = 15
"""What ``prctl`` calls them."""
_STATE, _PARENT, _TIMES, _BURIED, _THREADS, _START = 0, 1, slice(11, 15), slice(13, 15), 17, 19
"""Where they stand in /proc/PID/stat, after the name."""
_FIELDS = 20
_MOST_BYTES = 1 << 20
_STANDS = frozenset("TtZXx")
_GONE = frozenset("ZXx")
_STOP_BIT = 1 << (signal.SIGSTOP - 1) if hasattr(signal, "SIGSTOP") else 0
_TICKS_PER_S = float(os.sysconf("SC_CLK_TCK")) if hasattr(os, "sysconf") else 100.0


class Process:
    """One, as it was read. ``start`` is when it began, in ticks since boot: with the number it is unique."""

    __slots__ = ("cpu_s", "parent", "pid", "start", "state", "threads")

    def __init__(self, pid: int, state: str, parent: int, start: int, cpu_s: float, threads: int) -> None:
        self.pid = pid
        self.state = state
        self.parent = parent
        self.start = start
        self.cpu_s = cpu_s
        self.threads = threads

    @property
    def is_gone(self) -> bool:
        """It runs no more and waits to be fetched. One whose first thread has ended may have others that run."""
        return self.state in _GONE and self.threads <= 1


def prctl(option: int, value: int) -> None:
    """Ask the kernel for something about this very process; ``OSError`` where it refuses."""
    import ctypes  # noqa: PLC0415 - the agent, which reads trees too, does without it

    library = ctypes.CDLL(None, use_errno=True)
    if library.prctl(option, ctypes.c_ulong(value), 0, 0, 0) != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))


def set_name(name: str) -> None:
    """Show this process by another name, of 15 letters at most."""
    try:
        with open("/proc/self/comm", "w") as file:
            file.write(name)
    except OSError:  # a look is all that is lost
        return


def read(pid: int) -> Process | None:
    """A process by its number; ``None`` where there is none, or none to be seen."""
    words = contents(f"/proc/{pid}/stat").decode(errors="replace").rpartition(")")[2].split()
    if len(words) < _FIELDS:
        return None
    cpu_s = sum(map(int, words[_TIMES])) / _TICKS_PER_S
    return Process(pid, words[_STATE], int(words[_PARENT]), int(words[_START]), cpu_s, int(words[_THREADS]))


def everyone() -> dict[int, Process]:
    """Every process that can be seen."""
    found = (read(int(name)) for name in os.listdir("/proc") if name.isdecimal())
    return {each.pid: each for each in found if each is not None}


def below(roots: Iterable[int], among: dict[int, Process] | None = None) -> dict[int, Process]:
    """All that descend from some processes, parents before children, they themselves left out.

    What forks meanwhile may be missed: whoever needs all asks until nothing new is found.
    """
    seen = everyone() if among is None else among
    children: dict[int, list[Process]] = {}
    for each in seen.values():
        children.setdefault(each.parent, []).append(each)
    found: dict[int, Process] = {}
    front = list(roots)
    while front:
        front = [
            each.pid for root in front for each in children.get(root, []) if found.setdefault(each.pid, each) is each
        ]
    return found


def glance(root: int) -> dict[int, Process]:
    """The same from one process, by the kernel's own lists of children: cheaper, and less sure while they change."""
    if not os.path.exists(f"/proc/{root}/task/{root}/children"):
        return below([root])
    found: dict[int, Process] = {}
    front = [root]
    while front:
        pids = [pid for parent in front for pid in _children(parent) if pid not in found]
        read_now = [each for each in map(read, pids) if each is not None]
        found.update({each.pid: each for each in read_now})
        front = [each.pid for each in read_now]
    return found


def _children(pid: int) -> list[int]:
    try:
        threads = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return []
    return [int(word) for thread in threads for word in contents(f"/proc/{pid}/task/{thread}/children").split()]


def buried_s(pid: int) -> float:
    """The processor time of the children that a process has fetched, and of theirs."""
    words = contents(f"/proc/{pid}/stat").decode(errors="replace").rpartition(")")[2].split()
    return sum(map(int, words[_BURIED])) / _TICKS_PER_S


def is_still(pid: int) -> bool:
    """Whether none of its threads runs, or will before it is continued."""
    try:
        threads = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return True
    return all(_is_still(f"/proc/{pid}/task/{thread}") for thread in threads)


def _is_still(folder: str) -> bool:
    state = contents(f"{folder}/stat").decode(errors="replace").rpartition(")")[2].split()[:1]
    if not state or state[0] in _STANDS:
        return True
    if state[0] != "D":
        return False
    # Who waits for a disk, or for a child that stands itself, stands as soon as the wait is over.
    for line in contents(f"{folder}/status").splitlines():
        if line.startswith((b"ShdPnd:", b"SigPnd:")) and int(line.split()[1], 16) & _STOP_BIT:
            return True
    return False


def threads_of(pid: int) -> list[int]:
    """The numbers of its threads."""
    try:
        return [int(name) for name in os.listdir(f"/proc/{pid}/task")]
    except OSError:
        return []


def send(process: Process, number: int) -> bool:
    """Send a signal to this process, and to no other one that has its number by now; whether it was sent."""
    try:
        handle = os.pidfd_open(process.pid)
    except ProcessLookupError:
        return False
    except OSError:  # an old kernel, or a sandbox that forbids it
        handle = -1
    try:
        now = read(process.pid)
        if now is None or now.start != process.start:
            return False
        if handle >= 0:
            signal.pidfd_send_signal(handle, number)
        else:
            os.kill(process.pid, number)
    except OSError:  # it has ended, or is another user's
        return False
    finally:
        if handle >= 0:
            os.close(handle)
    return True


def contents(path: str) -> bytes:
    """What a small file of the kernel's says; nothing where it cannot be read."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return b""
    found = b""
    try:
        while len(found) < _MOST_BYTES and (data := os.read(descriptor, 1 << 16)):
            found += data
    except OSError:
        return b""
    finally:
        os.close(descriptor)
    return found
