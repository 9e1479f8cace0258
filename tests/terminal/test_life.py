import fcntl
import json
import os
import shutil
import signal
import struct
import subprocess
import sys
import termios
import time
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pytest

from netmind_tui.tui import terminal

_COMMAND = (sys.executable, "-c", "from netmind_tui.entry import netmind_tui; netmind_tui()")


def _cpu_ticks(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGINT"])
def test_a_signal_gives_the_terminal_back(replay, name):
    window = replay()
    number = getattr(signal, name)
    window.process.send_signal(number)
    assert window.end() == 128 + number
    assert window.is_as_before()


@pytest.mark.parametrize("keys", ["q", "\x03", "\x11"], ids=["q", "ctrl+c", "ctrl+q"])
def test_leaving_gives_the_terminal_back(replay, keys):
    window = replay()
    window.type(keys)
    assert window.end() == 0
    assert window.is_as_before()


def _seconds_of_processor(window):
    return _cpu_ticks(window.process.pid) / os.sysconf("SC_CLK_TCK")


def _waits(window, seconds=15.0):
    """The code of a process that nobody reads any more."""
    end = time.monotonic() + seconds
    while window.process.poll() is None:
        assert time.monotonic() < end, f"never ended; {_seconds_of_processor(window):.1f} s of processor time"
        time.sleep(0.02)
    return window.process.returncode


def _ignore_hang_up():
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


def test_a_terminal_that_goes_away_ends_the_process(replay):
    window = replay()
    window.close()
    assert _waits(window) == terminal.GONE


def test_a_terminal_that_goes_away_unheard_leaves_no_process(replay):
    window = replay(prepare=_ignore_hang_up)
    before = _seconds_of_processor(window)
    window.close()
    assert _waits(window) == terminal.GONE
    assert before < 10


def test_a_signal_that_was_ignored_from_outside_stays_so(replay):
    window = replay(prepare=_ignore_hang_up)
    window.process.send_signal(signal.SIGHUP)
    window.type("4")
    window.shows("Nothing runs for others")


def test_a_crash_gives_the_terminal_back_and_says_what_it_was(replay):
    program = (
        "from netmind_tui.entry import netmind_tui;"
        "from netmind_tui.tui import effect;"
        "effect.EFFECTS['copy'] = lambda app, rest: {}['what was not there'];"
        "netmind_tui()"
    )
    window = replay(command=(sys.executable, "-c", program))
    window.type("y")
    assert window.end() == 4
    assert window.is_as_before()
    said = window.bytes[window.bytes.rfind(b"\x1b[?1049l") :].decode()
    assert "what was not there" in said
    assert "netmind-tui crashed" in said


def _stall(window):
    """Change the screen, which nobody reads, until the terminal has taken nothing for long."""
    end, full_for = time.monotonic() + 60, 0
    while full_for < 25:
        assert time.monotonic() < end, "never stalled"
        window.type("123456")
        time.sleep(0.04)
        (unread,) = struct.unpack("i", fcntl.ioctl(window.master, termios.FIONREAD, bytes(4)))
        full_for = full_for + 1 if unread > 3500 else 0


def test_a_terminal_that_nobody_reads_loses_no_sample(window, tmp_path):
    kept = tmp_path / "kept.jsonl"
    stalled = window("--record", kept)
    stalled.shows("OFF, no agent")
    _stall(stalled)
    before = len(kept.read_bytes().splitlines())
    end = time.monotonic() + 30
    while len(kept.read_bytes().splitlines()) < before + 4:
        assert time.monotonic() < end, "the recording stopped with the terminal"
        time.sleep(0.1)
    stalled.type("4")
    stalled.shows("the coming week")
    stalled.shows("help")
    stalled.type("q")
    assert stalled.end() == 0
    assert stalled.is_as_before()
    times = [json.loads(line)["at"] for line in kept.read_bytes().splitlines()[1:]]
    assert len(times) >= before + 3
    gaps = [datetime.fromisoformat(b) - datetime.fromisoformat(a) for a, b in pairwise(times)]
    assert max(gaps).total_seconds() < 3


def test_read_again_the_screen_is_whole(replay):
    stalled, fresh = replay(), replay()
    _stall(stalled)
    stalled.type("5")
    fresh.type("5")
    for each in (stalled, fresh):
        each.shows("Nothing is earned")

    def same():
        fresh.read()
        return stalled.screen.display[2:] == fresh.screen.display[2:]

    stalled.wait(same, "showed the same as one that never stalled")


def test_a_signal_ends_it_although_nobody_reads(replay):
    window = replay()
    _stall(window)
    window.process.send_signal(signal.SIGTERM)
    assert _waits(window, 30) == 143
    assert window.mode[:4] == window.before[:4]


@pytest.mark.parametrize(("stream", "name"), [("stdin", "stdin"), ("stderr", "stderr")])
def test_without_a_terminal_it_refuses_and_names_what_works(stream, name, tmp_path):
    master, slave = os.openpty()
    streams = {"stdin": slave, "stdout": slave, "stderr": slave} | {stream: subprocess.DEVNULL}
    if stream == "stdin":
        streams["stderr"] = slave
    done = subprocess.Popen(_COMMAND, **streams, env=os.environ | {"HOME": str(tmp_path), "TERM": "xterm"})
    os.close(slave)
    assert done.wait(30) == 2
    if stream == "stdin":
        said = os.read(master, 4096).decode()
        assert said.startswith(f"netmind-tui: {name} is no terminal: use `netmind info`")
        assert len(said.strip().splitlines()) == 1
    os.close(master)


def test_under_nohup_it_refuses(tmp_path):
    done = subprocess.run(
        [shutil.which("nohup") or pytest.skip("no nohup"), *_COMMAND],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
        env=os.environ | {"HOME": str(tmp_path), "TERM": "xterm"},
    )
    assert done.returncode == 2
    assert "is no terminal: use `netmind info`" in done.stderr


@pytest.mark.parametrize("kind", ["dumb", "unknown", ""])
def test_a_terminal_that_cannot_be_drawn_on_is_refused(window, kind):
    refused = window(environment={"TERM": kind})
    assert refused.end() == 2
    assert b"cannot be drawn on: use `netmind info`" in refused.bytes
    assert b"\x1b" not in refused.bytes
