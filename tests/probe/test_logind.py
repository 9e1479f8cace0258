import os
import shutil
import socket
import threading

import pytest

from netmind_tui.probe.logind import Logind
from netmind_tui.probe.unheard import Unheard

DESKTOP = {
    "id": "2",
    "user": "anna",
    "seat": "seat0",
    "Type": "wayland",
    "Class": "user",
    "State": "active",
    "TTY": "tty2",
    "Display": "",
    "Remote": False,
    "IdleHint": False,
    "IdleSinceHintMonotonic": 0,
}


def why(logind):
    with pytest.raises(Unheard) as outcome:
        logind.sessions()
    return str(outcome.value)


def test_the_sessions_are_told_one_by_one(bus):
    idle = DESKTOP | {"IdleHint": True, "IdleSinceHintMonotonic": 940_000_000}
    remote = DESKTOP | {"id": "5", "user": "ben", "seat": "", "Type": "tty", "TTY": "pts/3", "Remote": True}
    bus.logind(idle, remote)
    logind = bus.asked()
    first, second = logind.sessions()
    logind.close()
    assert (first.user, first.seat, first.kind, first.is_idle, first.idle_since_s) == (
        *("anna", "seat0", "wayland"),
        True,
        940.0,
    )
    assert first.is_local
    assert first.is_graphical
    assert (second.is_remote, second.is_local, second.tty, second.idle_since_s) == (True, False, "pts/3", None)


def test_each_question_is_answered_anew_over_one_connection(bus):
    bus.logind(DESKTOP)
    logind = bus.asked()
    assert not logind.sessions()[0].is_idle
    bus.tell(DESKTOP | {"IdleHint": True})
    assert logind.sessions()[0].is_idle
    logind.close()


@pytest.mark.parametrize(
    "difference",
    [{"Class": "greeter"}, {"Class": "manager-early"}, {"Class": "background"}, {"Remote": True}, {"State": "closing"}],
    ids=str,
)
def test_what_nobody_has_at_the_screen_is_not_local(bus, difference):
    bus.logind(DESKTOP | difference)
    logind = bus.asked()
    assert not logind.sessions()[0].is_local
    logind.close()


@pytest.mark.parametrize("group", ["user", "user-early", "user-light", "user-early-light", "user-incomplete"])
def test_every_class_of_users_is_somebodys_and_a_desktop_for_another_screen_too(bus, group):
    bus.logind(DESKTOP | {"Class": group, "seat": "", "TTY": "", "Type": "x11", "Display": ":10"})
    logind = bus.asked()
    assert logind.sessions()[0].is_local
    logind.close()


def test_a_session_that_may_not_be_asked_for_is_not_left_out(bus):
    bus.logind(DESKTOP | {"refuse": "org.freedesktop.DBus.Error.AccessDenied"})
    logind = bus.asked()
    assert why(logind) == "logind refuses to tell its sessions: org.freedesktop.DBus.Error.AccessDenied"
    logind.close()


def test_a_session_that_ends_while_it_is_asked_for_is_left_out(bus):
    bus.logind(DESKTOP | {"gone": True}, DESKTOP | {"id": "3", "user": "ben"})
    logind = bus.asked()
    assert [each.user for each in logind.sessions()] == ["ben"]
    logind.close()


def test_a_bus_without_logind_says_so_and_is_left_alone_for_a_while(bus):
    logind = bus.asked(retry_s=5.0)
    assert why(logind) == "logind does not run on this machine"
    bus.logind(DESKTOP)
    assert why(logind) == "logind does not run on this machine"
    bus.clock += 5
    assert len(logind.sessions()) == 1
    logind.close()


def test_the_machine_is_kept_awake_for_as_long_as_the_descriptor_is_open(bus):
    bus.logind()
    held = bus.asked().inhibit("idle", "netmind", "work runs")
    assert bus.inhibitors() == [("idle", "netmind", "work runs", "block")]
    assert not os.get_inheritable(held)
    os.close(held)
    assert bus.inhibitors() == []


def kept_awake(logind):
    with pytest.raises(Unheard) as outcome:
        logind.inhibit("sleep", "netmind", "work runs")
    return str(outcome.value)


def test_a_wish_to_stay_awake_that_is_refused_says_by_which_rule(bus):
    bus.logind(refuse_inhibit="org.freedesktop.DBus.Error.InteractiveAuthorizationRequired")
    said = "logind does not allow it: org.freedesktop.DBus.Error.InteractiveAuthorizationRequired"
    assert kept_awake(bus.asked()) == said


def test_without_logind_or_a_bus_nobody_keeps_the_machine_awake(bus, tmp_path):
    assert kept_awake(bus.asked()) == "logind does not run on this machine"
    bus.logind(silent=True)
    assert kept_awake(bus.asked(timeout_s=0.05)) == "logind does not answer"
    none = Logind(f"unix:path={tmp_path}/none")
    assert kept_awake(none).startswith("there is no system bus to ask logind on: ")


def test_no_bus_at_all_says_so(tmp_path):
    assert why(Logind(f"unix:path={tmp_path}/none")).startswith("there is no system bus to ask logind on: ")


def test_a_bus_that_ends_is_found_again(bus):
    bus.logind(DESKTOP)
    logind = bus.asked(retry_s=5.0)
    assert logind.sessions()
    bus.end()
    assert why(logind).startswith("there is no system bus")
    bus.children.clear()
    bus.start()
    bus.logind(DESKTOP)
    bus.clock += 5
    assert len(logind.sessions()) == 1
    logind.close()


def test_logind_that_does_not_answer_is_not_waited_for(bus):
    bus.logind(silent=True)
    logind = bus.asked(timeout_s=0.05)
    assert why(logind) == "logind does not answer"
    logind.close()


def test_a_bus_that_lets_in_and_says_nothing_is_not_waited_for(tmp_path):
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "bus"))
        server.listen()
        assert why(Logind(f"unix:path={tmp_path}/bus", timeout_s=0.05)) == "logind does not answer"


def test_a_refusal_is_told_by_its_name(bus):
    bus.logind(refuse="org.freedesktop.DBus.Error.AccessDenied")
    logind = bus.asked()
    assert why(logind) == "logind refuses to tell its sessions: org.freedesktop.DBus.Error.AccessDenied"
    logind.close()


@pytest.mark.parametrize("address", ["tcp:host=10.0.0.1", "nonsense"])
def test_an_address_that_is_none_says_so(address, monkeypatch):
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
    assert why(Logind()).startswith("there is no system bus to ask logind on: its address ")


def test_asking_starts_no_logind_where_none_runs(bus):
    started = bus.folder / "started"
    service = f"[D-BUS Service]\nName=org.freedesktop.login1\nExec={shutil.which('touch')} {started}\nUser=root\n"
    (bus.folder / "org.freedesktop.login1.service").write_text(service)
    bus.end()
    bus.children.clear()
    bus.start(f"<servicedir>{bus.folder}</servicedir>")
    logind = bus.asked()
    assert why(logind) == "logind does not run on this machine"
    assert not started.exists()
    logind.close()


def test_a_bus_that_falls_silent_after_its_welcome_is_not_waited_for(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bus")

    def welcome(server):
        peer, _ = server.accept()
        with peer:
            peer.recv(4096)
            peer.sendall(b"OK 0123456789abcdef0123456789abcdef\r\n")
            while peer.recv(4096):
                pass

    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(folder / "bus"))
        server.listen()
        thread = threading.Thread(target=welcome, args=(server,), daemon=True)
        thread.start()
        assert why(Logind(f"unix:path={folder}/bus", timeout_s=0.1)) == "logind does not answer"
        thread.join(10)
