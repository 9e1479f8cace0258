"""What the agent's journal costs on this machine: appends, a full file, 400 days read, and 50 kills.

Prints a table and ends with 1 if an acknowledged event was lost or the file is beyond its bound.
"""

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from netmind_tui.model.control import HistoryQuery
from netmind_tui.model.event import Event, EventKind
from netmind_tui.node.agent.clock import stamp
from netmind_tui.node.journal.past import past_lines
from netmind_tui.node.journal.reader import Reader
from netmind_tui.node.journal.rollup import Rollups
from netmind_tui.node.journal.step import HOST, Step, pack
from netmind_tui.node.journal.store import STEPS, Journal

_MOST_BYTES = 64 << 20
_APPENDS, _A_DAY, _DAYS, _KILLS = 2000, 250, 400, 50
_NOW = datetime(2026, 11, 27, tzinfo=UTC)
_WRITER = """
import sys
from pathlib import Path
from netmind_tui.model.event import Event, EventKind
from netmind_tui.node.journal.store import Journal
journal = Journal.open(Path(sys.argv[1]))
event = Event(at="2026-11-27T18:00:00.000Z", kind=EventKind.WORK_ENDED, sentence="x" * 300)
while True:
    print(journal.append([event] * 3)[-1], flush=True)
"""


def main() -> int:
    """Print it all."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print(f"fsync, bare               {_fsyncs(folder):10,.0f} /s")
        print(f"append, one commit each   {_appends(folder / 'a/journal.db'):10,.0f} /s")
        size, lines = _full(folder / "b/journal.db")
        print(f"samples of 8 GPUs, 2 years{size / 2**20:10.1f} MiB (at most 64)")
        print("\n".join(lines))
        lost, said = _kills(folder / "c/journal.db")
        print(f"kill -9, {_KILLS} times         {lost:10} acknowledged events lost of {said:,}")
        return int(lost > 0 or size > _MOST_BYTES)


def _timed(call: Callable[[], object]) -> tuple[float, object]:
    begun = time.perf_counter()
    found = call()
    return time.perf_counter() - begun, found


def _fsyncs(folder: Path) -> float:
    with (folder / "raw").open("wb", buffering=0) as file:

        def write() -> None:
            for _ in range(200):
                file.write(b"x" * 4096)
                os.fsync(file.fileno())

        return 200 / _timed(write)[0]


def _event(at: datetime, number: int) -> Event:
    state, code = (("gave-way", "user-active"), ("contributing", "inside-window"))[number // 8 % 2]
    return Event(
        at=stamp(at),
        kind=EventKind.DECISION_CHANGED,
        device=f"gpu:{number % 8}",
        sentence=f"gpu:{number % 8} {state}: somebody uses this machine",
        data={"state": state, "previous": "idle", "code": code, "rung": "stop", "reason": "somebody uses this machine"},
        boot="0f8fad5b-d9cb-469f-a165-70867728950e",
        uptime_s=12345.678,
    )


def _appends(path: Path) -> float:
    with closing(Journal.open(path)) as journal:

        def append() -> None:
            for number in range(_APPENDS):
                journal.append([_event(_NOW, number)])

        return _APPENDS / _timed(append)[0]


def _full(path: Path) -> tuple[int, list[str]]:
    """A journal at its full age: its size without events, and how long reading it takes."""
    chance = random.Random(1)
    now_s = int(_NOW.timestamp())
    entry = len(pack({1: Step()}))
    with closing(Journal.open(path, clock=lambda: _NOW)) as journal:
        numbers = [journal.number_of(f"gpu:{n}" if n else HOST, f"GPU-{n}" if n else "") or 0 for n in range(9)]
        for step_s, most in STEPS.items():
            rows = [
                (step_s, now_s - (most - place) * step_s, b"".join(_body(each, entry, chance) for each in numbers))
                for place in range(-most // 10, most)
            ]
            for begin in range(0, len(rows), 1000):
                journal.put_steps(rows[begin : begin + 1000])
    with closing(Journal.open(path, clock=lambda: _NOW)) as journal:
        size = sum(file.stat().st_size for file in path.parent.iterdir())
        start = _NOW - timedelta(days=_DAYS)
        for day in range(_DAYS):
            at = start + timedelta(days=day)
            journal.append([_event(at + timedelta(seconds=n * 300), n) for n in range(_A_DAY)])
        rollups = Rollups(journal, clock=lambda: _NOW)
        week = HistoryQuery(start=_NOW - timedelta(days=7), end=_NOW, devices=("gpu:1",), step_s=900)
        years = HistoryQuery(start=_NOW - timedelta(days=720), end=_NOW, devices=("gpu:1",), step_s=86_400)
        with closing(Reader(path)) as reader:
            timed = {
                f"read {_A_DAY * _DAYS:,} events, {_DAYS} days": _timed(reader.events)[0],
                "spans of a year, 8 devices": _timed(lambda: past_lines(reader, (), start, _NOW))[0],
                "the last 8 hours": _timed(lambda: reader.events(since=_NOW - timedelta(hours=8)))[0],
                "a card, a week of quarters": _timed(lambda: rollups.history(week))[0],
                "a card, two years of days": _timed(lambda: rollups.history(years))[0],
            }
        timed["open, and look for damage"], again = _timed(lambda: Journal.open(path))
        again.close()  # type: ignore[attr-defined] # it is the journal
    events = sum(file.stat().st_size for file in path.parent.iterdir()) - size
    return size, [
        f"events, {_A_DAY} a day         {events / 2**20:10.1f} MiB",
        *(f"{words:<32}{seconds * 1000:8,.0f} ms" for words, seconds in timed.items()),
    ]


def _body(number: int, size: int, chance: random.Random) -> bytes:
    return number.to_bytes(2, "little") + chance.randbytes(size - 2)


def _kills(path: Path) -> tuple[int, int]:
    chance, said = random.Random(7), 0
    for _ in range(_KILLS):
        with subprocess.Popen([sys.executable, "-c", _WRITER, str(path)], stdout=subprocess.PIPE, text=True) as writer:
            output = writer.stdout
            if output is None:
                raise RuntimeError("the writer has no output")
            for _ in range(chance.randrange(1, 200)):
                said = int(output.readline())
            time.sleep(chance.random() / 50)
            os.kill(writer.pid, signal.SIGKILL)
            whole = output.read().rpartition("\n")[0]
            said = int(whole.splitlines()[-1]) if whole else said
        with closing(Reader(path, whole=True)) as reader:
            ids = [event.id for event in reader.events()]
        if ids != list(range(1, len(ids) + 1)) or len(ids) < said:
            return max(said - len(ids), 1), said
    return 0, said


if __name__ == "__main__":
    sys.exit(main())
