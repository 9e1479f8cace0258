"""A day of an agent in ten minutes: netmind-selftest works, and guards, dates and its owner take the device away.

Three accounts of it must agree to the second: what was metered as work and as ready, what the journal tells of work and
of decisions, and the time in which this script let work be, by its own watch. Ends with 1 if they do not.
"""

import argparse
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

from agent_reaction import ask, environment, journal, started

from netmind_tui.model.event import Event, EventKind
from netmind_tui.model.metering import RUNS, Activity, Interval
from netmind_tui.node.meter.dial import wall_ms
from netmind_tui.node.meter.reader import Reader

LENGTH_S = 600.0
TOLERANCE_S = 1.0
POLLED_S = 4.0
"""How far apart a change of this script's and its effect may lie where the agent polls for it, coming and going."""
_GAME = "nm-game"
_WORKLOADS = """
[workload.selftest]
command = ["{program}", "--load", "{load}"]
devices = ["cpu"]
restart = "always"
grace = "5s"
"""
_POLICY = """
zone = "UTC"
lead = "0s"
[[window]]
days = ["daily"]
from = "00:00"
to = "24:00"
[guard.exclusive]
programs = ["nm-game"]
give_way = "{rung}"
leave_after = "1s"
"""
_NEVER = '[[exception]]\nname = "rehearsal"\nfrom = {start}\nto = {end}\nallow = false\n'
_BEGINS = (EventKind.WORK_STARTED, EventKind.WORK_RESUMED)
_ENDS = (EventKind.WORK_SUSPENDED, EventKind.WORK_ENDED)


@dataclass(frozen=True)
class Act:
    """A part of the day: what takes the work away, and for how long of each hundred seconds of it."""

    name: str
    share: float
    hold: Callable[["Day", float], object]
    """Takes it away for so many seconds."""


class Day:
    """One rehearsed day in a home of its own."""

    def __init__(self, folder: Path, length_s: float, load: int) -> None:
        self.folder = folder
        self.length_s = length_s
        self.withheld_s = 0.0
        self.polled = 0
        self._write_policy("suspend")
        workloads = folder / ".config/netmind/workloads.toml"
        workloads.parent.mkdir(parents=True)
        workloads.write_text(_WORKLOADS.format(program=Path(sys.executable).with_name("netmind-selftest"), load=load))
        workloads.chmod(0o600)
        shutil.copy("/bin/sleep", folder / _GAME)

    def run(self) -> None:
        """All of it, in order."""
        acts = (
            Act("paused for a time", 0.06, _paused),
            Act("an exclusive program, suspended", 0.08, _played),
            Act("the owner's pause and resume", 0.06, _paused_until),
            Act("a date that says never", 0.10, _dated),
            Act("an exclusive program, stopped", 0.08, _played_and_stopped),
            Act("the owner's stop", 0.06, _stopped),
            Act("a measurement", 0.06, _measured),
        )
        between_s = self.length_s * (1 - sum(each.share for each in acts)) / (len(acts) + 1)
        for each in acts:
            time.sleep(between_s)
            held_s = self.length_s * each.share
            began_s = time.monotonic()
            with self.watched(each.name):
                each.hold(self, held_s)
            assert time.monotonic() - began_s >= held_s * 0.9  # noqa: S101 - or nothing was rehearsed
        time.sleep(between_s)

    @contextmanager
    def watched(self, name: str) -> Iterator[None]:
        """Say what goes on."""
        print(f"{time.strftime('%H:%M:%S')} {name}", file=sys.stderr)
        yield

    def hold(self, take: Callable[[], object], give: Callable[[], object], seconds: float) -> None:
        """Take the work away at once, give it back after a while, by this script's own watch."""
        take()
        began_s = time.monotonic()
        time.sleep(seconds)
        give()
        self.withheld_s += time.monotonic() - began_s

    def say(self, **request: object) -> None:
        """Say something as the owner."""
        status = ask(self.folder, dict(request))
        if status != 200:
            raise SystemExit(f"the agent answered {status} to {request}")

    def _write_policy(self, rung: str, more: str = "") -> None:
        new = self.folder / "policy.new"
        new.write_text(_POLICY.format(rung=rung) + more)
        new.chmod(0o600)
        new.replace(self.folder / "policy.toml")

    def play(self, seconds: float, rung: str) -> None:
        """Run a program before which work gives way."""
        self._write_policy(rung)
        time.sleep(2)
        with subprocess.Popen([self.folder / _GAME, "3600"]) as game:
            self.hold(lambda: None, game.kill, seconds)
        self.polled += 1

    def date(self, seconds: float) -> None:
        """Let a date in the policy say never for a while."""
        start = (datetime.now(UTC) + timedelta(seconds=3)).replace(microsecond=0)
        end = start + timedelta(seconds=round(seconds))
        spans = {"start": f"{start:%Y-%m-%dT%H:%M:%S}", "end": f"{end:%Y-%m-%dT%H:%M:%S}"}
        self._write_policy("suspend", _NEVER.format(**spans))
        time.sleep(max(0.0, (end - datetime.now(UTC)).total_seconds()) + 1)
        self.withheld_s += (end - start).total_seconds()
        self.polled += 1


def _paused(day: Day, seconds: float) -> None:
    day.hold(lambda: day.say(kind="pause", for_s=seconds), lambda: None, seconds)
    time.sleep(1)
    day.polled += 1


def _paused_until(day: Day, seconds: float) -> None:
    day.hold(lambda: day.say(kind="pause"), lambda: day.say(kind="resume"), seconds)


def _stopped(day: Day, seconds: float) -> None:
    day.hold(lambda: day.say(kind="stop"), lambda: day.say(kind="resume"), seconds)


def _played(day: Day, seconds: float) -> None:
    day.play(seconds, "suspend")


def _played_and_stopped(day: Day, seconds: float) -> None:
    day.play(seconds, "stop")


def _dated(day: Day, seconds: float) -> None:
    day.date(seconds)


def _measured(day: Day, seconds: float) -> None:
    """A measurement asks for the device; the agent drains it first and gives it back afterwards."""
    command = [sys.executable, "-P", "-c", _LEASE, str(day.folder / "s" / "agent.sock"), str(seconds)]
    child = subprocess.Popen(command, env=environment(day.folder), stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None  # noqa: S101 - asked for
    child.stdout.readline()
    began_s = time.monotonic()
    child.wait(seconds + 60)
    day.withheld_s += time.monotonic() - began_s
    day.polled += 1


_LEASE = """
import sys, time
from pathlib import Path
from netmind_tui.node.control.client import Client
with Client(Path(sys.argv[1])).lease(("cpu",)):
    print("held", flush=True)
    time.sleep(float(sys.argv[2]))
"""


def main() -> int:
    """Rehearse, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--length", type=float, default=LENGTH_S, help="seconds; by default %(default)g")
    parser.add_argument("--load", type=int, default=30, help="of the processor, in per cent; by default %(default)s")
    wishes = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        return rehearsed(Path(name), wishes.length, wishes.load)


def rehearsed(folder: Path, length_s: float, load: int) -> int:
    """Rehearse one day in a folder; the table, and whether its accounts agree."""
    day = Day(folder, length_s, load)
    with started(folder) as agent:
        began_s = time.monotonic()
        try:
            day.run()
        finally:
            ended_s = time.clock_gettime(time.CLOCK_BOOTTIME)
            agent.send_signal(signal.SIGTERM)
            lasted_s = time.monotonic() - began_s
            agent.wait(30)
    events = journal(folder).events()
    with closing(Reader(folder / ".local/state/netmind/agent/meter.db")) as reader:
        intervals = reader.intervals(limit=100_000).intervals
    accounts = compared(events, intervals, ended_s)
    watched_s = lasted_s - day.withheld_s
    print(f"{'':42}{'seconds':>10}")
    print(f"{'run, metered as work and as ending':42}{accounts.metered_run_s:10.3f}  in {len(intervals)} intervals")
    print(f"{'run, as the journal tells it':42}{accounts.journal_run_s:10.3f}")
    print(f"{'allowed, metered as work and as ready':42}{accounts.metered_allowed_s:10.3f}")
    print(f"{'allowed, as the journal tells it':42}{accounts.journal_allowed_s:10.3f}")
    print(f"{'let be, by this script’s own watch':42}{watched_s:10.3f}  {day.polled} of its changes are polled for")
    faults = accounts.faults(watched_s, day.polled * POLLED_S)
    print("\n".join(faults) or "the accounts agree")
    return 1 if faults else 0


@dataclass(frozen=True)
class Accounts:
    """Each sum, in seconds."""

    metered_run_s: float
    metered_allowed_s: float
    journal_run_s: float
    journal_allowed_s: float
    overlaps: int
    twice: int

    def faults(self, watched_s: float, late_s: float) -> list[str]:
        """Where they disagree."""
        found = []
        if abs(self.metered_run_s - self.journal_run_s) > TOLERANCE_S:
            found.append(f"run: metered and told differ by {self.metered_run_s - self.journal_run_s:+.3f} s")
        if abs(self.metered_allowed_s - self.journal_allowed_s) > TOLERANCE_S:
            found.append(
                f"allowed: metered and told differ by {self.metered_allowed_s - self.journal_allowed_s:+.3f} s"
            )
        if abs(self.journal_allowed_s - watched_s) > late_s + TOLERANCE_S:
            found.append(f"allowed: told and watched differ by {self.journal_allowed_s - watched_s:+.3f} s")
        if self.overlaps or self.twice:
            found.append(f"{self.overlaps} intervals overlap, {self.twice} names come twice")
        return found


def compared(events: tuple[Event, ...], intervals: tuple[Interval, ...], ended_s: float) -> Accounts:
    """The sums of both books; the agent was told to end at a moment since boot, from which on nothing is allowed."""
    ordered = sorted(intervals, key=lambda each: each.start)
    overlaps = sum(wall_ms(after.start) < wall_ms(before.end) for before, after in pairwise(ordered))

    def metered(*activities: Activity) -> float:
        return sum(each.duration_ms for each in intervals if each.activity in activities) / 1000

    return Accounts(
        metered_run_s=metered(*RUNS),
        metered_allowed_s=metered(Activity.WORK, Activity.READY),
        journal_run_s=_lasted(events, lambda each: _turn(each, _BEGINS, _ENDS)),
        journal_allowed_s=_lasted(events, _allows, ended_s),
        overlaps=overlaps,
        twice=len(intervals) - len({each.id for each in intervals}),
    )


def _turn(event: Event, begins: tuple[EventKind, ...], ends: tuple[EventKind, ...]) -> bool | None:
    return True if event.kind in begins else False if event.kind in ends else None


def _allows(event: Event) -> bool | None:
    """Whether work is allowed from a decision on; ``None`` for what is no decision."""
    if event.kind is EventKind.AGENT_STOPPED:
        return False
    return event.data.get("rung") == "run" if event.kind is EventKind.DECISION_CHANGED else None


def _lasted(events: tuple[Event, ...], turns: Callable[[Event], bool | None], until_s: float = float("inf")) -> float:
    """For how long it was so, by the clock that counts since boot."""
    total_s, since_s = 0.0, None
    for each in events:
        is_on = turns(each)
        if is_on is True and since_s is None:
            since_s = each.uptime_s
        elif is_on is False and since_s is not None:
            total_s, since_s = total_s + min(each.uptime_s, until_s) - since_s, None
    return total_s


if __name__ == "__main__":
    sys.exit(main())
