import sys
import threading
import time
from contextlib import suppress

import pytest

from netmind_tui.probe import wsl_idle
from netmind_tui.probe.unheard import Unheard
from netmind_tui.probe.wsl_idle import WslIdle, windows_command


class Windows:
    """A program that tells as the real one would, in a real child; it stays until it is ended."""

    def __init__(self, *lines, stays=True):
        script = f"import sys,time\nfor line in {lines!r}: print(line, flush=True)\n" + ("time.sleep(60)" * stays)
        self.now = 0.0
        self.idle = WslIdle([sys.executable, "-c", script], clock=lambda: self.now)

    def first(self):
        """The first answer; a child needs its time to start."""
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                return self.idle.idle_s()
            except Unheard:  # it has not told yet
                threading.Event().wait(0.01)
        raise AssertionError("nothing was told")


@pytest.fixture
def windows():
    made = []

    def start(*lines, **more):
        made.append(Windows(*lines, **more))
        return made[-1]

    yield start
    for each in made:
        each.idle.close()


def test_what_windows_tells_grows_with_the_time_since(windows):
    told = windows("not a number", 4_000)
    assert told.first() == 4.0
    told.now = 2.0
    assert told.idle.idle_s() == 6.0


def test_silence_is_not_idleness(windows):
    told = windows(4_000)
    told.first()
    told.now = 5.0
    with pytest.raises(Unheard, match="does not tell any more"):
        told.idle.idle_s()


def test_one_that_ended_is_started_again_a_minute_later(windows):
    told = windows(7_000, stays=False)
    told.first()
    process = told.idle._process
    process.wait(20)
    told.now = 59.0
    with pytest.raises(Unheard):
        told.idle.idle_s()
    assert told.idle._process is process
    told.now = 60.0
    with suppress(Unheard):  # it may have told already
        told.idle.idle_s()
    assert told.idle._process is not process


def test_a_program_that_cannot_be_started_says_so(tmp_path):
    with pytest.raises(Unheard, match="Windows programs cannot be started: "):
        WslIdle([str(tmp_path / "none")]).idle_s()


def test_without_powershell_it_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr(wsl_idle.shutil, "which", lambda _name: None)
    assert windows_command() is None
    with pytest.raises(Unheard, match="cannot be started from this WSL"):
        WslIdle().idle_s()


def test_powershell_is_asked_without_the_owners_profile(monkeypatch):
    monkeypatch.setattr(wsl_idle.shutil, "which", lambda name: f"/mnt/c/{name}")
    command = windows_command()
    assert command[:2] == ["/mnt/c/powershell.exe", "-NoLogo"]
    assert "-NoProfile" in command
    assert "GetLastInputInfo" in command[-1]
