"""A keeper, spoken to over its socket: by an agent, by an agent gone mad, and by none at all."""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from netmind_tui.node.agent.clock import boot_id
from netmind_tui.node.work import keeper, keeper_line
from netmind_tui.node.work.record import read_record
from netmind_tui.node.work.talk import Talk

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="programs are supervised on Linux only")

PATIENCE_S = 30.0
STUBBORN = "trap '' TERM; echo up > up; while :; do sleep 0.05; done"
SAVES = "trap 'echo saved > saved; exit 0' TERM; echo up > up; while :; do sleep 0.02; done"


class Kept:
    """The agent's end of a keeper, in the hands of a test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.socket, theirs = socket.socketpair()
        self.process = keeper_line._started(
            [sys.executable, "-I", "-S", "-c", keeper_line._KEEPER, keeper_line._ROOT, str(theirs.fileno())],
            theirs.fileno(),
            2,
        )
        theirs.close()
        self._heard = b""

    def say(self, **words) -> None:
        self.socket.sendall(json.dumps(words).encode() + b"\n")

    def hear(self) -> dict:
        while b"\n" not in self._heard:
            assert select.select([self.socket], [], [], PATIENCE_S)[0], "it says nothing"
            data = self.socket.recv(65536)
            assert data, "it is gone"
            self._heard += data
        line, _, self._heard = self._heard.partition(b"\n")
        return json.loads(line)

    def start(self, text: str, **more) -> dict:
        self.say(
            **{
                "do": "start",
                "id": 1,
                "number": f"keeper-{os.getpid()}-{self.process.pid}",
                "key": "work",
                "workload": "work",
                "boot": boot_id(),
                "command": ["/bin/sh", "-c", text],
                "environment": {"PATH": "/usr/bin:/bin", "NETMIND_INSTANCE": f"keeper-{self.process.pid}"},
                "folder": str(self.folder),
                "logs_folder": str(self.folder),
                "log_bytes": 4096,
                "logs": 2,
                "grace_s": 20.0,
            }
            | more
        )
        return self.hear()

    def wait_for(self, name: str) -> None:
        until((self.folder / name).exists)

    @property
    def record(self) -> dict:
        return read_record(str(self.folder))

    def is_gone(self) -> None:
        assert self.process.wait(PATIENCE_S) is not None


def until(holds) -> None:
    end_s = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end_s
        time.sleep(0.01)


@pytest.fixture
def changed(tmp_path, works, monkeypatch):
    """Starts a keeper after a change of its insides."""
    made = []

    def start(change):
        text = "import sys; sys.path.append(sys.argv[1])\nfrom netmind_tui.node.work import keeper\n"
        monkeypatch.setattr(keeper_line, "_KEEPER", f"{text}{change}\nkeeper.main(sys.argv[2:])")
        made.append(Kept(tmp_path))
        return made[-1]

    yield start
    for each in made:
        each.socket.close()
        try:
            each.process.wait(1)
        except subprocess.TimeoutExpired:
            for _ in range(2):
                each.process.terminate()
            each.process.wait(PATIENCE_S)
        assert works.living(f"keeper-{each.process.pid}") == set()


@pytest.fixture
def kept(changed):
    """A keeper as it is."""
    return changed("")


def test_killed_before_it_has_started_anything_it_goes(kept):
    kept.say(do="kill")
    kept.is_gone()


@pytest.mark.parametrize(
    "noise",
    [
        b"\n",
        b"garbage\n",
        b"\xff\xfe\0\n",
        b"[]\n",
        b"7\n",
        b'{"do": 7}\n',
        b'{"do": {"a": []}}\n',
        b'{"do": "start"}\n',
        b'{"do": "start", "command": []}\n',
        b'{"do": "stop"}\n',
        b'{"do": "suspend"}\n',
        b'{"do": "errand", "command": ["true"]}\n',
        b'{"do": "cpus", "cpus": "all"}\n',
        b"[" * 100_000 + b"\n",
        b'{"half": ',
    ],
)
def test_what_it_does_not_understand_does_no_harm(kept, noise):
    kept.socket.sendall(noise)
    if noise.endswith(b"\n"):
        assert kept.hear()["error"]
    else:
        kept.socket.sendall(b"a line}\n")
        assert kept.hear()["error"] == "that is no order"
    assert kept.start("exit 3")["error"] is None
    assert kept.hear()["ended"] == "crashed"
    kept.is_gone()


def test_a_line_without_an_end_is_not_kept_for_ever(kept):
    kept.start(STUBBORN)
    size = _memory_bytes(kept.process.pid)
    for _ in range(16):
        kept.socket.sendall(b"x" * (1 << 20))
    kept.socket.sendall(b"\n")
    assert kept.hear()["error"] == "that is no order"
    assert _memory_bytes(kept.process.pid) - size < 16 << 20
    kept.say(do="kill")
    assert kept.hear()["ended"] == "killed"


def test_an_agent_that_does_not_listen_is_no_reason_to_wait(kept):
    kept.start(STUBBORN)
    for _ in range(2000):
        kept.say(do="nothing", id="x" * 100)
    kept.say(do="kill")
    kept.is_gone()
    assert kept.record["ended"] == "killed"


def test_what_the_agent_does_not_hear_does_not_pile_up():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        talk = Talk(theirs.fileno(), select.poll(), {}, lambda: None)
        for _ in range(10_000):
            talk.say({"words": "x" * 100})
        assert len(talk._unsent) < 1 << 17
        assert ours.recv(3) == b'{"w'


def test_when_the_agent_is_gone_all_is_ended_within_the_grace_and_written_down(kept):
    kept.start(SAVES)
    kept.wait_for("up")
    before_s = time.clock_gettime(time.CLOCK_BOOTTIME)
    kept.socket.close()
    kept.is_gone()
    assert (kept.folder / "saved").exists()
    assert (kept.record["ended"], kept.record["why"]) == ("stopped", "the agent was gone")
    assert before_s <= kept.record["ended_boottime_s"] <= time.clock_gettime(time.CLOCK_BOOTTIME)


def test_when_the_agent_is_gone_what_ignores_that_is_killed(kept, works):
    kept.start(f"(setsid sh -c '{STUBBORN.replace(chr(39), chr(34))}' &); {STUBBORN}", grace_s=0.2)
    kept.wait_for("up")
    kept.socket.close()
    kept.is_gone()
    assert kept.record["ended"] == "killed"
    assert works.living(f"keeper-{kept.process.pid}") == set()


def test_when_the_agent_is_gone_what_is_suspended_is_ended_too(kept):
    kept.start(SAVES)
    kept.wait_for("up")
    kept.say(do="suspend", id=2)
    assert kept.hear() == {"id": 2, "error": None}
    kept.socket.close()
    kept.is_gone()
    assert kept.record["ended"] == "stopped"


def test_when_the_agent_goes_before_it_has_said_anything_there_is_nothing_to_do(kept):
    kept.socket.close()
    kept.is_gone()
    assert kept.record is None


def test_told_to_end_by_signal_it_gives_the_grace_and_the_second_time_none(kept):
    kept.start(STUBBORN)
    kept.wait_for("up")
    kept.process.send_signal(signal.SIGTERM)
    kept.say(do="suspend", id=2)
    assert kept.hear() == {"id": 2, "error": "it is ending"}
    kept.process.send_signal(signal.SIGTERM)
    assert kept.hear()["ended"] == "killed"


@pytest.mark.parametrize(
    "number",
    [
        signal.SIGINT,
        signal.SIGHUP,
        signal.SIGTSTP,
        signal.SIGPIPE,
        signal.SIGQUIT,
        signal.SIGUSR1,
        signal.SIGUSR2,
        signal.SIGALRM,
        signal.SIGXCPU,
    ],
)
def test_signals_that_a_terminal_or_its_program_sends_are_not_for_it(kept, number):
    kept.start(STUBBORN)
    kept.process.send_signal(number)
    kept.say(do="answer", id=2)
    assert kept.hear() == {"id": 2, "error": None}
    kept.say(do="kill")
    assert kept.hear()["ended"] == "killed"


def test_the_record_says_who_it_is_before_the_program_does_anything(tmp_path, changed):
    kept = changed(
        "record, tell = keeper.Record, keeper.Record.tell\n"
        "record.tell = lambda self, **facts: (keeper.time.sleep(0.2), tell(self, **facts))"
    )
    answer = kept.start("cp record.json copy; kill -STOP $$", devices=[])
    kept.wait_for("copy")
    until(lambda: (kept.folder / "copy").stat().st_size)
    facts = json.loads((kept.folder / "copy").read_text())
    assert (facts["child"][0], facts["keeper"][0]) == (answer["pid"], kept.process.pid)
    assert facts["child"][1] > facts["keeper"][1] > 0
    assert (facts["boot"], facts["grace_s"], "ended" in facts) == (boot_id(), 20.0, False)
    kept.say(do="kill")
    kept.hear()


def test_it_sleeps_while_nothing_happens(kept):
    kept.start("exec sleep 300")
    kept.say(do="suspend", id=2)
    kept.hear()
    until(lambda: _sleeps_on(kept.process.pid))
    kept.say(do="resume", id=3)
    kept.hear()
    until(lambda: _sleeps_on(kept.process.pid))
    kept.say(do="kill")
    kept.hear()


def test_it_loads_the_lightest_parts_alone(tmp_path):
    heavy = ("asyncio", "typing", "pathlib", "dataclasses", "subprocess", "logging", "threading", "socket", "inspect")
    text = "import sys; sys.path.append(sys.argv[1]); import netmind_tui.node.work.keeper; print(*sys.modules)"
    words = [sys.executable, "-I", "-S", "-c", text, keeper_line._ROOT]
    loaded = subprocess.run(words, capture_output=True, text=True, check=True).stdout.split()
    assert [name for name in loaded if name in heavy] == []


def test_what_the_package_becomes_while_it_runs_is_nothing_to_it(kept):
    kept.start(SAVES)
    kept.wait_for("up")
    loaded = Path(f"/proc/{kept.process.pid}/maps").read_text()
    kept.say(do="suspend", id=2)
    kept.hear()
    kept.say(do="errand", id=3, command=["true"])
    assert kept.hear()["code"] == 0
    kept.say(do="cpus", id=4, cpus=sorted(os.sched_getaffinity(0)))
    kept.hear()
    files = {
        line.split()[-1] for line in Path(f"/proc/{kept.process.pid}/maps").read_text().splitlines() if ".so" in line
    }
    assert all(name in loaded for name in files), "it loaded something late"
    kept.say(do="stop", grace_s=20)
    assert kept.hear()["ended"] == "stopped"


def test_a_keeper_with_a_fault_of_its_own_kills_all_and_says_why(changed):
    kept = changed("keeper.Keeper._suspend = lambda *_: 1 / 0")
    kept.start(STUBBORN)
    kept.wait_for("up")
    kept.say(do="suspend", id=2)
    kept.is_gone()
    assert kept.record["ended"] == "killed"
    assert kept.record["why"] == "its keeper failed: ZeroDivisionError: division by zero"


def test_an_errand_that_takes_too_long_is_ended_with_what_it_started(changed):
    kept = changed("keeper._ERRAND_S = 0.2")
    kept.start(STUBBORN)
    kept.say(do="errand", id=2, command=["sh", "-c", "trap '' TERM; sleep 300 & echo $! > errand; wait"])
    assert kept.hear() == {"id": 2, "error": "it took too long"}
    until(lambda: not Path(f"/proc/{(kept.folder / 'errand').read_text().strip()}").exists())
    kept.say(do="kill")
    assert kept.hear()["ended"] == "killed"


def _sleeps_on(pid: int) -> bool:
    """Whether it does not wake up in a while."""
    before = _wakes(pid)
    time.sleep(0.3)
    return _wakes(pid) == before


def _wakes(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("voluntary"))


def _memory_bytes(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_the_last_lines_have_no_colour_and_nothing_that_steers_a_terminal():
    assert keeper._words(b"\x1b[1;31mno model\x1b[0m found\n\x07bell\r\n") == "no model found\n bell"
