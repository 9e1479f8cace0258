"""Where a socket may be: each thing that is in the way gets a sentence, and nothing but a leftover is taken away."""

import os
import socket
import stat

import pytest

from netmind_tui.model.exit import ExitCode
from netmind_tui.model.problem import Problem
from netmind_tui.node.control.client import Client, NoAgent
from netmind_tui.node.control.place import bound


def refused(path):
    with pytest.raises(Problem) as caught:
        bound(path, "netmind").close()
    return caught.value


def left_behind(path):
    """The socket of an agent that was killed."""
    path.parent.mkdir(exist_ok=True, mode=0o750)
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))


def test_the_socket_of_a_dead_agent_makes_room(path, serve):
    left_behind(path)
    with pytest.raises(NoAgent, match="is what one that has ended left") as caught:
        Client(path).status()
    assert caught.value.is_absent
    serve()
    assert Client(path).greet()


def test_the_socket_of_a_living_agent_stays(path, agent):
    problem = refused(path)
    assert "another agent answers there already" in problem.sentence
    assert problem.code == ExitCode.UNMEASURED
    assert Client(path).greet()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: path.write_text("mine"), "is a file, not a socket: move it away"),
        (lambda path: path.mkdir(), "is a folder, not a socket"),
        (lambda path: path.symlink_to("/dev/null"), "is a link, not a socket"),
    ],
)
def test_what_is_no_socket_is_never_taken_away(path, make, words):
    path.parent.mkdir(mode=0o750)
    make(path)
    assert words in refused(path).sentence
    assert path.exists()
    with pytest.raises(NoAgent, match="and no socket of an agent"):
        Client(path).status()


def test_a_path_that_is_too_long_is_refused_with_its_length(tmp_path):
    path = tmp_path / ("a" * 100) / "agent.sock"
    problem = refused(path)
    assert f"107 bytes, this has {len(str(path))}" in problem.sentence
    assert "NETMIND_SOCKET" in problem.sentence
    assert not path.parent.exists()
    path.parent.mkdir()
    with pytest.raises(NoAgent, match="no agent runs"):
        Client(path).status()


def test_a_folder_that_others_can_write_is_refused(path):
    path.parent.mkdir()
    path.parent.chmod(0o777)
    assert f"can be written by others (mode 0777): chmod 750 {path.parent}" in refused(path).sentence
    path.parent.chmod(0o1777)  # as /tmp is: what is ours there stays ours
    bound(path, "netmind").close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o660


def test_a_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "netmind").write_text("mine")
    assert "the agent's socket needs a folder there" in refused(tmp_path / "netmind" / "agent.sock").sentence


def test_a_folder_that_is_there_keeps_its_mode(path):
    path.parent.mkdir(mode=0o700)
    bound(path, "netmind").close()
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_the_mask_of_the_process_neither_opens_nor_closes_it(path):
    before = os.umask(0)
    try:
        bound(path, "netmind").close()
        assert os.umask(0) == 0
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o660


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder or a socket to somebody else")
def test_the_folder_and_the_socket_of_another_user_are_refused(path, monkeypatch):
    left_behind(path)
    os.chown(path, 65534, -1)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    os.chown(path.parent, 1000, -1)
    assert "is a socket of nobody: name another path" in refused(path).sentence
    os.chown(path.parent, 65534, -1)
    assert "belongs to nobody: an agent listens only in a folder of its own user or root" in refused(path).sentence
    assert path.exists()


def test_a_closed_server_takes_only_its_own_socket_away(path, agent):
    path.unlink()
    left_behind(path)
    agent.end()
    assert path.exists()
