import os

import pytest

from netmind_tui.probe.cpu_time import CpuTimes, read_cpu_times


@pytest.fixture
def machine(tmp_path):
    """A /proc in which a test sets what was counted, in ticks."""
    ticks = os.sysconf("SC_CLK_TCK")

    def machine(busy_s, idle_s, processes):
        stat = tmp_path / "proc/stat"
        stat.parent.mkdir(exist_ok=True)
        stat.write_text(f"cpu  {busy_s * ticks} 0 0 {idle_s * ticks} 0 0 0 0 0 0\ncpu0 1 1 1 1\n")
        for pid, seconds in processes.items():
            folder = stat.parent / str(pid)
            folder.mkdir(exist_ok=True)
            numbers = " ".join(["0"] * 10 + [str(seconds * ticks), "0"] + ["0"] * 20)
            (folder / "stat").write_text(f"{pid} (a name) with) S {numbers}\n")
        return tmp_path

    return machine


def test_what_the_worker_took_is_not_taken_by_others(machine):
    before = read_cpu_times([41], machine(100, 100, {41: 10}))
    after = read_cpu_times([41], machine(150, 150, {41: 40}))
    assert after.others_pct(before) == pytest.approx(20.0)


def test_this_process_counts_as_its_own(machine):
    assert read_cpu_times([], machine(100, 100, {os.getpid(): 7})).own_s == pytest.approx(7.0)


def test_a_worker_that_ended_has_no_time(machine):
    assert read_cpu_times([999_999], machine(1, 1, {})).own_s == 0


def test_without_a_count_nothing_is_known(tmp_path):
    assert read_cpu_times([1], tmp_path) is None


def test_no_time_has_no_share():
    same = CpuTimes(busy_s=1.0, total_s=2.0, own_s=0.5)
    assert same.others_pct(same) is None


def test_rounding_never_leaves_the_range():
    before = CpuTimes(busy_s=1.0, total_s=2.0, own_s=0.5)
    assert CpuTimes(busy_s=1.1, total_s=3.0, own_s=0.7).others_pct(before) == 0.0
