"""Starts a command in a session of its own: held back until the keeper has written down who it is, then let go.

A keeper loads this: nothing but the built-in library's lightest parts.
"""

# pathlib alone would be a tenth of a keeper's memory.
# ruff: noqa: PTH118

import contextlib
import errno
import json
import os
import resource
import select
import signal

from netmind_tui.node.work.tree import DEATH_SIGNAL, prctl

_OUT_OF_MEMORY_FIRST = "500"
"""Should the machine run out of memory, this goes before what is the owner's."""


class Launched:
    """A child that waits for ``go``; then ``complaint`` becomes readable: what was wrong, or nothing."""

    __slots__ = ("_go", "complaint", "pid")

    def __init__(self, pid: int, go: int, complaint: int) -> None:
        self.pid = pid
        self._go = go
        self.complaint = complaint

    def go(self) -> None:
        """Let it run."""
        with contextlib.suppress(OSError):  # it was killed meanwhile
            os.write(self._go, b"!")
        os.close(self._go)

    @property
    def is_decided(self) -> bool:
        """Whether it is known by now that it runs, or why not."""
        poll = select.poll()
        poll.register(self.complaint, select.POLLIN)
        return bool(poll.poll(0))

    def failure(self) -> "tuple[str, int] | None":
        """Once readable: at which step it failed and the system's number of why; ``None`` if it runs. Ask once."""
        try:
            said = os.read(self.complaint, 4096)
        except OSError:
            said = b""
        os.close(self.complaint)
        if not said:
            return None
        step, number = json.loads(said)
        return step, number


def launch(
    command: "list[str]", environment: "dict[str, str]", folder: str, output: int, bounds: "dict[str, object]"
) -> Launched:
    """Fork a child that will run the command.

    Args:
        command: the words; the first is looked for on the environment's PATH.
        environment: all that it sees.
        folder: where it runs.
        output: what its stdout and stderr go to.
        bounds: ``nice``, ``cpus`` (numbers), ``data_bytes``; any may be missing.

    Raises:
        OSError: no process can be made.
    """
    waits, go = os.pipe()
    complaint, complains = os.pipe()
    keeper = os.getpid()
    pid = os.fork()
    if pid == 0:
        step = "start"
        try:
            os.close(go)
            os.close(complaint)
            if os.read(waits, 1) != b"!":
                os._exit(127)
            _settle_in(keeper, output, bounds)
            step = "folder"
            os.chdir(folder)
            step = "command"
            _run(command, environment)
        except OSError as error:
            _complain(complains, step, error.errno or 0)
        except BaseException:  # noqa: BLE001 - nothing of a forked child may go on as the keeper
            _complain(complains, step, 0)
        finally:
            os._exit(127)
    os.close(waits)
    os.close(complains)
    return Launched(pid, go, complaint)


def _settle_in(keeper: int, output: int, bounds: "dict[str, object]") -> None:
    os.setsid()
    # Should the keeper be killed, this goes too: nobody guards it any more. What it has started is found otherwise.
    prctl(DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() != keeper:
        os._exit(127)
    signal.set_wakeup_fd(-1)
    for number in range(1, signal.NSIG):
        with contextlib.suppress(OSError, ValueError):  # some cannot be caught, and some are the C library's own
            signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    nothing = os.open("/dev/null", os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    _bound(bounds)


def _bound(bounds: "dict[str, object]") -> None:
    """Take on what holds it within its limits; what the system does not know of is left out."""
    _put("/proc/self/oom_score_adj", _OUT_OF_MEMORY_FIRST)
    nice = bounds.get("nice")
    if isinstance(nice, int):
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, 0, nice)
        # Where the kernel makes a group of each session, only the group's niceness counts against others.
        _put("/proc/self/autogroup", str(nice))
    cpus = bounds.get("cpus")
    if isinstance(cpus, list):
        with contextlib.suppress(OSError):
            os.sched_setaffinity(0, cpus)
    data = bounds.get("data_bytes")
    if isinstance(data, int):
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_DATA, (data, data))
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _run(command: "list[str]", environment: "dict[str, str]") -> None:
    """Become the command, as a shell finds it; ``OSError`` of the likeliest cause if none can be run."""
    program = command[0]
    if "/" in program:
        os.execve(program, command, environment)  # noqa: S606 - it is what is asked for
    found: OSError | None = None
    for folder in os.get_exec_path(environment):
        try:
            os.execve(os.path.join(folder, program), command, environment)  # noqa: S606 - the same
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            found = found or error
    raise found or OSError(errno.ENOENT, os.strerror(errno.ENOENT))


def _complain(to: int, step: str, number: int) -> None:
    with contextlib.suppress(OSError):
        os.write(to, json.dumps([step, number]).encode())


def _put(path: str, text: str) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY)
    except OSError:
        return
    with contextlib.suppress(OSError):
        os.write(descriptor, text.encode())
    os.close(descriptor)
