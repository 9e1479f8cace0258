"""The client beside an agent that is of another version, hangs, lies, or is not there."""

import socket
import threading
import time
from contextlib import suppress

import pytest

from netmind_tui import __version__
from netmind_tui.model.agent import OverrideRequest
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.override import OverrideKind
from netmind_tui.model.problem import Problem
from netmind_tui.node.control import find
from netmind_tui.node.control.client import Client, NoAgent
from netmind_tui.node.control.server import answer as serving

PAUSE = OverrideRequest(kind=OverrideKind.PAUSE)


@pytest.fixture
def talker(path):
    """Somebody at the socket who says these bytes to everybody."""
    path.parent.mkdir()
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(path))
    listening.listen()

    def start(data):
        def speak():
            while True:
                try:
                    line, _ = listening.accept()
                except OSError:
                    return
                with line:
                    line.recv(65536)
                    line.sendall(data)

        threading.Thread(target=speak, daemon=True).start()

    yield start
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()


@pytest.mark.parametrize(
    ("api", "version", "sentence"),
    [
        (
            2,
            "9.1.0",
            "this netmind ({0}) is older than the agent (9.1.0): reading works, changing needs netmind 9.1.0 here",
        ),
        (
            0,
            "0.0.9",
            (
                "the agent (0.0.9) is older than this netmind ({0}): reading works, changing needs the agent to be"
                " started again with {0}"
            ),
        ),
    ],
)
def test_an_agent_of_another_version_is_read_and_not_changed(agent, client, monkeypatch, api, version, sentence):
    sentence = sentence.format(__version__)
    monkeypatch.setattr(serving, "API", api)
    monkeypatch.setattr(serving, "__version__", version)
    assert client.status().decisions.node.state == "contributing"
    assert client.skew == sentence
    for change in (lambda: client.override(PAUSE), lambda: client.set_policy(""), lambda: client.lease().__enter__()):
        with pytest.raises(Problem) as caught:
            change()
        assert (caught.value.sentence, caught.value.code) == (sentence, ExitCode.UNMEASURED)
    assert [heard for heard in agent.node.heard if heard[0] != "events"] == []


def test_a_fresh_client_asks_for_the_version_before_it_changes_anything(agent, path, monkeypatch):
    monkeypatch.setattr(serving, "API", 2)
    with pytest.raises(Problem, match="reading works"):
        Client(path).override(PAUSE)
    assert agent.node.heard == []


def _http(body, *, api="1", status="200 OK"):
    head = f"HTTP/1.1 {status}\r\nNetMind-Api: {api}\r\nNetMind-Version: 9.1.0\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (b"", "the agent hung up"),
        (b"220 mail.example ESMTP\r\n", "the agent broke off"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", "something else than an agent answers there"),
        (_http(b"{}"), "the agent's answer: expected schema netmind.status/1, found none"),
        (_http(b"{}", api="2"), "is older than the agent (9.1.0)"),
        (_http(b"<html>"), "the agent's answer is not valid JSON"),
        (_http(b"", status="502 Bad Gateway"), "the agent answered 502"),
        (_http(b'{"schema":"netmind.status/1"')[:-5], "the agent's answer is not valid JSON"),
    ],
)
def test_what_is_no_answer_gets_one_sentence(talker, path, said, sentence):
    talker(said)
    with pytest.raises(Problem) as caught:
        Client(path).status()
    assert sentence in caught.value.sentence
    assert caught.value.code == ExitCode.UNMEASURED


def test_what_another_machine_says_is_one_line_without_what_a_terminal_obeys(talker, path):
    words = r'{"schema":"netmind.refusal/1","sentence":"no\u001b]0;x\u0007\nnetmind: error: fake\u202e"}'
    talker(_http(words.encode(), status="409 Conflict"))
    with pytest.raises(Problem) as caught:
        Client(path).status()
    assert caught.value.sentence == "no?]0;x? netmind: error: fake?"


def test_an_answer_that_drips_is_not_waited_for_without_end(path):
    path.parent.mkdir()

    def drip(listening):
        line, _ = listening.accept()
        with line, suppress(OSError):
            line.recv(65536)
            line.sendall(_http(b" " * 500)[:-500])
            for _ in range(500):
                line.sendall(b" ")
                time.sleep(0.01)

    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()
        threading.Thread(target=drip, args=[listening], daemon=True).start()
        with pytest.raises(NoAgent, match="does not answer within"):
            Client(path, timeout_s=0.1).status()


def test_an_agent_that_hangs_is_left_after_a_time(path):
    path.parent.mkdir()
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()
        with pytest.raises(NoAgent, match="the agent does not answer within 0 s") as caught:
            Client(path, timeout_s=0.05).status()
    assert not caught.value.is_absent


@pytest.fixture
def places(short, monkeypatch):
    """The places in which a client looks, all of them in the test's folder."""
    for name in ("NETMIND_SOCKET", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(short / "h"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(short / "r"))
    monkeypatch.setattr(find, "SYSTEM_SOCKET", short / "s" / "agent.sock")
    return find.places()


def test_the_users_own_agent_comes_before_the_systems(serve, places, agents):
    with pytest.raises(NoAgent, match="no agent runs here: start one with netmind agent run"):
        find.reach()
    for number in (2, 1, 0):
        serve(at=places[number], node=agents.MadeNode(name=str(number)))
        assert find.reach().greet().node == str(number)


def test_a_dead_socket_leads_on_to_the_next(serve, places):
    places[0].parent.mkdir(parents=True)
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(places[0]))
    serve(at=places[2])
    assert find.reach().path == places[2]


def test_what_is_in_the_way_is_said_and_not_passed_over(serve, places):
    serve(at=places[2])
    places[0].parent.mkdir(parents=True)
    places[0].write_text("")
    with pytest.raises(NoAgent, match="is a file, and no socket"):
        find.reach()


def test_a_named_socket_is_the_only_one(serve, places, tmp_path, monkeypatch):
    serve(at=places[2])
    monkeypatch.setenv("NETMIND_SOCKET", str(tmp_path / "elsewhere.sock"))
    assert find.places() == (tmp_path / "elsewhere.sock",)
    with pytest.raises(NoAgent, match="no agent runs here"):
        find.reach()


def test_the_socket_of_another_user_in_ones_own_folder_is_not_trusted(serve, places, monkeypatch):
    serve(at=places[0])
    owner = places[0].lstat().st_uid
    monkeypatch.setattr(find.os, "geteuid", lambda: owner + 1)
    if owner == 0:  # root's own is trusted by everybody
        assert find.reach()
        return
    with pytest.raises(NoAgent, match="and not to you"):
        find.reach()
