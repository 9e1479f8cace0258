"""Prices of a tariff in a real terminal beside a real agent: what they forbid, what that costs, another limit."""

import os
import subprocess
import sys
import time

import pytest

_AGENT = (sys.executable, "-c", "from netmind_tui.entry import netmind; netmind()", "agent", "run")
_POLICY = """zone = "UTC"

[[window]]
days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
from = "00:00"
to = "24:00"

[guard.price]
max_per_kwh = "0.35 EUR"
on_unknown = "run"
"""
_TARIFF = """zone = "UTC"
currency = "EUR"
price = "0.31"

[[band]]
name = "noon"
price = "0.41"
days = "wed"
from = "08:00"
to = "12:00"
"""
_CONFIG = """[electricity]
tariff = "{tariff}"

[device.cpu]
watts = 100
"""
_TRIES = 3000
_LEFT, _TOP = 9, 5
"""The column of midnight and the row of Monday, both from 1 as terminals count them."""


@pytest.fixture
def agent(tmp_path):
    """An agent with a tariff and a limit for it; the environment in which a window finds it."""
    config, policy, tariff = tmp_path / "config/netmind/config.toml", tmp_path / "policy.toml", tmp_path / "tariff.toml"
    config.parent.mkdir(parents=True, exist_ok=True)
    tariff.write_text(_TARIFF)
    config.write_text(_CONFIG.format(tariff=tariff))
    policy.write_text(_POLICY)
    policy.chmod(0o600)
    own = {
        "HOME": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "NETMIND_SOCKET": str(tmp_path / "r" / "agent.sock"),
        "NETMIND_POLICY": str(policy),
        "NETMIND_LOCKS": str(tmp_path),
    }
    process = subprocess.Popen(
        _AGENT, env=os.environ | own, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    try:
        for _ in range(_TRIES):
            if os.path.lexists(own["NETMIND_SOCKET"]):
                break
            assert process.poll() is None, process.stderr.read()
            time.sleep(0.01)
        yield own
    finally:
        process.kill()
        process.communicate()


def will(window):
    """What will be on the cursor's day."""
    return next((line[8:56] for line in window.screen.display if " will " in line), "")


def test_a_dear_morning_is_seen_explained_and_allowed_after_all(window, agent):
    shown = window(environment=agent)
    shown.shows("no payer is connected")
    shown.shows("EUR/h at 0.")  # 0.31, or on a Wednesday morning 0.41
    shown.type("4")
    shown.shows("of 0.35 EUR/kWh")
    place = f"{_LEFT + 16};{_TOP + 2}"
    shown.type(f"\x1b[<0;{place}M\x1b[<0;{place}m")
    shown.shows("over your 0.35 EUR/kWh")
    shown.shows("to run anyway: 0.5 h × 0.10 kW × 0.41 = 0.02 EUR")
    shown.shows("0.41┤")
    shown.wait(lambda: "▲" * 8 in will(shown), "foretold the morning")
    shown.type("g")
    shown.shows("limit of price")
    shown.type("\x08" * 20 + "0.45 EUR\r")
    shown.shows("change since saved +4 h")
    shown.wait(lambda: "▲" not in will(shown), "foretold it with the other limit")
    shown.shows("costs: 0.5 h × 0.10 kW × 0.41 = 0.02 EUR")
    shown.type("qy")
    assert shown.end() == 0
    assert shown.is_as_before()
