import socket

import pytest

from netmind_tui.node.agent.notify import Notifier


@pytest.fixture
def manager(tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.setblocking(False)
        yield listening


def said(manager):
    lines = []
    while True:
        try:
            lines.append(manager.recv(4096).decode())
        except BlockingIOError:
            return lines


def test_a_service_manager_hears_of_every_stage(manager):
    notifier = Notifier({"NOTIFY_SOCKET": manager.getsockname(), "WATCHDOG_USEC": "30000000"}, pid=7)
    notifier.ready("8 contributing")
    notifier.alive()
    notifier.reloading(12.5)
    notifier.stopping("stops")
    assert said(manager) == [
        "READY=1\nSTATUS=8 contributing",
        "WATCHDOG=1",
        "RELOADING=1\nMONOTONIC_USEC=12500000",
        "STOPPING=1\nSTATUS=stops",
    ]
    assert notifier.watchdog_s == 30.0


@pytest.mark.parametrize("given", [{}, {"WATCHDOG_USEC": "1000", "WATCHDOG_PID": "8"}, {"WATCHDOG_USEC": "soon"}])
def test_nobody_is_told_that_it_lives_who_did_not_ask(manager, given):
    notifier = Notifier({"NOTIFY_SOCKET": manager.getsockname(), **given}, pid=7)
    notifier.alive()
    assert said(manager) == []


def test_a_manager_that_is_gone_or_was_never_there_is_no_trouble(tmp_path):
    Notifier({}).ready("runs")
    Notifier({"NOTIFY_SOCKET": str(tmp_path / "gone")}).ready("runs")


def test_an_abstract_socket_is_understood(tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(f"\0{tmp_path}")
        Notifier({"NOTIFY_SOCKET": f"@{tmp_path}"}).status("here")
        assert listening.recv(100) == b"STATUS=here"
