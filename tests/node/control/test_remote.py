"""The agents of other machines: two real servers behind two real sockets, through a program in ssh's place."""

import os
import signal
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from netmind_tui.cli.fleet import Fleet
from netmind_tui.model.agent import OverrideRequest
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.override import OverrideKind
from netmind_tui.model.problem import Problem
from netmind_tui.node.control.client import NoAgent
from netmind_tui.node.control.remote import remote


def gone(pid):
    """Whether a process has ended; one that nobody has waited for yet has."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


@pytest.fixture
def near(tmp_path, monkeypatch):
    """The folder in which private folders are made."""
    folder = tmp_path / "t"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def two(serve, ssh_hosts, agents, near):
    """Two hosts with an agent each."""
    return [serve(at=ssh_hosts.add(name), node=agents.MadeNode(name=name)) for name in ("alpha", "beta")]


def test_each_host_answers_through_its_own_way_and_nothing_is_left(two, ssh_hosts, agents, near):
    with remote("alpha") as alpha, remote("beta") as beta:
        assert (alpha.greet().node, beta.greet().node) == ("alpha", "beta")
        assert len(ssh_hosts.running) == 2
        assert {each.stat().st_mode & 0o777 for each in near.iterdir()} == {0o700}
        running = ssh_hosts.running
    assert list(near.iterdir()) == []
    assert agents.until(lambda: all(map(gone, running)))


def test_who_speaks_from_where_reaches_the_other_agent(two):
    with remote("beta") as client:
        client.override(OverrideRequest(kind=OverrideKind.PAUSE, devices=("gpu:1",)))
    assert two[1].node.overrides[0].via == f"ssh from {os.uname().nodename}"
    assert two[0].node.overrides == ()


def test_streams_go_through_too(two):
    with remote("alpha") as client, client.lease(["gpu:0"]) as lease:
        assert lease.state == "held"
        assert len(next(client.samples()).devices) == 7


def test_a_socket_that_is_set_is_not_looked_for(two, ssh_hosts, monkeypatch):
    with remote("alpha", {"alpha": str(two[1].path)}) as client:
        assert client.greet().node == "beta"
    monkeypatch.setenv("NETMIND_REMOTE_SOCKET", str(two[1].path))
    with remote("alpha") as client:
        assert client.greet().node == "beta"
    assert all(" -N " in line for line in ssh_hosts.asked)


def test_ssh_is_told_to_ask_nothing_and_to_lend_nothing(two, ssh_hosts):
    with remote("alpha"):
        pass
    for line in ssh_hosts.asked:
        assert "-T -x -a -o BatchMode=yes" in line
        assert "-o ControlPath=none" in line
    assert "-o ExitOnForwardFailure=yes -N -L" in ssh_hosts.asked[-1]


@pytest.mark.parametrize("host", ["-oProxyCommand=touch x", "", "a b", "a;b", "a\nb", "$(x)", "é" * 3])
def test_what_is_no_host_never_reaches_ssh(two, ssh_hosts, host):
    with pytest.raises(Problem, match="a host's name as ssh knows it is expected") as caught, remote(host):
        pass
    assert caught.value.code == ExitCode.USAGE
    assert ssh_hosts.asked == []


def test_a_host_that_cannot_be_reached_is_told_in_sshs_own_words(two):
    sentence = "gamma: ssh: Could not resolve hostname gamma: Name or service not known"
    with pytest.raises(NoAgent) as caught, remote("gamma"):
        pass
    assert caught.value.sentence == sentence
    with pytest.raises(NoAgent) as caught, remote("gamma", {"gamma": "/run/netmind/agent.sock"}):
        pass
    assert caught.value.sentence == sentence


def test_a_host_without_an_agent_says_what_starts_one(two, ssh_hosts):
    (ssh_hosts.folder / "delta").mkdir()
    with (
        pytest.raises(NoAgent, match="delta: no agent runs there that you may ask: netmind agent install"),
        remote("delta"),
    ):
        pass


def test_an_agent_that_ends_meanwhile_is_said_with_its_host(two):
    with remote("alpha") as client:
        client.greet()
        two[0].end()
        with pytest.raises(NoAgent, match="alpha: the agent hung up"):
            client.greet()


def test_without_ssh_it_says_what_to_install(near, monkeypatch):
    monkeypatch.setenv("NETMIND_SSH", "/nowhere/ssh")
    with pytest.raises(NoAgent, match="there is no program /nowhere/ssh"), remote("alpha"):
        pass


@pytest.fixture
def odd_ssh(near, tmp_path, monkeypatch):
    """A program in ssh's place that does what a test says."""

    def start(words):
        program = tmp_path / "odd"
        program.write_text(f"#!/bin/sh\n{words}\n")
        program.chmod(0o755)
        monkeypatch.setenv("NETMIND_SSH", str(program))

    monkeypatch.delenv("NETMIND_REMOTE_SOCKET", raising=False)
    return start


def test_a_host_that_talks_without_end_is_not_listened_to(odd_ssh):
    odd_ssh("yes netmind-socket:/tmp/a | head -c 1000000")
    with pytest.raises(NoAgent, match="alpha: says more than a machine with an agent would"), remote("alpha"):
        pass


def test_what_ssh_leaves_behind_is_not_waited_for(odd_ssh, tmp_path):
    odd_ssh(f"(sleep 5; touch {tmp_path}/late) & echo banner >&2; exit 255")
    with pytest.raises(NoAgent, match="alpha: banner"), remote("alpha"):
        pass
    assert not (tmp_path / "late").exists()


def test_nothing_of_what_ssh_says_is_obeyed_by_a_terminal(odd_ssh):
    odd_ssh(r"printf 'evil\033]0;x\007 \342\200\256\n' >&2; exit 255")
    with pytest.raises(NoAgent) as caught, remote("alpha"):
        pass
    assert caught.value.sentence == "alpha: evil?]0;x? ?"


def test_hosts_that_hang_are_let_go_of_at_once(odd_ssh, tmp_path, agents):
    odd_ssh(f"echo $$ > {tmp_path}/pid; sleep 10; touch {tmp_path}/late")
    fleet = Fleet(["alpha"], {})
    with ThreadPoolExecutor(1) as asking, fleet:
        answers = asking.submit(fleet.ask)
        assert agents.until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text())
        fleet.__exit__(None, None, None)
        assert answers.result()[0].status is None
    assert not (tmp_path / "late").exists()


def test_an_error_of_the_caller_ends_everything_too(two, ssh_hosts, agents, near):
    with pytest.raises(ZeroDivisionError), remote("alpha"):
        raise ZeroDivisionError
    assert list(near.iterdir()) == []
    assert agents.until(lambda: all(map(gone, ssh_hosts.running)))


def test_ssh_and_the_folder_end_with_a_caller_that_is_killed(two, ssh_hosts, agents, near):
    words = (
        "from netmind_tui.node.control.remote import remote\n"
        "with remote('alpha') as client: print(client.greet().node, flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"TMPDIR": str(near)},
    ) as caller:
        assert caller.stdout.readline() == "alpha\n"
        (forwarding,) = ssh_hosts.running
        assert len(list(near.iterdir())) == 1
        caller.send_signal(signal.SIGKILL)
    assert agents.until(lambda: gone(forwarding) and not list(near.iterdir()))
