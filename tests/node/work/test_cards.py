"""Cards under a real agent with real children: given back, heated, lost and back, capped and killed.

The machine is the stub of NVML; what the agent measured itself and wrote into its journal is what counts here.
"""

import signal
import subprocess
import sys
import textwrap
import time
from itertools import pairwise
from pathlib import Path

import pytest

from netmind_tui.model.event import EventKind
from netmind_tui.model.metering import RUNS
from netmind_tui.node.control.client import Client
from netmind_tui.node.meter.reader import Reader as MeterReader
from netmind_tui.probe.pci import SYSFS

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or (SYSFS / "module/nvidia").exists(), reason="needs a Linux without cards of its own"
)

POLICY = """
[[window]]
days = ["daily"]
from = "00:00"
to = "24:00"
profile = "quiet"
[profile.quiet]
power_cap_w = 300
[guard.gpu-in-use]
memory = "1 GiB"
leave_after = "1s"
[guard.temperature]
max_c = 80
margin_c = 5
devices = ["gpu"]
"""
NEVER = '[[exception]]\nname = "away"\nfrom = 2020-01-01\nto = 2040-01-01\n'
JOB = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN if sys.argv[2] == "stubborn" else signal.SIG_DFL)
card = int(os.environ["CUDA_VISIBLE_DEVICES"][-1])
with open(sys.argv[1], "a") as now:
    now.write(f"process {card} {os.getpid()} 4096 300\\n")
time.sleep(600)
"""
# A card that fell off is looked for each second, and not each minute.
SOON = """
from netmind_tui.probe.gpu import GpuProbe
GpuProbe.__init__.__kwdefaults__["retry_s"] = 1.0
"""


class Machine:
    """Two cards, an agent, and what a test does to them."""

    def __init__(self, folder, scripts, environment):
        self.folder = folder
        self.now, self.limits, self.lost = folder / "now", folder / "limits", folder / "lost"
        self._scripts = scripts
        self._environment = environment
        self._children = []
        self.agent = None

    def begin(self, policy=POLICY, *, manner="docile"):
        """Start the agent, with a workload on each card."""
        self.now.touch()
        self._write("policy.toml", policy)
        job = self._write("job.py", textwrap.dedent(JOB))
        command = [sys.executable, "-S", str(job), str(self.now), manner]
        words = ", ".join(f'"{each}"' for each in command)
        self._write("workloads.toml", f'[workload.job]\ncommand = [{words}]\ndevices = ["gpu"]\ngrace = "2s"\n')
        self._write("site/sitecustomize.py", SOON)
        with (self.folder / "said").open("a") as said:
            command = [sys.executable, "-P", "-m", "netmind_tui", "agent", "run"]
            self.agent = subprocess.Popen(command, env=self._environment, stderr=said)
        self._children.append(self.agent)

    def wait_for_work(self, count=1):
        """Until work was started so many times on each card, and holds memory there."""
        for card in (0, 1):
            self.wait_for("work-started", f"gpu:{card}", count=count)
            self._until(lambda of=f"process {card} ": self.now.read_text().count(of) >= count)

    def tell(self, line):
        """Have something hold on the machine from now on."""
        with self.now.open("a") as now:
            now.write(line + "\n")

    def play(self, mib):
        """Somebody else's program on the first card."""
        game = subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(600)"])
        self._children.append(game)
        self.tell(f"process 0 {game.pid} {mib} 0")
        return game

    def events(self, *kinds, device=None):
        """What happened of these kinds, oldest first."""
        try:
            found = self._scripts.journal(self.folder).events(kinds=[EventKind(each) for each in kinds])
        except Exception:  # noqa: BLE001 - there is no journal yet
            return []
        return [each for each in found if device in (None, each.device)]

    def wait_for(self, kind, device, *, count=1):
        """The event of that kind, once there are so many of them."""
        self._until(lambda: len(self.events(kind, device=device)) >= count)
        return self.events(kind, device=device)[count - 1]

    def status(self):
        """What the agent says."""
        return Client(self.folder / "s/agent.sock").status()

    def look(self, count):
        """Let the agent look at the machine so many times more."""
        seen = {self.status().sample.at}
        while len(seen) <= count:
            time.sleep(0.1)
            seen.add(self.status().sample.at)

    def limit_w(self, card):
        """The power limit that a card has now."""
        set_mw = [line.split() for line in self.limits.read_text().splitlines()] if self.limits.exists() else []
        return next((int(mw) / 1000 for index, mw in reversed(set_mw) if int(index) == card), 700.0)

    def end(self):
        """End the agent as it is asked to."""
        self.agent.terminate()
        assert self.agent.wait(30) == 143

    def close(self):
        for each in self._children:
            if each.poll() is None:
                each.send_signal(signal.SIGTERM)
        for each in self._children:
            each.wait(30)

    def _until(self, holds):
        until = time.monotonic() + 60
        while not holds():
            assert time.monotonic() < until, [(e.kind.value, e.device, e.sentence) for e in self.events(*EventKind)]
            time.sleep(0.1)

    def _write(self, name, text) -> Path:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        path.chmod(0o600)
        return path


@pytest.fixture
def machine(tmp_path, nvml_stub, script):
    scripts = script("agent_reaction")
    stub = nvml_stub("h100x8", count=2, now=tmp_path / "now", limits=tmp_path / "limits", lost_index=1)
    own = scripts.environment(tmp_path) | {
        "NETMIND_WORKLOADS": str(tmp_path / "workloads.toml"),
        "LD_LIBRARY_PATH": stub["LD_LIBRARY_PATH"],
        "PYTHONPATH": str(tmp_path / "site"),
        "NETMIND_STUB_LOST_WHILE": str(tmp_path / "lost"),
    }
    environment = own | {name: value for name, value in stub.items() if name.startswith("NETMIND_STUB_")}
    machine = Machine(tmp_path, scripts, environment)
    yield machine
    machine.close()


def order(events, *kinds):
    """The kinds of these events, in the order in which they happened."""
    return [each.kind.value for each in events if each.kind.value in kinds]


def test_a_card_is_its_owners_again_within_five_seconds_whatever_the_work_does(machine):
    machine.begin(manner="stubborn")
    machine.wait_for_work()
    game = machine.play(mib=8192)
    freed = machine.wait_for("memory-freed", "gpu:0")
    assert 0.3 <= freed.data["seconds"] < 5
    of_0 = machine.events(*EventKind, device="gpu:0")
    assert order(of_0, "work-started", "work-ended", "memory-freed") == ["work-started", "work-ended", "memory-freed"]
    (ended,) = machine.events("work-ended")
    assert (ended.device, ended.data["how"]) == ("gpu:0", "killed")
    reason = [
        each for each in of_0 if each.kind is EventKind.DECISION_CHANGED and each.data.get("code") == "gpu-in-use"
    ]
    assert reason[0].id < ended.id
    (workload,) = machine.status().workloads.workloads
    assert {each.key: each.freed_s for each in workload.instances} == {
        "job@gpu:0": pytest.approx(freed.data["seconds"], abs=0.1),
        "job@gpu:1": None,
    }
    game.kill()
    game.wait()
    machine.wait_for("work-started", "gpu:0", count=2)


def test_heat_suspends_work_that_keeps_its_memory_and_goes_on_when_it_has_cooled(machine):
    machine.begin()
    machine.wait_for_work()
    machine.tell("temperature 0 91")
    machine.wait_for("work-suspended", "gpu:0")
    used = next(each for each in machine.status().sample.devices if each.device == "gpu:0").memory_used_bytes
    assert used == (512 + 4096) << 20
    machine.tell("temperature 0 60")
    machine.wait_for("work-resumed", "gpu:0")
    assert machine.events("work-ended") == []
    assert machine.events("work-suspended", device="gpu:1") == []


def test_a_card_that_falls_off_the_bus_takes_its_own_work_along_and_nobody_elses(machine):
    machine.begin()
    machine.wait_for_work()
    machine.lost.touch()
    machine.wait_for("device-lost", "gpu:1")
    machine.wait_for("work-ended", "gpu:1")
    machine.look(3)
    assert len(machine.events("work-started", device="gpu:1")) == 1
    machine.lost.unlink()
    machine.wait_for("device-back", "gpu:1")
    machine.wait_for("work-started", "gpu:1", count=2)
    assert len(machine.events("work-started", "work-ended", device="gpu:0")) == 1
    machine.end()
    reader = MeterReader(machine.folder / ".local/state/netmind/agent/meter.db")
    worked = [each for each in reader.intervals(device="gpu:0").intervals if each.activity in RUNS]
    assert all(before.end == after.start for before, after in pairwise(worked))
    started, stopped = machine.events("work-started", "work-ended", device="gpu:0")
    span_ms = (stopped.uptime_s - started.uptime_s) * 1000
    assert sum(each.duration_ms for each in worked) == pytest.approx(span_ms, abs=2)


def test_a_cap_is_given_back_when_work_ends_and_after_a_kill_at_the_next_start(machine):
    machine.begin()
    machine.wait_for_work()
    capped = machine.wait_for("power-capped", "gpu:1")
    machine.wait_for("power-capped", "gpu:0")
    assert (capped.data["power_cap_w"], capped.data["previous_w"]) == (300, 700)
    assert [machine.limit_w(card) for card in (0, 1)] == [300, 300]
    machine.play(mib=8192)
    machine.wait_for("power-restored", "gpu:0")
    assert [machine.limit_w(card) for card in (0, 1)] == [700, 300]
    machine.agent.kill()
    machine.agent.wait()
    machine.begin(POLICY + NEVER)
    machine.wait_for("power-restored", "gpu:1")
    assert machine.limit_w(1) == 700
    assert machine.events("limits-changed") == []
