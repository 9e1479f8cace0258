"""What is measured is asked of a running agent first, and measured whatever it answers."""

import subprocess
import sys
import threading

import pytest

from netmind_tui.node.control import client
from netmind_tui.node.measuring import left_alone


@pytest.fixture
def socket(tmp_path, monkeypatch):
    path = tmp_path / "s" / "agent.sock"
    monkeypatch.setenv("NETMIND_SOCKET", str(path))
    return path


@pytest.fixture
def said():
    return []


def test_an_agent_gives_the_devices_before_and_has_them_back_after(socket, agents, said):
    node = agents.MadeNode()
    with agents.running(socket, node=node):
        with left_alone(("gpu:0", "gpu:1", "gpu:1"), said.append):
            assert (node.entered, node.left) == ([("gpu:0", "gpu:1")], [])
        assert agents.until(lambda: node.left == [("gpu:0", "gpu:1")])
    assert said == ["an agent runs here: it is asked to leave gpu:0-1 alone while this measures"]


def test_a_measurement_that_fails_gives_them_back_too(socket, agents, said):
    node = agents.MadeNode()
    with agents.running(socket, node=node):
        with pytest.raises(ZeroDivisionError), left_alone(("gpu:0",), said.append):
            raise ZeroDivisionError
        assert agents.until(lambda: node.left == [("gpu:0",)])


def test_without_an_agent_nothing_is_said(socket, said):
    with left_alone(("cpu",), said.append):
        pass
    assert said == []


def test_without_an_agent_nothing_that_speaks_to_one_is_loaded(socket):
    lines = [
        "import sys",
        "from netmind_tui.node.measuring import left_alone",
        "with left_alone(('cpu',), print): pass",
        "print(*sorted(sys.modules))",
    ]
    done = subprocess.run([sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, check=True)
    assert not set(done.stdout.split()) & {"http.client", "msgspec", "netmind_tui.node.control.client"}


def test_the_socket_of_an_agent_that_has_ended_is_none(socket, agents, said):
    with agents.running(socket):
        pass
    socket.touch()
    socket.unlink()
    with left_alone(("cpu",), said.append):
        pass
    assert said == []


@pytest.mark.parametrize("devices", [("cpu",), ("gpu:99",)])
def test_a_device_that_the_agent_does_not_know_is_measured_all_the_same(socket, agents, said, devices):
    with agents.running(socket), left_alone(devices, said.append):
        pass
    assert said[1:] == ["measured beside whatever the agent does: " + f"{devices[0]}: this node has no such device"]


def test_who_may_not_ask_for_them_measures_all_the_same(socket, agents, said, monkeypatch):
    monkeypatch.setattr(client.Client, "_must_match", lambda _self: _refuse())
    with agents.running(socket), left_alone(("gpu:0",), said.append):
        pass
    assert said[1:] == ["measured beside whatever the agent does: you may not"]


def test_something_else_at_the_socket_is_said_and_no_reason_not_to_measure(socket, said):
    socket.parent.mkdir()
    socket.write_text("")
    with left_alone(("cpu",), said.append):
        pass
    assert said == [f"measured beside whatever the agent does: {socket} is a file, and no socket of an agent"]


def test_who_waits_may_give_up(socket, agents, said):
    node = agents.MadeNode()
    node.drained = False
    gave_up = threading.Event()
    with agents.running(socket, node=node):
        threading.Thread(target=lambda: agents.until(lambda: bool(node.entered)) and gave_up.set()).start()
        with left_alone(("gpu:0",), said.append, via="tui", cancelled=gave_up.is_set):
            assert node.entered == [("gpu:0",)]
            assert node.left == []
        node.drained = True  # it is given, and given back at once
        assert agents.until(lambda: node.left == [("gpu:0",)])


def test_who_could_give_up_and_does_not_holds_them(socket, agents, said):
    node = agents.MadeNode()
    with agents.running(socket, node=node):
        with left_alone(("gpu:0",), said.append, cancelled=lambda: False):
            assert node.left == []
        assert agents.until(lambda: node.left == [("gpu:0",)])


def test_who_could_give_up_hears_of_a_refusal_too(socket, agents, said):
    with agents.running(socket), left_alone(("cpu",), said.append, cancelled=lambda: False):
        pass
    assert "no such device" in said[1]


def _refuse():
    raise client.Denied("you may not")
