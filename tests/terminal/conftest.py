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
from pathlib import Path

import pyte
import pytest

RECORDING = Path(__file__).parents[1] / "recordings/h100x8.jsonl"
DEADLINE_S = 30.0
_OF_THE_TERMINAL = ("NO_COLOR", "COLORTERM", "COLUMNS", "LINES")
COMMAND = (sys.executable, "-c", "from netmind_tui.entry import netmind_tui; netmind_tui()")


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
        self.wait(lambda: words in self.text, f"showed {words!r}")

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
        made = Window(arguments, base | home | (environment or {}), **options)
        opened.append(made)
        return made

    yield open_window
    for made in opened:
        if made.process.poll() is None:
            made.process.send_signal(signal.SIGKILL)
            made.process.wait()
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
