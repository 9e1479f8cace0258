"""A real terminal for the interface: a pseudo-terminal whose other end the test reads, or does not."""

import fcntl
import os
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from contextlib import suppress
from pathlib import Path

import pyte
import pytest

RECORDING = Path(__file__).parents[1] / "recordings/h100x8.jsonl"
DEADLINE_S = 30.0
_OF_THE_TERMINAL = ("NO_COLOR", "COLORTERM", "COLUMNS", "LINES")
COMMAND = (sys.executable, "-c", "from netmind_tui.entry import netmind_tui; netmind_tui()")
# A shell that knows no more than jobs: it runs one, says when that has stopped, and waits for `fg` or `bg`.
_SHELL = """
import os, signal, sys
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
job = os.fork()
if job == 0:
    os.setpgid(0, 0)
    os.tcsetpgrp(0, os.getpid())
    signal.signal(signal.SIGTTOU, signal.SIG_DFL)
    os.execv(sys.argv[1], sys.argv[1:])
while True:
    status = os.waitpid(job, os.WUNTRACED)[1]
    if not os.WIFSTOPPED(status):
        sys.exit(os.waitstatus_to_exitcode(status) % 256)
    os.tcsetpgrp(0, os.getpgrp())
    print("job stopped", flush=True)
    if sys.stdin.readline() == "bg\\n":
        os.killpg(job, signal.SIGCONT)
        continue
    os.tcsetpgrp(0, job)
    os.killpg(job, signal.SIGCONT)
"""
_BELOW = "import subprocess, sys; sys.exit(subprocess.call(sys.argv[1:]))"


class Window:
    """A terminal window with a program in it: its screen, its bytes and its process."""

    def __init__(self, arguments, environment, *, cells=100, rows=30, prepare=None, command=COMMAND, cwd=None):
        self.master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cells, 0, 0))
        self.slave_name = os.ttyname(slave)
        self.before = termios.tcgetattr(slave)
        self.screen = pyte.Screen(cells, rows)
        self._stream = pyte.ByteStream(self.screen)
        self.bytes = b""

        def take_terminal():
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
            if prepare is not None:
                prepare()

        self.process = subprocess.Popen(
            [*command, *map(str, arguments)],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=environment,
            cwd=cwd,
            preexec_fn=take_terminal,  # noqa: PLW1509 - no thread of a test holds a lock here
            close_fds=True,
        )
        os.close(slave)

    @property
    def children(self):
        """The processes that its first thread started."""
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(each) for each in path.read_text().split()]

    @property
    def job(self):
        """The process of the interface, which a shell stands above."""
        return self.children[0]

    @staticmethod
    def state(pid):
        """What a process does, in the system's letter: ``T`` is stopped; none where there is no such process."""
        try:
            return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except OSError:
            return None

    def resize(self, cells, rows):
        """Make the window larger or smaller."""
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cells, 0, 0))
        self.screen.resize(rows, cells)

    def wait_for_end(self, seconds=15.0):
        """The code of a process that nobody reads any more."""
        end = time.monotonic() + seconds
        while self.process.poll() is None:
            assert time.monotonic() < end, "never ended"
            time.sleep(0.02)
        return self.process.returncode

    def read(self, wait_s=0.05):
        """Take in what was written; false once there is nobody to write any more."""
        if not select.select([self.master], (), (), wait_s)[0]:
            return True
        try:
            data = os.read(self.master, 65536)
        except OSError:
            return False
        self.bytes += data
        self._stream.feed(data)
        return bool(data)

    def wait(self, condition, what):
        """Read until something holds."""
        end = time.monotonic() + DEADLINE_S
        while not condition():
            assert time.monotonic() < end, f"never {what}:\n{self.text}"
            assert self.read() or condition(), f"ended before {what}: {self.process.poll()}\n{self.text}"

    def shows(self, words):
        """Read until these words stand on the screen."""
        self.wait(lambda: words in self.text or words in self.words, f"showed {words!r}")

    def hides(self, words):
        """Read until these words stand there no more."""
        self.wait(lambda: words not in self.text, f"took away {words!r}")

    def type(self, keys):
        """Press keys."""
        os.write(self.master, keys.encode() if isinstance(keys, str) else keys)

    def end(self):
        """The code that the process ends with, once all that it wrote is read."""
        end = time.monotonic() + DEADLINE_S
        while self.process.poll() is None:
            assert time.monotonic() < end, f"never ended:\n{self.text}"
            self.read()
        while select.select([self.master], (), (), 0.05)[0] and self.read():
            pass
        return self.process.returncode

    @property
    def text(self):
        """What the screen shows."""
        return "\n".join(line.rstrip() for line in self.screen.display)

    @property
    def words(self):
        """The same without the ends of lines, which a sentence may reach over."""
        return " ".join(self.text.split())

    @property
    def mode(self):
        """How the terminal treats keys now: what a shell finds when the program has ended."""
        return termios.tcgetattr(self.master)

    def is_as_before(self):
        """Whether the terminal was given back: every mode that was set was taken back, and keys are as before."""
        modes = {number: self.bytes.rfind(b"\x1b[?%dh" % number) for number in (1049, 1000, 1003, 1004, 1006, 2004)}
        left = [number for number, place in modes.items() if place > self.bytes.rfind(b"\x1b[?%dl" % number)]
        cursor = self.bytes.rfind(b"\x1b[?25h") >= self.bytes.rfind(b"\x1b[?25l")
        return not left and cursor and self.mode[:4] == self.before[:4]

    def close(self):
        """Take the window away."""
        if self.master >= 0:
            os.close(self.master)
            self.master = -1


@pytest.fixture
def window(tmp_path):
    """From arguments to a window that shows the interface; whatever is left of it is ended after the test."""
    opened = []
    settings = tmp_path / "config/netmind/config.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text("# met before: no first run\n")

    def open_window(*arguments, environment=None, **options):
        base = {name: value for name, value in os.environ.items() if name not in _OF_THE_TERMINAL}
        home = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "config"), "TERM": "xterm-256color"}
        home |= {"XDG_STATE_HOME": str(tmp_path / "state"), "NETMIND_LOCKS": str(tmp_path)}
        made = Window(arguments, base | home | (environment or {}), **options)
        opened.append(made)
        return made

    yield open_window
    for made in opened:
        if made.process.poll() is None:
            below = made.children
            made.process.send_signal(signal.SIGKILL)
            made.process.wait()
            for each in below:
                with suppress(ProcessLookupError):
                    os.kill(each, signal.SIGKILL)
        made.close()


@pytest.fixture
def replay(window):
    """A window that replays a recording and shows its first sample."""

    def open_replay(*arguments, **options):
        made = window("--replay", RECORDING, *arguments, **options)
        made.shows("gpu")
        made.wait(lambda: b"\x1b[?2004h" in made.bytes or "--inline" in arguments, "took the terminal")
        return made

    return open_replay


@pytest.fixture
def shell():
    """The command of the interface as the job of a shell; ``above`` has another program start it."""

    def command(*, above=False):
        between = (sys.executable, "-c", _BELOW) if above else ()
        return (sys.executable, "-c", _SHELL, *between, *COMMAND)

    return command


@pytest.fixture
def in_shell(window, shell):
    """A window with a shell, in which the interface replays a recording."""

    def open_shell(*arguments, above=False):
        made = window("--replay", RECORDING, *arguments, command=shell(above=above))
        made.shows("gpu")
        made.wait(lambda: b"\x1b[?2004h" in made.bytes, "took the terminal")
        return made

    return open_shell
