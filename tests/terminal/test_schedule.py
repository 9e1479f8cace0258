"""The week painted in a real terminal beside a real agent, by keyboard and mouse, and what the agent makes of it."""

import os
import subprocess
import sys
import time

import pytest

_AGENT = (sys.executable, "-c", "from netmind_tui.entry import netmind; netmind()", "agent", "run")
_POLICY = """# my terms
zone = "UTC"

[profile.night]
[profile.eco]
cpu_share_pct = 50

# all the time but for Wednesday
[[window]]
days = ["mon", "tue", "thu", "fri", "sat", "sun"]
from = "00:00"
to = "24:00"
profile = "night"

[guard.disk]
min_free = "1 KiB"   # mine
"""
_TRIES = 3000
_LEFT, _TOP = 9, 5
"""The column of midnight and the row of Monday, both from 1 as terminals count them."""


@pytest.fixture
def agent(tmp_path):
    """An agent that answers, where, and its policy's file; its home is that of the window."""
    socket, policy = tmp_path / "r" / "agent.sock", tmp_path / "policy.toml"
    policy.write_text(_POLICY)
    policy.chmod(0o600)
    own = {
        "HOME": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "XDG_STATE_HOME": str(tmp_path / "state"),
    }
    own |= {"NETMIND_SOCKET": str(socket), "NETMIND_POLICY": str(policy), "NETMIND_LOCKS": str(tmp_path)}
    process = subprocess.Popen(
        _AGENT, env=os.environ | own, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    try:
        for _ in range(_TRIES):
            if socket.exists():
                break
            assert process.poll() is None, process.stderr.read()
            time.sleep(0.01)
        yield process, {"NETMIND_SOCKET": str(socket), "NETMIND_POLICY": str(policy)}, policy
    finally:
        process.kill()
        process.communicate()


def at(day, hour):
    """Where a cell is on the screen."""
    return _LEFT + int(hour * 2), _TOP + day


def button(window, code, place, end="M"):
    """The mouse at a place: pressed (0), moved with its button held (32), or let go (``m``)."""
    window.type(f"\x1b[<{code};{place[0]};{place[1]}{end}")


def row(window, day):
    """What is painted on a day."""
    return window.screen.display[_TOP - 1 + day][_LEFT - 1 : _LEFT + 47]


def paint_and_take_back(shown):
    """By mouse with the brush of a letter, by keys over a range, and one step back."""
    shown.type("E")
    button(shown, 0, at(2, 8))
    button(shown, 32, at(2, 9))
    button(shown, 32, at(2, 11.5))
    button(shown, 0, at(2, 11.5), "m")
    shown.shows("✎ 8 cells not saved")
    shown.wait(lambda: row(shown, 2) == "·" * 16 + "E" * 8 + "·" * 24, "painted the row")
    shown.shows("change since saved +4 h")
    shown.shows("148 of 148")
    button(shown, 0, at(2, 8))
    button(shown, 0, at(2, 8), "m")
    shown.shows("08:00–08:30")
    shown.type(".\x1b[1;2C ")
    shown.shows("✎ 6 cells not saved")
    shown.type("u")
    shown.shows("✎ 8 cells not saved")


def explain(shown):
    """One cell, and with the arrow another."""
    shown.type("x")
    shown.shows("1. inside window eco")
    shown.type("\x1b[A")
    shown.shows("1. inside window night")
    shown.type("\x1b")
    shown.shows("rules, live")


def save(shown, policy):
    """Through the agent, into the file, whose comments stay."""
    shown.type("\x13")
    shown.shows("saved 8 cells")
    text = policy.read_text()
    assert "# all the time but for Wednesday" in text
    assert "# mine" in text
    assert 'days = ["wed"]\nfrom = "08:00"\nto = "12:00"\nprofile = "eco"' in text
    shown.hides("not saved")


def pause_and_resume(shown):
    """The owner's word, until a time."""
    shown.type("p")
    shown.shows("netmind pause --for 1h")
    shown.type("\r")
    shown.shows("PAUSED until")
    shown.type("r")
    shown.hides("PAUSED")


def meet_another(shown, policy):
    """Somebody else writes meanwhile: theirs stays, mine is painted anew on it."""
    shown.type("E ")
    shown.shows("1 cell not saved")
    policy.write_text(policy.read_text() + "# theirs\n")
    shown.shows("Somebody changed the terms meanwhile")
    shown.type("\x13")
    shown.shows("paint mine anew")
    shown.type("y")
    shown.shows("painted anew")
    shown.type("\x13")
    shown.shows("saved 1 cell")
    assert "# theirs" in policy.read_text()


def test_the_week_is_painted_explained_saved_and_kept_to(window, agent):
    _, where, policy = agent
    shown = window(environment=where)
    shown.shows("Overview")
    shown.type("4")
    shown.shows("in force by the agent")
    shown.shows("144 of 144")
    shown.wait(lambda: row(shown, 2) == "·" * 48, "drew the row")
    paint_and_take_back(shown)
    explain(shown)
    save(shown, policy)
    pause_and_resume(shown)
    meet_another(shown, policy)
    shown.type("q")
    assert shown.end() == 0
    assert shown.is_as_before()


def test_read_only_the_week_is_only_looked_at(window, agent):
    _, where, policy = agent
    before = policy.read_bytes()
    shown = window("--read-only", environment=where)
    shown.shows("read-only")
    shown.type("4")
    shown.shows("in force by the agent")
    for keys in ("E ", ".", "\x7f", "c\r", "g", "e", "m", "i", "\x13", "u"):
        shown.type(keys)
        shown.read(0.1)
    button(shown, 0, at(2, 8))
    button(shown, 32, at(2, 11))
    button(shown, 0, at(2, 11), "m")
    shown.shows("Wed 08:00–11:30")
    assert "not saved" not in shown.text
    assert row(shown, 2).strip("·") == ""
    shown.type("q")
    assert shown.end() == 0
    assert policy.read_bytes() == before


def test_without_an_agent_the_file_itself_is_painted(window, tmp_path):
    policy = tmp_path / "policy.toml"
    policy.write_text(_POLICY)
    policy.chmod(0o600)
    shown = window(environment={"NETMIND_POLICY": str(policy), "NETMIND_SOCKET": str(tmp_path / "none.sock")})
    shown.shows("OFF")
    shown.type("4")
    shown.shows("netmind agent run")
    button(shown, 0, at(2, 8))
    button(shown, 0, at(2, 8), "m")
    shown.shows("08:00–08:30")
    shown.type("E \x13")
    shown.shows("saved 1 cell")
    assert 'from = "08:00"\nto = "08:30"\nprofile = "eco"' in policy.read_text()
