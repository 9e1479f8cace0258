"""Kills a real agent at random moments while real programs work under it: what is metered is what they saw themselves.

Each program writes a heartbeat of its own, by CLOCK_BOOTTIME. Some ignore SIGTERM, some fork away, some end by
themselves; the owner pauses and resumes; some kills take the keepers along. Afterwards each beat must lie in exactly
one metered interval of work, what was metered without a beat must be next to nothing, no interval may overlap another
of its device, no name may come twice, and no process may be left. Ends with 1 if not.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from agent_reaction import POLICY, ask, environment

from netmind_tui.model.metering import RUNS, Activity, Interval
from netmind_tui.node.meter.dial import wall_ms
from netmind_tui.node.meter.reader import Reader

KILLS = 50
LOST_MS, EXTRA_MS = 500, 1000
"""How much of one start may go unmetered, and be metered without a beat, on a machine with more to do than it can.

Metering begins when the agent hears from the keeper that the program runs, which may have beaten by then; before its
first beat an interpreter takes a moment to begin, and one that waits for the processor is silent.
"""
UNSEEN_MS = 6000
"""The same where the keeper was killed with the agent: what is known then is what was on the disk, 5 s old at most."""
_GRACE = "1s"
_BEAT_S = 0.02
_SILENCE_MS = 300
_STARTS_S = 30.0
_KINDS = ("steady", "stubborn", "forking", "short", "failing")
_PROGRAM = """
import os, signal, sys, time
kind, folder = sys.argv[1:]
if kind in ("stubborn", "forking"):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if kind == "forking":
    for _ in range(2):
        if os.fork() == 0:
            os.setsid()
            if os.fork():
                os._exit(0)
            break
path = os.path.join(folder, os.environ["NETMIND_INSTANCE"])
line = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
ends = time.monotonic() + {"short": 0.4, "failing": 0.2}.get(kind, 1e9)
while time.monotonic() < ends:
    os.write(line, b"%.6f\\n" % time.clock_gettime(time.CLOCK_BOOTTIME))
    time.sleep(BEAT)
sys.exit(kind == "failing")
"""


@dataclass
class Seen:
    """What came of it."""

    kills: int = 0
    starts: int = 0
    beats: int = 0
    intervals: int = 0
    found: int = 0
    worked_ms: int = 0
    metered_ms: int = 0
    suspended_ms: int = 0
    lost_ms: int = 0
    extra_ms: int = 0
    unseen_ms: int = 0
    blind: list[tuple[int, int]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def main() -> int:
    """Kill, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--devices", default="cpu", help="names with commas between; by default %(default)s")
    wishes = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        seen = killed(Path(name), wishes.kills, random.Random(wishes.seed), wishes.devices.split(","))
    print(f"kills of the agent                    {seen.kills:8}")
    print(f"programs started                      {seen.starts:8}")
    print(f"heartbeats of theirs                  {seen.beats:8}")
    print(f"intervals metered                     {seen.intervals:8}, {seen.found} closed by the next agent")
    print(f"worked by the programs' own account   {seen.worked_ms / 1000:8.2f} s")
    print(f"metered as work                       {seen.metered_ms / 1000:8.2f} s")
    print(f"metered as standing still             {seen.suspended_ms / 1000:8.2f} s")
    print(f"most of one start that is not metered {seen.lost_ms:8} ms (at most {LOST_MS})")
    print(f"the same, keeper killed as well       {seen.unseen_ms:8} ms (at most {UNSEEN_MS})")
    print(f"most of one start without a beat      {seen.extra_ms:8} ms (at most {EXTRA_MS})")
    print("\n".join(seen.faults) or "nothing lost, nothing counted twice, no process left")
    return 1 if seen.faults else 0


def killed(folder: Path, kills: int, dice: random.Random, devices: Sequence[str] = ("cpu",)) -> Seen:
    """Kill an agent so often in a home of its own, and compare."""
    (folder / "policy.toml").write_text(POLICY)
    (folder / "policy.toml").chmod(0o600)
    (folder / "beat").mkdir()
    (folder / "program.py").write_text(_PROGRAM.replace("BEAT", str(_BEAT_S)))
    seen = Seen(kills=kills)
    for number in range(kills + 1):
        kind = _KINDS[number] if number < len(_KINDS) else dice.choice(_KINDS)
        _define(folder, kind, devices, "one" if dice.random() < 0.3 else "per-device")
        began_ms = int(time.time() * 1000)
        child = _started(folder)
        try:
            _live(folder, dice, is_last=number == kills)
            keepers = _keepers(child.pid) if dice.random() < 0.3 else []
        except BaseException:
            child.kill()
            raise
        if number == kills:
            child.send_signal(signal.SIGTERM)
        else:
            child.kill()
            for each in keepers:
                with suppress(ProcessLookupError):
                    os.kill(each, signal.SIGKILL)
        child.wait(30)
        if keepers:
            seen.blind.append((began_ms, int(time.time() * 1000)))
        time.sleep(dice.choice((0.0, 0.0, 0.3, 1.0)))
    seen.faults += [f"process {pid} is left: {words}" for pid, words in _left(folder)]
    with closing(Reader(folder / ".local/state/netmind/agent/meter.db", whole=True)) as reader:
        intervals = reader.intervals(limit=10**6).intervals
    compare(folder, intervals, seen)
    return seen


def _define(folder: Path, kind: str, devices: Sequence[str], instances: str) -> None:
    path = folder / "workloads.toml"
    command = [sys.executable, "-I", "-S", str(folder / "program.py"), kind, str(folder / "beat")]
    words = ", ".join(f"'{each}'" for each in command)
    path.write_text(
        f"[workload.{kind}]\ncommand = [{words}]\ndevices = {list(devices)}\ninstances = '{instances}'\n"
        f"grace = '{_GRACE}'\nnice = 0\n"
    )
    path.chmod(0o600)


def _started(folder: Path) -> "subprocess.Popen[bytes]":
    """Start an agent and wait until it answers."""
    with (folder / "agent.log").open("ab") as said:
        child = subprocess.Popen(
            [sys.executable, "-P", "-m", "netmind_tui", "agent", "run"],
            env=environment(folder) | {"NETMIND_WORKLOADS": str(folder / "workloads.toml")},
            stdout=subprocess.DEVNULL,
            stderr=said,
        )
    until = time.monotonic() + _STARTS_S
    while ask(folder, {"kind": "resume"}) != 200:
        if child.poll() is not None or time.monotonic() > until:
            child.kill()
            raise SystemExit(f"the agent did not start: {(folder / 'agent.log').read_text()[-2000:]}")
        time.sleep(0.05)
    return child


def _live(folder: Path, dice: random.Random, *, is_last: bool) -> None:
    """Let it be for a while, with an owner who now and then says something."""
    for _ in range(dice.randrange(3) + is_last):
        time.sleep(dice.uniform(0.0, 0.6))
        ask(folder, {"kind": dice.choice(("pause", "resume", "resume", "stop"))})
    if dice.random() < 0.7:
        ask(folder, {"kind": "resume"})
    # Half of the kills come while something begins or ends.
    time.sleep(dice.choice((dice.uniform(0.0, 0.1), dice.uniform(0.0, 1.2))))


def _keepers(agent: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{agent}/task/{agent}/children").read_text().split()]


def _left(folder: Path) -> Iterator[tuple[int, str]]:
    """Processes that belong to this trial, a moment after its end."""
    time.sleep(0.2)
    for each in Path("/proc").iterdir():
        if not each.name.isdigit() or int(each.name) == os.getpid():
            continue
        with suppress(OSError):
            words = (each / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            around = (each / "environ").read_bytes()
            if str(folder) in words or f"HOME={folder}".encode() in around:
                yield int(each.name), words[:120]


def compare(folder: Path, intervals: Sequence[Interval], seen: Seen) -> None:
    """Hold what was metered against what the programs wrote."""
    seen.intervals = len(intervals)
    seen.found = sum(each.cut_by.value == "found" for each in intervals)
    names = {each.id for each in intervals}
    if len(names) != len(intervals):
        seen.faults.append(f"{len(intervals) - len(names)} names come twice")
    for device in {each.device for each in intervals}:
        own = sorted((each for each in intervals if each.device == device), key=lambda each: each.start)
        seen.faults += [
            f"{before.id} and {after.id} overlap on {device}"
            for before, after in pairwise(own)
            if after.start < before.end
        ]
    wall_s = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
    for path in sorted((folder / "beat").iterdir()):
        beats = sorted(int((float(line) + wall_s) * 1000) for line in path.read_text().splitlines())
        own_work = [each for each in intervals if each.instance == path.name]
        _compare_one(path.name, beats, own_work, seen)
    if not seen.starts:
        seen.faults.append(f"nothing ever worked: {(folder / 'agent.log').read_text()[-500:]}")
    known = {path.name for path in (folder / "beat").iterdir()}
    for each in intervals:
        if each.instance is not None and each.instance not in known and each.duration_ms > EXTRA_MS:
            seen.faults.append(f"{each.instance} was metered for {each.duration_ms} ms and never wrote a beat")


def _compare_one(name: str, beats: list[int], own: Sequence[Interval], seen: Seen) -> None:
    # Of an instance of several devices each has its own; one of them is enough to compare.
    first = min((each.device for each in own), default="")
    own = [each for each in own if each.device == first]
    work = _spans([(wall_ms(each.start), wall_ms(each.end)) for each in own if each.activity in RUNS])
    lived = _spans([(beat, beat + round(_BEAT_S * 1000)) for beat in beats], _SILENCE_MS)
    lost, extra = _without(lived, work), _without(work, lived)
    seen.starts += 1
    seen.beats += len(beats)
    seen.worked_ms += _length(lived)
    seen.metered_ms += sum(each.duration_ms for each in own if each.activity in RUNS)
    seen.suspended_ms += sum(each.duration_ms for each in own if each.activity is Activity.SUSPENDED)
    seen.extra_ms = max(seen.extra_ms, extra)
    is_blind = any(begin <= lived[0][0] <= end for begin, end in seen.blind)
    if is_blind:
        seen.unseen_ms = max(seen.unseen_ms, lost)
    else:
        seen.lost_ms = max(seen.lost_ms, lost)
        if not work:
            seen.faults.append(f"{name}: nothing of {_length(lived)} ms was metered")
    if lost > (UNSEEN_MS if is_blind else LOST_MS):
        seen.faults.append(f"{name}: {lost} ms of {_length(lived)} were worked and not metered")
    if extra > EXTRA_MS:
        seen.faults.append(f"{name}: {extra} ms of {_length(work)} were metered and not worked")


def _spans(parts: list[tuple[int, int]], bridged: int = 1) -> list[tuple[int, int]]:
    """Times as they follow each other, joined where they touch or the gap is that small."""
    joined: list[tuple[int, int]] = []
    for begin, end in sorted(parts):
        if joined and begin - joined[-1][1] <= bridged:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((begin, end))
    return joined


def _length(spans: list[tuple[int, int]]) -> int:
    return sum(end - begin for begin, end in spans)


def _without(spans: list[tuple[int, int]], others: list[tuple[int, int]]) -> int:
    """How much of some times lies in none of others."""
    shared = sum(
        max(0, min(end, other_end) - max(begin, other_begin))
        for begin, end in spans
        for other_begin, other_end in others
    )
    return _length(spans) - shared


if __name__ == "__main__":
    sys.exit(main())
