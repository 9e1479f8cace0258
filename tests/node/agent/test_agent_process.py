"""Real agents: started, spoken to, reloaded, killed, ended."""

import os
import random
import signal
import socket
import subprocess
import sys
import time

import pytest

from netmind_tui.model.exit import ExitCode

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="an agent needs Linux")


@pytest.fixture
def reaction(script):
    return script("agent_reaction")


@pytest.fixture
def home(tmp_path, reaction):
    (tmp_path / "policy.toml").write_text(reaction.POLICY)
    (tmp_path / "policy.toml").chmod(0o600)
    return tmp_path


def netmind(reaction, home, *arguments):
    command = [sys.executable, "-P", "-m", "netmind_tui", *arguments]
    environment = {**reaction.environment(home), "COLUMNS": "200"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, ExitCode.TERMINATED), (signal.SIGINT, ExitCode.INTERRUPTED)]
)
def test_a_signal_ends_an_agent_with_its_code_and_its_last_word(reaction, home, number, code):
    with reaction.started(home) as child:
        child.send_signal(number)
        assert child.wait(20) == code
        assert child.stderr.read() == ""
    last = reaction.journal(home).events()[-1]
    assert (last.kind.value, last.data["code"]) == ("agent-stopped", code)
    assert not (home / "s/agent.sock").exists()


def test_a_second_agent_says_who_is_the_first_and_commands_speak_to_that_one(reaction, home):
    with reaction.agent(home) as child:
        second = netmind(reaction, home, "agent", "run")
        assert second.returncode == ExitCode.UNMEASURED
        assert len(second.stderr.splitlines()) == 1
        assert f"another agent keeps {home}/.local/state/netmind/agent: pid {child.pid}" in second.stderr
        assert netmind(reaction, home, "pause", "--for", "1h").returncode == 0
        assert "paused" in netmind(reaction, home, "status").stdout
        assert "everything paused until" in netmind(reaction, home, "log").stdout


def test_an_agent_loads_neither_a_runtime_nor_numbers_nor_an_interface(reaction, home, tmp_path):
    (tmp_path / "sitecustomize.py").write_text(
        "import atexit, os, sys\n"
        "atexit.register(lambda: open(os.environ['TOLD'] + str(os.getpid()), 'w').write(' '.join(sys.modules)))\n"
    )
    environment = reaction.environment(home) | {"PYTHONPATH": str(tmp_path), "TOLD": str(tmp_path / "told-")}
    child = subprocess.Popen(
        [sys.executable, "-P", "-m", "netmind_tui", "agent", "run"], env=environment, stderr=subprocess.PIPE, text=True
    )
    assert "answers at" in child.stderr.readline()
    child.terminate()
    child.wait(20)
    child.stderr.close()
    loaded = set((tmp_path / f"told-{child.pid}").read_text().split())
    assert "netmind_tui.node.agent.agent" in loaded
    heavy = {"numpy", "onnxruntime", "rich", "textual", "tomlkit", "cryptography", "icalendar", "securesystemslib"}
    assert not loaded & heavy


def test_a_policy_is_read_again_on_request_and_a_service_manager_hears_of_it(reaction, home, tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(20)
        environment = reaction.environment(home) | {
            "NOTIFY_SOCKET": str(tmp_path / "notify"),
            "WATCHDOG_USEC": "9000000",
        }
        child = subprocess.Popen(
            [sys.executable, "-P", "-m", "netmind_tui", "agent", "run"], env=environment, stderr=subprocess.DEVNULL
        )
        try:
            heard = [manager.recv(4096).decode()]
            while "READY=1" not in heard[-1]:
                heard.append(manager.recv(4096).decode())
            os.kill(child.pid, signal.SIGHUP)
            while "READY=1" not in heard[-1] or "RELOADING=1" not in " ".join(heard):
                heard.append(manager.recv(4096).decode())
            child.terminate()
            while "STOPPING=1" not in heard[-1]:
                heard.append(manager.recv(4096).decode())
        finally:
            child.terminate()
            assert child.wait(20) == ExitCode.TERMINATED
    assert "WATCHDOG=1" in heard


def test_nothing_that_was_acknowledged_is_lost_when_an_agent_is_killed(script, tmp_path):
    faults, said = script("agent_kill").killed(tmp_path, 3, random.Random(1))
    assert faults == []
    assert said > 0


@pytest.mark.parametrize("words", [("agent", "run", "--nonsense"), ("agent", "dance"), ("agent",)])
def test_what_is_no_command_of_the_agent_is_a_usage_error(reaction, home, words):
    assert netmind(reaction, home, *words).returncode == ExitCode.USAGE


def test_an_agent_whose_configuration_is_wrong_says_where(reaction, home):
    (home / ".config/netmind").mkdir(parents=True)
    (home / ".config/netmind/config.toml").write_text('[agent]\nmetrics = "everywhere"\n')
    done = netmind(reaction, home, "agent", "run")
    assert done.returncode == ExitCode.USAGE
    assert "agent.metrics" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_an_agent_whose_socket_cannot_be_says_so(reaction, home):
    (home / "s").write_text("a file")
    done = netmind(reaction, home, "agent", "run")
    assert (done.returncode, len(done.stderr.splitlines())) == (ExitCode.USAGE, 1)


def test_a_fault_of_its_own_ends_an_agent_with_the_code_of_one(reaction, home, tmp_path):
    (tmp_path / "sitecustomize.py").write_text(
        "import netmind_tui.node.agent.runner as runner\n"
        "async def fail(self):\n    raise ZeroDivisionError('of its own')\n"
        "runner.Runner._round = fail\n"
    )
    environment = reaction.environment(home) | {"PYTHONPATH": str(tmp_path)}
    command = [sys.executable, "-P", "-m", "netmind_tui", "agent", "run"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == ExitCode.CRASHED
    assert "ZeroDivisionError: of its own" in done.stderr


def test_a_request_to_read_the_policy_again_does_not_end_an_agent_that_is_about_to_start(reaction, home):
    environment = reaction.environment(home)
    command = [sys.executable, "-P", "-m", "netmind_tui", "agent", "run"]
    child = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    with child:
        lock = home / ".local/state/netmind/agent/netmind-agent.lock"
        while not lock.exists() and child.poll() is None:
            time.sleep(0.001)
        child.send_signal(signal.SIGHUP)
        assert "answers at" in child.stderr.readline()
        child.terminate()
        assert child.wait(20) == ExitCode.TERMINATED


def test_an_agent_begins_beside_a_damaged_journal_and_says_so(reaction, home):
    folder = home / ".local/state/netmind/agent"
    folder.mkdir(parents=True, mode=0o700)
    (folder / "journal.db").write_bytes(b"x" * 4096)
    with reaction.started(home) as child:
        child.terminate()
        assert child.wait(20) == ExitCode.TERMINATED
    assert reaction.journal(home).events()[0].kind.value == "journal-degraded"
