"""Measure what the interface costs in a real terminal, beside other monitors measured in the same run, as Markdown.

First full paint, and then over a window without a key pressed: processor time, wake-ups, bytes and memory; of the
process and its children. Eight GPUs at one sample a second, 120 x 40 cells.
"""

import argparse
import fcntl
import os
import select
import shutil
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

CELLS, ROWS = 120, 40
# The legend of the box of GPUs, drawn once their description is known.
WORDS = b"GPU"
WARM_S, WINDOW_S = 4.0, 12.0
NETMIND = (sys.executable, "-c", "from netmind_tui.entry import netmind_tui; netmind_tui()", "--demo", "--read-only")
OTHERS = (("btop", ("btop",)), ("glances", ("glances", "--time", "1")))
PAINT_MS, CORE_PCT, WAKEUPS, KIB_S, RSS_MIB = 400.0, 1.5, 5.0, 20.0, 80.0


@dataclass(frozen=True, slots=True)
class Cost:
    """What a program costs. Paint is from its start to the first moment at which these words stand on the screen."""

    name: str
    paint_ms: float | None
    core_pct: float
    wakeups_s: float
    kib_s: float
    rss_mib: float

    def row(self) -> str:
        """A row of the table."""
        paint = "" if self.paint_ms is None else f"{self.paint_ms:.0f}"
        return (
            f"| {self.name} | {paint} | {self.core_pct:.2f} | {self.wakeups_s:.1f} | {self.kib_s:.1f} |"
            f" {self.rss_mib:.0f} |"
        )


class Terminal:
    """A pseudo-terminal with a program in it, that is always read."""

    def __init__(self, command: Sequence[str]) -> None:
        self.master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, CELLS, 0, 0))
        self.began = monotonic()
        self.process = subprocess.Popen(
            command,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=os.environ | {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LC_ALL": "C.UTF-8"},
            start_new_session=True,
        )
        os.close(slave)
        self.seen = b""

    def read_for(self, seconds: float, *, until: bytes | None = None) -> bool:
        """Read for so long, or until this was written; whether it was."""
        end = monotonic() + seconds
        while (left := end - monotonic()) > 0:
            if select.select([self.master], (), (), left)[0]:
                try:
                    self.seen += os.read(self.master, 1 << 16)
                except OSError:
                    return False
            if until is not None and until in self.seen:
                return True
        return False

    def end(self) -> None:
        """Ask the program to end; and make it."""
        self.process.send_signal(signal.SIGTERM)
        end = monotonic() + 8
        while self.process.poll() is None and monotonic() < end:
            self.read_for(0.1)
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.master)


def family(pid: int) -> list[int]:
    """A process and all that descend from it."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            found += family(int(child))
    return found


def seconds_and_wakeups(pids: Sequence[int]) -> tuple[float, int]:
    """Their processor time, and how often one of their threads went to sleep of itself, so far."""
    ticks = wakeups = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
        for status in Path(f"/proc/{pid}/task").glob("*/status"):
            wakeups += int(status.read_text(encoding="utf-8").split("\nvoluntary_ctxt_switches:")[1].split()[0])
    return ticks / os.sysconf("SC_CLK_TCK"), wakeups


def rss_mib(pids: Sequence[int]) -> float:
    """What they have in memory."""
    pages = sum(int(Path(f"/proc/{pid}/statm").read_text(encoding="utf-8").split()[1]) for pid in pids)
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def measure(name: str, command: Sequence[str], *, words: bytes | None, window_s: float = WINDOW_S) -> Cost:
    """Run a program in a terminal, and see what it costs.

    Raises:
        RuntimeError: it ended, or never drew these words.
    """
    terminal = Terminal(command)
    try:
        paint_ms = None
        if words is not None:
            if not terminal.read_for(30, until=words):
                raise RuntimeError(f"{name} never drew {words!r}: {terminal.seen[-300:]!r}")
            paint_ms = (monotonic() - terminal.began) * 1000
        terminal.read_for(WARM_S)
        if terminal.process.poll() is not None:
            raise RuntimeError(f"{name} ended with {terminal.process.returncode}: {terminal.seen[-300:]!r}")
        pids, bytes_before = family(terminal.process.pid), len(terminal.seen)
        seconds_before, wakeups_before = seconds_and_wakeups(pids)
        began = monotonic()
        terminal.read_for(window_s)
        took = monotonic() - began
        seconds, wakeups = seconds_and_wakeups(pids)
        return Cost(
            name,
            paint_ms,
            100 * (seconds - seconds_before) / took,
            (wakeups - wakeups_before) / took,
            (len(terminal.seen) - bytes_before) / took / 1024,
            rss_mib(pids),
        )
    finally:
        terminal.end()


def main() -> int:
    """Print the table; 1 if a budget of the interface does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--window", type=float, default=WINDOW_S, metavar="SECONDS", help="how long to watch")
    window_s = parser.parse_args().window
    # The first start reads files that later ones find in memory.
    measure("netmind-tui", NETMIND, words=WORDS, window_s=0.1)
    own = measure("netmind-tui", NETMIND, words=WORDS, window_s=window_s)
    print(f"| {CELLS} x {ROWS}, {window_s:g} s | first paint ms | % of a core | wake-ups/s | KiB/s | RSS MiB |")
    print("|---|---:|---:|---:|---:|---:|")
    print(own.row())
    for name, command in OTHERS:
        if shutil.which(command[0]) is None:
            print(f"| {name} | not installed | | | | |")
            continue
        print(measure(name, command, words=None, window_s=window_s).row())
    print(f"| budget of netmind-tui | {PAINT_MS:g} | {CORE_PCT:g} | {WAKEUPS:g} | {KIB_S:g} | {RSS_MIB:g} |")
    holds = (
        own.paint_ms is not None
        and own.paint_ms <= PAINT_MS
        and own.core_pct <= CORE_PCT
        and own.wakeups_s <= WAKEUPS
        and own.kib_s <= KIB_S
        and own.rss_mib <= RSS_MIB
    )
    print(f"\nThe budgets {'hold' if holds else 'do not hold'}.")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
