"""The interface beside a real agent in a process of its own, in a real terminal."""

import os
import signal
import subprocess
import sys
import time

import pytest

_AGENT = (sys.executable, "-c", "from netmind_tui.entry import netmind; netmind()", "agent", "run")
_POLICY = 'zone = "UTC"\n[[window]]\ndays = ["daily"]\nfrom = "00:00"\nto = "24:00"\n'
_WORK = '[workload.steady]\ncommand = ["sleep", "3600"]\ndevices = ["cpu"]\n'
_TRIES = 1500


@pytest.fixture
def agent(tmp_path):
    """An agent that answers, and where; its home is that of the window."""
    socket, policy = tmp_path / "r" / "agent.sock", tmp_path / "policy.toml"
    policy.write_text(_POLICY)
    work = tmp_path / "config" / "netmind" / "workloads.toml"
    work.parent.mkdir(parents=True, exist_ok=True)
    work.write_text(_WORK)
    work.chmod(0o600)
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
        yield process, {"NETMIND_SOCKET": str(socket)}
    finally:
        process.terminate()
        process.communicate()


def test_the_owner_pauses_resumes_and_sees_what_became_of_it(window, agent):
    process, where = agent
    shown = window(environment=where)
    shown.shows("CONTRIBUTING")
    shown.shows("+18 h")
    shown.type("p")
    shown.shows("netmind pause --for 1h")
    shown.type("\r")
    shown.shows("PAUSED until")
    shown.type("r")
    shown.shows("CONTRIBUTING")
    shown.type("7")
    shown.shows("paused by you")
    process.send_signal(signal.SIGTERM)
    shown.shows("OFF")
    shown.type("q")
    assert shown.end() == 0
    assert shown.is_as_before()


def test_read_only_offers_no_word_of_the_owner(window, agent):
    _, where = agent
    shown = window("--read-only", environment=where)
    shown.shows("CONTRIBUTING")
    shown.shows("+18 h")
    assert "pause…" not in shown.text
    shown.type("p!x?")
    shown.shows("type a key or a word")
    assert "Exclude" not in shown.text
