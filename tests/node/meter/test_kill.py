"""An agent that is killed at random while programs work: what they saw themselves is what was metered, once."""

import importlib.util
import random
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

from netmind_tui.model.metering import Activity, Interval
from netmind_tui.node.meter.dial import moment_of

SCRIPTS = Path(__file__).parents[3] / "scripts"
KILLS = 5


@pytest.fixture
def work_kill(monkeypatch):
    """``scripts/work_kill.py`` as a module."""
    monkeypatch.syspath_prepend(str(SCRIPTS))
    spec = importlib.util.spec_from_file_location("work_kill", SCRIPTS / "work_kill.py")
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "work_kill", module)
    spec.loader.exec_module(module)
    return module


@pytest.mark.skipif(sys.platform != "linux", reason="programs are supervised on Linux only")
def test_nothing_worked_is_lost_or_counted_twice_and_no_process_is_left(work_kill, tmp_path):
    seen = work_kill.killed(tmp_path, KILLS, random.Random(3))
    assert seen.faults == []
    assert seen.starts >= KILLS
    assert seen.found


@pytest.mark.parametrize(
    ("kept", "fault"),
    [
        (slice(0, 1), "1020 ms of 2020 were worked and not metered"),
        (slice(0, 0), "nothing of 2020 ms was metered"),
        (slice(0, 4), "overlap on cpu"),
        (slice(0, 5), "names come twice"),
    ],
)
def test_the_comparison_sees_what_is_lost_and_what_is_there_twice(work_kill, tmp_path, kept, fault):
    (tmp_path / "beat").mkdir()
    shift_s = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
    begin = moment_of(1_795_000_000_000)
    beats = [1_795_000_000 + beat * 0.02 - shift_s for beat in range(101)]
    (tmp_path / "beat" / "n").write_text("".join(f"{each:.6f}\n" for each in beats))

    def interval(name, start_s, length_s):
        start = begin + timedelta(seconds=start_s)
        return Interval(
            id=name,
            device="cpu",
            activity=Activity.WORK,
            workload="w",
            instance="n",
            start=start,
            end=start + timedelta(seconds=length_s),
            duration_ms=length_s * 1000,
        )

    whole = [interval("a", 0, 1), interval("b", 1, 1), interval("c", 2, 0.1), interval("d", 1, 1), interval("a", 4, 0)]
    good, bad = work_kill.Seen(), work_kill.Seen()
    work_kill.compare(tmp_path, whole[:3], good)
    work_kill.compare(tmp_path, whole[kept], bad)
    assert good.faults == []
    assert any(fault in each for each in bad.faults)
