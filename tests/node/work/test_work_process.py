"""A real agent and a real child that ignores SIGTERM, forks away and starts a session of its own."""

import json
import os
import signal
import sys
import time
from pathlib import Path

import pytest

from netmind_tui.model.agent import OverrideRequest
from netmind_tui.model.event import EventKind
from netmind_tui.model.exit import ExitCode
from netmind_tui.model.override import OverrideKind
from netmind_tui.model.workload import WorkState
from netmind_tui.node.control.client import Client

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="an agent needs Linux")

CHILD = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
for place in range(2):
    if os.fork() == 0:
        os.setsid()
        if os.fork():
            os._exit(0)
        {more}
        break
print("works", flush=True)
line = os.open({beats!r}, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
while True:
    os.write(line, b"%d\\n" % os.getpid())
    time.sleep(0.02)
"""
SECONDS = f"4242.{os.getpid()}"
UNKNOWN = f"os.execve('/bin/sleep', ['sleep', '{SECONDS}'], {{}})"


class Box:
    """A home with a workload, and its agents."""

    def __init__(self, reaction, home):
        self.reaction, self.home, self.beats = reaction, home, home / "beats"
        self.client = Client(home / "s" / "agent.sock")
        self.agents = []

    def define(self, *, more="pass"):
        folder = self.home / ".config/netmind"
        folder.mkdir(parents=True)
        (self.home / "child.py").write_text(CHILD.format(beats=str(self.beats), more=more))
        command = f'["{sys.executable}", "-S", "{self.home / "child.py"}"]'
        text = f'[workload.job]\ncommand = {command}\ndevices = ["cpu"]\ngrace = "1s"\n'
        (folder / "workloads.toml").write_text(text)
        (folder / "workloads.toml").chmod(0o600)
        (self.home / "policy.toml").write_text(self.reaction.POLICY)
        (self.home / "policy.toml").chmod(0o600)

    def begin(self):
        agent = self.reaction.started(self.home)
        self.agents.append(agent)
        self.until(lambda: self.instance().state is WorkState.RUNNING)
        return agent

    def instance(self):
        found = self.client.workloads()
        assert found.refused is None, found.refused
        return found.workloads[0].instances[0]

    def say(self, kind):
        return self.client.override(OverrideRequest(kind=kind))

    def until(self, holds):
        end_s = time.monotonic() + 30
        while not holds():
            assert time.monotonic() < end_s, "it never came"
            time.sleep(0.02)

    def three(self):
        """The numbers of the child and of both that it forked away, once all of them beat."""
        self.beats.write_bytes(b"")
        self.until(lambda: len(set(self.beats.read_text().split())) == 3)
        return {int(each) for each in self.beats.read_text().split() if each}

    def told(self, kind):
        return self.reaction.journal(self.home).events(kinds=[kind])


@pytest.fixture
def box(script, tmp_path):
    made = Box(script("agent_reaction"), tmp_path)
    yield made
    for agent in made.agents:
        if agent.poll() is None:
            agent.kill()
        agent.wait(20)
        agent.stderr.close()


def alive(pids):
    """Those that are there, and are not dead and unfetched."""
    found = set()
    for pid in pids:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        found |= set() if state in "ZX" else {pid}
    return found


def below(pid):
    """The children of a process."""
    lists = [each.read_text() for each in Path(f"/proc/{pid}/task").glob("*/children")]
    return {int(word) for words in lists for word in words.split()}


def test_a_child_stands_goes_on_is_stopped_and_ends_with_its_agent(box):
    box.define()
    agent = box.begin()
    pids = box.three()
    box.say(OverrideKind.PAUSE)
    box.until(lambda: box.instance().state is WorkState.SUSPENDED)
    before = box.beats.stat().st_size
    time.sleep(0.2)
    assert box.beats.stat().st_size == before
    box.say(OverrideKind.RESUME)
    box.until(lambda: box.beats.stat().st_size > before)
    assert box.client.workload_log("job").lines == ("works",) * 3
    box.client.stop_workload("job")
    box.until(lambda: box.instance().state is WorkState.NONE)
    assert alive(pids) == set()
    box.until(lambda: box.told(EventKind.WORK_ENDED))  # it is told once it is on the disk
    assert box.told(EventKind.WORK_ENDED)[-1].data["how"] == "killed"
    assert box.instance().waits == "job is stopped by you"
    box.client.start_workload("job")
    pids = box.three()
    agent.send_signal(signal.SIGTERM)
    assert agent.wait(20) == ExitCode.TERMINATED
    assert alive(pids) == set()
    kinds = [each.kind.value for each in box.reaction.journal(box.home).events()]
    assert kinds[-2:] == ["work-ended", "agent-stopped"]
    record = json.loads((box.home / ".local/state/netmind/agent/work/job@cpu/record.json").read_text())
    assert record["settled"], "the next agent need not tell of it"


def test_after_a_kill_the_next_agent_ends_what_is_left_and_begins_anew(box):
    box.define()
    agent = box.begin()
    before = box.three()
    keepers = below(agent.pid)
    agent.kill()
    for each in keepers:  # nobody is left who would end it
        os.kill(each, signal.SIGKILL)
    agent.wait(20)
    assert len(alive(before)) >= 2
    box.begin()
    assert alive(before) == set()
    assert (
        box.told(EventKind.WORK_ENDED)[0].sentence == "job@cpu, which the agent before this one left behind, has ended"
    )
    assert alive(box.three())


def test_what_a_killed_keeper_leaves_falls_to_the_agent_which_ends_it(box):
    box.define(more=f"if place == 1: {UNKNOWN}")
    agent = box.begin()
    box.until(_sleepers)
    before = _sleepers()
    (keeper,) = below(agent.pid)
    os.kill(keeper, signal.SIGKILL)
    box.until(lambda: not alive(before))
    box.until(lambda: box.told(EventKind.WORK_ENDED))
    assert "its keeper was killed" in box.told(EventKind.WORK_ENDED)[0].data["why"]
    box.until(lambda: "tried again after 5 s" in (box.instance().waits or ""))


def _sleepers():
    found = set()
    for each in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = each.read_bytes()
        except OSError:
            continue
        found |= {int(each.parent.name)} if words == b"sleep\0" + SECONDS.encode() + b"\0" else set()
    return found
