"""Measure what the interface costs in a real terminal, beside other monitors measured in the same run, as Markdown.

How long until the first full paint, and until a key that was typed at once is answered: medians, in rounds with an app
of the same library that shows one word. Then, over a window without a key pressed: processor time, wake-ups, bytes and
memory of the process and its children. Eight GPUs at one sample a second, 120 x 40 cells.
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
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import monotonic

CELLS, ROWS = 120, 40
# The last row of the box of GPUs, drawn once their description is known.
WORDS = b"gpu:7"
# The comma shows the settings; no other screen has this word.
KEY, ANSWER = b",", b"Settings"
WARM_S, WINDOW_S, ROUNDS = 4.0, 12.0, 9
NETMIND = (sys.executable, "-c", "from netmind_tui.entry import netmind_tui; netmind_tui()", "--demo", "--read-only")
_BLANK = """
from textual.app import App
from textual.widgets import Static
class Blank(App):
    ENABLE_COMMAND_PALETTE = False
    def compose(self):
        yield Static("gpu:7")
    def on_key(self):
        self.query_one(Static).update("Settings")
Blank().run()
"""
BLANK = (sys.executable, "-c", _BLANK)
OTHERS = (("btop", ("btop",)), ("glances", ("glances", "--time", "1")))
PAINT_MS, CORE_PCT, WAKEUPS, KIB_S, RSS_MIB = 400.0, 1.5, 5.0, 20.0, 80.0


@dataclass(frozen=True, slots=True)
class Cost:
    """What a program costs while nobody presses a key."""

    name: str
    core_pct: float
    wakeups_s: float
    kib_s: float
    rss_mib: float

    def row(self, start: "Start | None" = None) -> str:
        """A row of the table."""
        began = " | |" if start is None else f" {start.paint_ms:.0f} | {start.key_ms:.0f} |"
        return (
            f"| {self.name} |{began} {self.core_pct:.2f} | {self.wakeups_s:.1f} | {self.kib_s:.1f} |"
            f" {self.rss_mib:.0f} |"
        )


@dataclass(frozen=True, slots=True)
class Start:
    """From the start of a program to its words on the screen, and to its answer to a key that was typed at once."""

    paint_ms: float
    key_ms: float


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


def started_ms(name: str, command: Sequence[str], *, words: bytes, keys: bytes = b"") -> float:
    """How long a program takes until it has drawn these words; the keys are typed at once.

    Raises:
        RuntimeError: it never drew them.
    """
    terminal = Terminal(command)
    try:
        os.write(terminal.master, keys)
        if not terminal.read_for(30, until=words):
            raise RuntimeError(f"{name} never drew {words!r}: {terminal.seen[-300:]!r}")
        return (monotonic() - terminal.began) * 1000
    finally:
        terminal.end()


def start(commands: Mapping[str, Sequence[str]], rounds: int) -> dict[str, Start]:
    """How these programs start, each once a round, so that whatever else the machine does hits all of them alike."""
    paints: dict[str, list[float]] = {name: [] for name in commands}
    answers: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            paints[name].append(started_ms(name, command, words=WORDS))
            answers[name].append(started_ms(name, command, words=ANSWER, keys=KEY))
    return {name: Start(median(paints[name]), median(answers[name])) for name in commands}


def measure(name: str, command: Sequence[str], *, words: bytes | None, window_s: float = WINDOW_S) -> Cost:
    """Run a program in a terminal, and see what it costs.

    Raises:
        RuntimeError: it ended, or never drew these words.
    """
    terminal = Terminal(command)
    try:
        if words is not None and not terminal.read_for(30, until=words):
            raise RuntimeError(f"{name} never drew {words!r}: {terminal.seen[-300:]!r}")
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
    parser.add_argument("--rounds", type=int, default=ROUNDS, metavar="COUNT", help="how often to start")
    options = parser.parse_args()
    window_s = options.window
    # The first start reads files that later ones find in memory.
    programs = {"netmind-tui": NETMIND, "a Textual app with one word": BLANK}
    for name, command in programs.items():
        started_ms(name, command, words=WORDS)
    starts = start(programs, options.rounds)
    heads = ("first paint ms", "first key ms", "% of a core", "wake-ups/s", "KiB/s", "RSS MiB")
    print(f"| {CELLS} x {ROWS}, {window_s:g} s | {' | '.join(heads)} |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    costs = {name: measure(name, command, words=WORDS, window_s=window_s) for name, command in programs.items()}
    for name, cost in costs.items():
        print(cost.row(starts[name]))
    for name, command in OTHERS:
        if shutil.which(command[0]) is None:
            print(f"| {name} | not installed | | | | | |")
            continue
        print(measure(name, command, words=None, window_s=window_s).row())
    print(f"| budget of netmind-tui | {PAINT_MS:g} | | {CORE_PCT:g} | {WAKEUPS:g} | {KIB_S:g} | {RSS_MIB:g} |")
    own, begun = costs["netmind-tui"], starts["netmind-tui"]
    holds = (
        begun.paint_ms <= PAINT_MS
        and own.core_pct <= CORE_PCT
        and own.wakeups_s <= WAKEUPS
        and own.kib_s <= KIB_S
        and own.rss_mib <= RSS_MIB
    )
    print(f"\nThe budgets {'hold' if holds else 'do not hold'}; starts are medians of {options.rounds} rounds.")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
